/** What standing.sh finds out about a path, as data. */

/** What there is to tell who put a path there. */
export interface StandingFacts {
  path: string;
  /** Where a symbolic link points, as written; empty when it is none. */
  link: string;
  /** The absolute path without links. */
  resolved: string;
  /** The text of a script, at most 64 KiB; empty for anything else. */
  text: string;
  /** What stands beside a script under its name with something added. */
  beside: { path: string; executable: boolean; resolved: string }[];
  /** Of the script and what is beside it: what a package owns. */
  owned: string[];
  /** What a shim may stand for, the version in force first. */
  programs: string[];
}

/** A path that dpkg puts elsewhere when a package brings it. */
export interface DivertedPath {
  from: string;
  to: string;
  /** The package that it was made for; empty for one that was made by hand. */
  by: string;
}

/** Reads the fields after the word `standing`. */
export function parseStanding(next: () => string): StandingFacts {
  const facts = { path: next(), link: next(), resolved: next(), text: next() };
  const beside = Array.from({ length: Number(next()) }, () => ({
    path: next(),
    executable: next() === "yes",
    resolved: next(),
  }));
  // What several packages have is told as `one, other: path`. A diversion makes no owner.
  const owned = next()
    .split("\n")
    .filter((line) => !/^(local )?diversion /.test(line))
    .flatMap((line) => /^[^/]+?: (\/.*)$/.exec(line)?.[1] ?? []);
  const programs = Array.from({ length: Number(next()) }, () => next());
  return { ...facts, beside, owned, programs: [...new Set(programs)] };
}

/** Reads dpkg's own list: three lines each, `:` for no package. */
export function parseDiversions(text: string): DivertedPath[] {
  const lines = text.split("\n");
  const found: DivertedPath[] = [];
  for (let at = 0; at + 2 < lines.length; at += 3) {
    const [from = "", to = "", by = ""] = lines.slice(at, at + 3);
    found.push({ from, to, by: by === ":" ? "" : by });
  }
  return found;
}

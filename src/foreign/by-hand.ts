/** The parts of an interception that was made by hand, from what stands at a path and beside it. Pure. */
import { basename, dirname, resolve } from "node:path/posix";
import type { StandingFacts } from "./facts.ts";

export interface ByHand {
  /** The script that callers run: the path itself, or where its link leads. */
  script: string;
  /** The real binary that the script names, beside the path. */
  real: string;
  /** What the real binary's path has more than the binary's. */
  suffix: string;
  /** Whether the real binary is there. */
  realThere: boolean;
  /** Whether the script has an `exec`; without one the binary runs as its child. */
  execs: boolean;
  /** Whether the script may go by the name that it is run by, which is another one under management. */
  knowsItsName: boolean;
}

/**
 * A script at the path, or behind its link, that names a program beside the path whose name is the path's with
 * something added, and none of which a package brought: packages have launchers of that kind, too.
 */
export function byHandAt(found: StandingFacts): ByHand | undefined {
  const { path, link, resolved, text } = found;
  if (text === "" || isOwned(resolved, found)) return undefined;
  const lines = text.split("\n").filter((line, index) => index > 0 && !/^\s*#/.test(line));
  const execs = lines.filter((line) => /\bexec/.test(line));
  const suffix = suffixIn(execs, found, link === "") ?? suffixIn(lines, found, true);
  if (suffix === undefined) return undefined;
  const real = `${path}${suffix}`;
  const there = found.beside.find((other) => other.path === real);
  return {
    script: link === "" ? path : resolve(dirname(path), link),
    real,
    suffix,
    realThere: there?.executable === true,
    execs: execs.length > 0,
    knowsItsName: lines.some((line) => /\$\{?0|BASH_SOURCE|BASH_ARGV0|argv\[0\]|__file__/.test(line)),
  };
}

// ---

/** Endings that a real binary is given by hand. */
const known = /^[-._](real|orig|original|bin|wrapped)$/;

/** @param strict whether only a known ending will do */
function suffixIn(lines: string[], found: StandingFacts, strict: boolean): string | undefined {
  const { path } = found;
  // The path, or its last part, with something added that is no longer word than that.
  const name = new RegExp(
    `(?:^|[^\\w.+-])${escaped(basename(path))}([-._]\\w[\\w.+-]*?)(?![\\w+-]|\\.\\w)`,
    "g",
  );
  // Of a variable with something added it is known only that the path is named somewhere.
  const variable = /\$\{?\w+\}?"?([-._](?:real|orig|original|bin|wrapped))(?![\w-])/g;
  const suffixes = lines.flatMap((line) =>
    [
      ...(found.text.includes(path) || /\$\{?0/.test(line) ? [...line.matchAll(variable)] : []),
      ...[...line.matchAll(name)].filter(({ index }) => isBeside(line.slice(0, index + 1), path)),
    ].map(([, suffix = ""]) => suffix),
  );
  return suffixes.findLast((suffix) => {
    const other = found.beside.find((one) => one.path === `${path}${suffix}`);
    if (isOwned(`${path}${suffix}`, found) || (other && other.resolved === found.resolved)) return false;
    return known.test(suffix) || (!strict && other?.executable === true);
  });
}

/** Whether what comes before a name in a line can lead to the folder of the path: that folder, or what isn't known. */
function isBeside(before: string, path: string): boolean {
  const folder = /(?:^|[\s"'=(`;&|])(\/(?:[^\s"'$]*\/)?)$/.exec(before)?.[1];
  return folder === undefined || folder === `${dirname(path)}/` || folder === `${dirname(path)}`;
}

const isOwned = (path: string, { owned }: StandingFacts): boolean =>
  owned.some((one) => one === path || `/usr${one}` === path);

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What stands at a path, from facts alone: who put it there, and what that means for an interception. Pure. */
import { dirname, resolve } from "node:path/posix";
import type { HostFacts } from "../host/look.ts";
import { layoutOf } from "../spec/spec.ts";
import { interceptionsOf, rootsOf } from "../state/manifest.ts";
import { type ByHand, byHandAt } from "./by-hand.ts";
import type { StandingFacts } from "./facts.ts";

export type Standing =
  /** A program of its own, or nothing at all. */
  | { kind: "none" }
  /** A part of an interception of this tool. */
  | { kind: "ours"; name: string }
  /** An interception that was made by hand. */
  | ({ kind: "by-hand" } & ByHand)
  /** A package, or a person where `by` is empty, has dpkg put the file of this path at `to`. */
  | { kind: "diverted"; by: string; to: string }
  /** A link of update-alternatives. */
  | { kind: "alternative"; name: string; target: string }
  /** A shim of a version manager, and the programs that it may run; the one in force first. */
  | { kind: "shim"; manager: string; programs: string[] }
  /** A link into an npm package. */
  | { kind: "npm"; package: string };

export function standingAt(path: string, facts: HostFacts): Standing {
  const ours = ourName(path, facts);
  if (ours !== undefined) return { kind: "ours", name: ours };
  const diversion = facts.diverted.find(({ from }) => merged(from, facts) === merged(path, facts));
  if (diversion) return { kind: "diverted", by: diversion.by, to: diversion.to };
  const found = facts.standings.get(path);
  if (!found) return { kind: "none" };
  const target = found.link === "" ? "" : resolve(dirname(path), found.link);
  const alternative = /^\/etc\/alternatives\/(.+)$/.exec(target)?.[1];
  if (alternative !== undefined) return { kind: "alternative", name: alternative, target: found.resolved };
  const owner = npmPackage(found);
  if (owner !== undefined) return { kind: "npm", package: owner };
  const manager = shimManager(found);
  if (manager !== undefined) return { kind: "shim", manager, programs: found.programs };
  const byHand = byHandAt(found);
  return byHand ? { kind: "by-hand", ...byHand } : { kind: "none" };
}

/** Everything foreign among what was looked at, sorted by path. */
export function foreignOn(facts: HostFacts): { path: string; standing: Standing }[] {
  return [...facts.standings.keys()]
    .map((path) => ({ path, standing: standingAt(path, facts) }))
    .filter(({ standing }) => standing.kind !== "none" && standing.kind !== "ours")
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

// ---

function ourName(path: string, facts: HostFacts): string | undefined {
  const { interceptions } = interceptionsOf(facts, layoutOf);
  const all = [...interceptions.map(({ manifest }) => manifest), ...rootsOf(facts)];
  return all.find((manifest) => {
    const { binary, wrapper, real, namedReal, byHand } = layoutOf(manifest);
    const parts = [binary, wrapper, real, namedReal, ...(manifest.adopted ? [byHand] : [])];
    return parts.some((part) => merged(part, facts) === merged(path, facts));
  })?.name;
}

/** Where /bin is a link to /usr/bin, a file has either name, for dpkg and for people. */
export function merged(path: string, facts: HostFacts): string {
  const top = /^\/([^/]+)\//.exec(path)?.[1];
  return top !== undefined && facts.merged.includes(top) ? `/usr${path}` : path;
}

function npmPackage({ link, resolved, text }: StandingFacts): string | undefined {
  const inPackage = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//;
  if (link !== "") return inPackage.exec(resolved)?.[1];
  // The script that stands for such a link where there are none.
  return text.includes("basedir=$(dirname") ? inPackage.exec(text)?.[1] : undefined;
}

function shimManager({ path, link, resolved, text }: StandingFacts): string | undefined {
  const env = /^exec "?(?:\S*\/)?(pyenv|rbenv|nodenv|goenv|jenv|plenv|phpenv|luaenv)"? exec "\$program"/m;
  const asdf = /^exec "?(?:\S*\/)?asdf"? exec /m;
  const manager = env.exec(text)?.[1] ?? (asdf.test(text) ? "asdf" : undefined);
  if (manager !== undefined || link === "") return manager;
  if (/\/mise$/.test(resolved) && !path.endsWith("/mise")) return "mise";
  return /\/volta-shim$/.test(resolved) ? "volta" : undefined;
}

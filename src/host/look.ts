/** Facts of a host, found out by one script. */
import { dirname } from "node:path/posix";
import type { DivertedPath, StandingFacts } from "../foreign/facts.ts";
import standingPart from "../foreign/parts/standing.sh?raw";
import type { GuardKind } from "../plan/guard.ts";
import { layoutOf } from "../spec/spec.ts";
import { interceptionsOf } from "../state/manifest.ts";
import { quote } from "../wrapper/quote.ts";
import type { Host } from "./host.ts";
import { lookSecurity, type Secured, type SecurityFacts } from "./look-security.ts";
import askPart from "./parts/ask.sh?raw";
import filePart from "./parts/file.sh?raw";
import lookPart from "./parts/look.sh?raw";
import lookArchitecturePart from "./parts/look-architecture.sh?raw";
import lookSecurityPart from "./parts/look-security.sh?raw";
import waysPart from "./parts/ways.sh?raw";
import { parseFacts } from "./read-facts.ts";
import { lookingScript, noAnswer } from "./script.ts";

/** A path on the host: what stands there, and the file that it leads to. */
export interface PathFacts {
  path: string;
  kind: "none" | "file" | "folder" | "dangling" | "loop" | "other";
  /** Of the path itself, without following a link. */
  id: FileId | undefined;
  /** Where a symbolic link points, as written; empty when it is none. */
  link: string;
  /** The absolute path without links; empty when it leads nowhere. */
  resolved: string;
  /** SHA-256 of the contents, in hex; empty when it is no file or can't be read. */
  sha256: string;
  /** The first line of the contents, NULs left out, at most 200 bytes. */
  firstLine: string;
  /** Whether this user may execute it. */
  executable: boolean;
  /** Letters as lsattr prints them; empty where that is not known. */
  attributes: string;
}

export interface FileId {
  device: number;
  inode: number;
  /** Bytes. */
  size: number;
  /** Octal. */
  mode: string;
  uid: number;
  gid: number;
  /** Seconds since the epoch. */
  modified: number;
  links: number;
  owner: string;
}

export interface FolderFacts {
  path: string;
  exists: boolean;
  writable: boolean;
  attributes: string;
}

export interface PackageFacts {
  manager: "dpkg" | "rpm";
  name: string;
  /** The path as the package has it: /bin/x where that is the same as /usr/bin/x. */
  path: string;
}

/** What is in a folder of a state. */
export interface StateTexts {
  folder: string;
  manifest: string;
  journal: string;
  kept: string;
  guard: string;
  /** Whether files are there that a run makes and takes away again. */
  leftover: boolean;
}

export interface HostFacts {
  uid: number;
  user: string;
  stateRoot: string;
  /** The folder of all states, or the nearest above it that is there. */
  stateBase: { path: string; writable: boolean };
  /** Version of /bin/bash; empty when it is not there. */
  bash: string;
  /** Path of ffprobe; empty when it is not there. */
  ffprobe: string;
  /** Whether the kernel refuses hard links to files of others. */
  protectedHardlinks: boolean;
  /** Seconds since the epoch on the host's clock. */
  now: number;
  /** As `uname -m` prints it. */
  machine: string;
  /** What lets only programs run that it knows; empty for nothing. */
  forbids: string;
  mounts: { folder: string; options: string[]; type: string }[];
  paths: Map<string, PathFacts>;
  folders: Map<string, FolderFacts>;
  /** Of the paths whose packages were asked for: what a program there can be expected to answer; see `safe_probes`. */
  probes: Map<string, string[]>;
  /** The owning package of a path; absent when none owns it. */
  packages: Map<string, PackageFacts>;
  /** The paths whose owner was asked for. */
  askedPackages: Set<string>;
  /** Of the paths whose packages were asked for: where dpkg puts them instead. */
  diversions: Map<string, { by: string; to: string }>;
  interceptions: StateTexts[];
  /** Manifests of root's, as another user sees them. */
  roots: Pick<StateTexts, "folder" | "manifest">[];
  /** What could keep an interception in place here, the best first. */
  guards: GuardKind[];
  /** Where this user's units of systemd's are. */
  userUnits: string;
  /** Names of which a run that was cut off has left something, before it had a manifest or when it had none any more. */
  remains: Set<string>;
  security: SecurityFacts;
  /** What tells who put a path there; of the paths that this was asked of. */
  standings: Map<string, StandingFacts>;
  /** Everything that dpkg puts elsewhere; found out together with those. */
  diverted: DivertedPath[];
  /** What leads back to the wrapper or the real binary in a way that isn't ours, by path: by links, or a script that names one. */
  leadsBack: Map<string, "link" | "script">;
  /** By path, of wrappers: the capabilities that they give who runs them, as far as that can be asked. */
  capabilities: Map<string, string>;
  /** Folders of the root that are links into /usr, without the slash. */
  merged: string[];
}

export interface LookFor {
  paths?: string[];
  /** Paths of which it is asked who put there what stands there. */
  standings?: string[];
  /** Whether that is asked of everything foreign where programs are found. */
  foreign?: boolean;
  /** Paths whose owning package is asked for, which takes a tenth of a second each. */
  packages?: string[];
  /** What callers run through, which takes a tenth of a second. */
  secured?: Secured;
}

/** @throws InterposeError (exit 3) when the host doesn't answer as it should */
export const look = async (host: Host, wanted: LookFor = {}): Promise<HostFacts> =>
  complete(host, await lookOnce(host, wanted));

/**
 * With what else is to be known of the interceptions that were found: their paths, where their list was cut off or
 * can't hold them, and what dpkg says of those that have a diversion.
 */
export async function complete(host: Host, facts: HostFacts): Promise<HostFacts> {
  const { interceptions } = interceptionsOf(facts, layoutOf);
  const named = interceptions.flatMap(({ layout }): string[] => Object.values(layout));
  const missing = [...new Set(named)].filter((path) => !facts.paths.has(path));
  const diverted = interceptions
    .filter(({ manifest }) => manifest.diversion && !facts.askedPackages.has(manifest.binary))
    .map(({ manifest }) => manifest.binary);
  if (missing.length === 0 && diverted.length === 0) return facts;
  const more = await lookOnce(host, { paths: missing, packages: diverted });
  return {
    ...facts,
    paths: new Map([...facts.paths, ...more.paths]),
    packages: new Map([...facts.packages, ...more.packages]),
    probes: new Map([...facts.probes, ...more.probes]),
    askedPackages: new Set([...facts.askedPackages, ...more.askedPackages]),
    diversions: new Map([...facts.diversions, ...more.diversions]),
  };
}

/** The facts about a path that was asked for. */
export function factsOf(facts: HostFacts, path: string): PathFacts {
  const found = facts.paths.get(path);
  if (!found) throw new RangeError(`${path} was not looked at`);
  return found;
}

/** The mount that a path lies on: the one with the longest folder that leads to it, the latest of equals. */
export function mountOf(facts: HostFacts, path: string): HostFacts["mounts"][number] | undefined {
  let best: HostFacts["mounts"][number] | undefined;
  for (const mount of facts.mounts) {
    const inside = mount.folder === "/" || path === mount.folder || path.startsWith(`${mount.folder}/`);
    if (inside && (!best || mount.folder.length >= best.folder.length)) best = mount;
  }
  return best;
}

/** The functions of the script, for one that asks more. */
export const lookParts = [waysPart, askPart, filePart, lookPart, lookSecurityPart, lookArchitecturePart];

// ---

async function lookOnce(
  host: Host,
  { paths = [], packages = [], secured, standings = [], foreign = false }: LookFor,
): Promise<HostFacts> {
  const asks = standings.length > 0 || foreign;
  const folders = [...new Set(paths.map((path) => dirname(path)))];
  const script = lookingScript(
    [...lookParts, ...(asks ? [standingPart] : [])],
    [
      "look_host",
      ...[...new Set(paths)].map((path) => `look_path ${quote(path)}`),
      ...folders.map((folder) => `look_folder ${quote(folder)}`),
      ...packages.map((path) => `look_package ${quote(path)}`),
      ...(secured ? lookSecurity(secured) : []),
      ...(asks ? ["look_diversions"] : []),
      ...standings.map((path) => `look_standing ${quote(path)}`),
      ...(foreign ? ["look_folders"] : []),
      "look_interceptions",
      "look_roots",
      "look_remains",
      "field end",
    ],
  );
  const ran = await host.run(script);
  const facts = parseFacts(ran.stdout.toString("utf8"));
  if (!facts) throw noAnswer(host, ran);
  return facts;
}

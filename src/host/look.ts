/** Facts of a host, found out by one script. */
import { dirname } from "node:path/posix";
import { type DivertedPath, parseDiversions, parseStanding, type StandingFacts } from "../foreign/facts.ts";
import standingPart from "../foreign/parts/standing.sh?raw";
import type { GuardKind } from "../plan/guard.ts";
import { layoutOf } from "../spec/spec.ts";
import { interceptionsOf } from "../state/manifest.ts";
import { quote } from "../wrapper/quote.ts";
import type { Host } from "./host.ts";
import {
  lookSecurity,
  noSecurityFacts,
  type Secured,
  type SecurityFacts,
  takeSecurity,
} from "./look-security.ts";
import askPart from "./parts/ask.sh?raw";
import lookPart from "./parts/look.sh?raw";
import lookArchitecturePart from "./parts/look-architecture.sh?raw";
import lookSecurityPart from "./parts/look-security.sh?raw";
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
  mounts: { folder: string; options: string[]; type: string }[];
  paths: Map<string, PathFacts>;
  folders: Map<string, FolderFacts>;
  /** The owning package of a path; absent when none owns it. */
  packages: Map<string, PackageFacts>;
  /** Of the paths whose packages were asked for: where dpkg puts them instead. */
  diversions: Map<string, { by: string; to: string }>;
  interceptions: StateTexts[];
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
export async function look(host: Host, wanted: LookFor = {}): Promise<HostFacts> {
  const facts = await lookOnce(host, wanted);
  // A list of paths that was cut off, or that can't hold them, is made up for; diversions are known by now only.
  const { interceptions } = interceptionsOf(facts, layoutOf);
  const named = interceptions.flatMap(({ layout }): string[] => Object.values(layout));
  const missing = [...new Set(named)].filter((path) => !facts.paths.has(path));
  const diverted = interceptions
    .filter(({ manifest }) => manifest.diversion && !wanted.packages?.includes(manifest.binary))
    .map(({ manifest }) => manifest.binary);
  if (missing.length === 0 && diverted.length === 0) return facts;
  const more = await lookOnce(host, { paths: missing, packages: diverted });
  return {
    ...facts,
    paths: new Map([...facts.paths, ...more.paths]),
    packages: new Map([...facts.packages, ...more.packages]),
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
export const lookParts = [askPart, lookPart, lookSecurityPart, lookArchitecturePart];

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
      "look_remains",
      "field end",
    ],
  );
  const ran = await host.run(script);
  const facts = parseFacts(ran.stdout.toString("utf8"));
  if (!facts) throw noAnswer(host, ran);
  return facts;
}

/** Reads the fields that look.sh prints; nothing when they don't reach their end. */
export function parseFacts(printed: string): HostFacts | undefined {
  const fields = printed.split("\0");
  let at = 0;
  const next = () => fields[at++] ?? "";
  const facts: HostFacts = {
    ...{ uid: -1, user: "", stateRoot: "", bash: "", ffprobe: "", protectedHardlinks: false, now: 0 },
    stateBase: { path: "", writable: true },
    ...{ mounts: [], paths: new Map(), folders: new Map(), packages: new Map() },
    ...{ guards: [], userUnits: "" },
    ...{ diversions: new Map(), interceptions: [], remains: new Set() },
    security: noSecurityFacts(),
    ...{ standings: new Map(), diverted: [], merged: [] },
  };
  while (at < fields.length) {
    const kind = next();
    switch (kind) {
      case "host":
        facts.uid = Number(next());
        facts.user = next();
        facts.stateRoot = next();
        facts.bash = next();
        facts.ffprobe = next();
        facts.protectedHardlinks = next() === "1";
        facts.now = Number(next());
        break;
      case "state":
        facts.stateBase = { path: next(), writable: next() === "yes" };
        break;
      case "guards":
        facts.guards = next()
          .split(" ")
          .filter((kind) => kind !== "") as GuardKind[];
        facts.userUnits = next();
        break;
      case "mounts":
        facts.mounts = parseMounts(next());
        break;
      case "path": {
        const path = next();
        facts.paths.set(path, {
          path,
          kind: next() as PathFacts["kind"],
          id: parseStat(next()),
          link: next(),
          resolved: next(),
          sha256: next(),
          firstLine: next(),
          executable: next() === "yes",
          attributes: next(),
        });
        break;
      }
      case "folder": {
        const path = next();
        const writable = next();
        facts.folders.set(path, {
          path,
          exists: writable !== "missing",
          writable: writable === "yes",
          attributes: next(),
        });
        break;
      }
      case "package": {
        const path = next();
        const manager = next() as PackageFacts["manager"];
        const found = { manager, name: next(), path: next() };
        if (found.name !== "") facts.packages.set(path, found);
        break;
      }
      case "diversion":
        facts.diversions.set(next(), { by: next(), to: next() });
        break;
      case "interception":
        facts.interceptions.push({
          folder: next(),
          manifest: next(),
          journal: next(),
          kept: next(),
          guard: next(),
          leftover: next() === "yes",
        });
        break;
      case "remains":
        facts.remains.add(next());
        break;
      case "diversions":
        facts.diverted = parseDiversions(next());
        facts.merged = next().split(" ").filter(Boolean);
        break;
      case "standing": {
        const found = parseStanding(next);
        facts.standings.set(found.path, found);
        break;
      }
      case "end":
        return facts;
      default:
        if (!takeSecurity(facts.security, kind, next)) return undefined;
    }
  }
  return undefined;
}

function parseStat(printed: string): FileId | undefined {
  const [device, inode, size, mode, uid, gid, modified, links, owner] = printed.split(" ");
  if (owner === undefined) return undefined;
  return {
    device: Number(device),
    inode: Number(inode),
    size: Number(size),
    mode: mode ?? "",
    uid: Number(uid),
    gid: Number(gid),
    modified: Number(modified),
    links: Number(links),
    owner,
  };
}

/** /proc/self/mounts: device, folder (with octal escapes), type, options. */
function parseMounts(printed: string): HostFacts["mounts"] {
  return printed.split("\n").flatMap((line) => {
    const [, folder, type, options] = line.split(" ");
    if (folder === undefined || type === undefined || options === undefined) return [];
    const plain = folder.replace(/\\([0-7]{3})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    return [{ folder: plain, type, options: options.split(",") }];
  });
}

/** Facts about who may change what callers run through, and about what else looks at a binary's path. */
import { defaultLogDir } from "../spec/spec.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";
import type { MachineFacts } from "./machine.ts";
import { asPlaces } from "./others.ts";

/** A folder, link or file on the way to a path. */
export interface Way {
  path: string;
  kind: "folder" | "link" | "other";
  /** Whether it is, or leads to, a folder that is changed. */
  place: boolean;
  owner: Owner;
}

export interface Owner {
  /** The last four octal digits: permissions, sticky, setgid, setuid. */
  mode: number;
  uid: number;
  user: string;
  group: string;
  /** Whether its group may write there, and is not its owner's own, with nobody else in it. */
  groupMay: boolean;
  /** Who is in the group, but for the owner, root, and who looks. */
  members: string;
  /** Whom an access list of POSIX's lets write there, in words; empty for nobody. */
  listed: string;
}

export interface SecurityFacts {
  ways: Way[];
  /** The folders that the paths lie in, without links. */
  holding: Set<string>;
  /** In a user namespace: the number that stands for all users who have none there. */
  outside: number | undefined;
  /** Where each user's directory of logs is made: of a directory of the file's own, what lies on the way there, and in which directories that lies. */
  logPlace: { path: string; there: boolean } | undefined;
  logWays: Way[];
  logHolding: Set<string>;
  /** What stands where the calls of this user are logged. */
  logFolder: Way | undefined;
  /** Folders of states that others may have written. */
  untrusted: string[];
  /** By path: what the file that it leads to gives who runs it. */
  privileges: Map<string, { mode: string; user: string; group: string; capabilities: string }>;
  /** Texts of AppArmor profiles that may name a path, by file. */
  profiles: Map<string, string>;
  loadedProfiles: string[];
  /** By path: its SELinux context; and lines of the policy that may name one of the paths. */
  labels: Map<string, string>;
  contexts: Set<string>;
  /** Of the binary, where it is a program in ELF. */
  machine: MachineFacts | undefined;
}

export const noSecurityFacts = (): SecurityFacts => ({
  ways: [],
  holding: new Set(),
  outside: undefined,
  logPlace: undefined,
  logWays: [],
  logHolding: new Set(),
  logFolder: undefined,
  untrusted: [],
  privileges: new Map(),
  profiles: new Map(),
  loadedProfiles: [],
  labels: new Map(),
  contexts: new Set(),
  machine: undefined,
});

export interface Secured {
  /** Folders that are changed. */
  places: string[];
  /** Paths that callers run through. */
  ways: string[];
  /** Those that stand for the binary itself, its own path first. */
  files: string[];
  /** Where each user's directory of logs is to be made. */
  logDir: string;
}

/** Lines of the script that looks. */
export function lookSecurity({ places, ways, files, logDir }: Secured): string[] {
  return [
    "told=$newline tells=field",
    `look_ways place ${quoteAll(asPlaces(places))} "$root/."`,
    `look_ways way ${quoteAll(ways)}`,
    'find_outside; field outside "$outside"',
    `look_log_folder ${quote(logDir)}`,
    ...(logDir === defaultLogDir ? [] : [`look_log_place ${quote(logDir)}`]),
    ...files.map((path) => `look_privileges ${quoteAll([path])}`),
    `look_confinement ${quoteAll(files)}`,
    ...files.slice(0, 1).map((path) => `look_architecture ${quote(path)}`),
  ];
}

/** Takes the fields of one fact; false for one that is none of these. */
export function takeSecurity(facts: SecurityFacts, kind: string, next: () => string): boolean {
  switch (kind) {
    case "way":
      facts.ways.push(wayOf(next(), next(), next(), next(), next(), next()));
      return true;
    case "holds":
      facts.holding.add(next());
      return true;
    case "outside": {
      const number = next();
      facts.outside = number === "" ? undefined : Number(number);
      return true;
    }
    case "log-folder":
      facts.logFolder = wayOf("way", next(), next(), next(), "", "");
      return true;
    case "log-place":
      facts.logPlace = { path: next(), there: next() === "yes" };
      return true;
    case "log-way":
      facts.logWays.push(wayOf("way", next(), next(), next(), next(), next()));
      return true;
    case "log-holds":
      facts.logHolding.add(next());
      return true;
    case "untrusted":
      facts.untrusted.push(next());
      return true;
    case "privileges": {
      const path = next();
      const [mode = "", user = "", group = ""] = next().split(":");
      facts.privileges.set(path, { mode, user, group, capabilities: next() });
      return true;
    }
    case "profile":
      facts.profiles.set(next(), next());
      return true;
    case "profiles-loaded":
      facts.loadedProfiles = next().split("\n");
      return true;
    case "label":
      facts.labels.set(next(), next());
      return true;
    case "contexts":
      for (const line of next().split("\n")) if (line !== "") facts.contexts.add(line);
      return true;
    case "machine":
      facts.machine = { header: next(), own: next(), handlers: next() };
      return true;
    default:
      return false;
  }
}

// ---

const kinds = new Map<number, Way["kind"]>([
  [0x4, "folder"],
  [0xa, "link"],
]);

/**
 * @param stat as `stat -c %f:%u:%g:%U:%G` prints it; a name may hold anything but colons
 * @param groupMay as find_writers has it, and the rest too
 */
function wayOf(
  role: string,
  path: string,
  stat: string,
  groupMay: string,
  members: string,
  listed: string,
): Way {
  const [bits = "", uid = "", , user = "", group = ""] = stat.split(":");
  const mode = Number.parseInt(bits, 16);
  return {
    path,
    kind: kinds.get(mode >> 12) ?? "other",
    place: role === "place",
    owner: {
      ...{ mode: mode & 0o7777, uid: Number(uid), user, group },
      ...{ groupMay: groupMay === "yes", members, listed },
    },
  };
}

/** What is kept on a host about an interception, so that it can be taken back without its file. */
import { basename, join } from "node:path/posix";
import type { FileId, HostFacts } from "../host/look.ts";
import { defaultLogDir, type Layout, type Paths, type Spec } from "../spec/spec.ts";
import type { Wrapper } from "../wrapper/wrapper.ts";

export interface Manifest {
  v: 1;
  name: string;
  /** The file that it came from. */
  file: string;
  binary: string;
  wrapper: string;
  real: string;
  /** What is run in the real binary's place, when the file has a script. */
  script?: string;
  keepName: Spec["keepName"];
  probe: string[];
  services: string[];
  /** Version of the tool that put it in place; absent before 0.2.0. */
  tool?: string;
  /** What the wrapper is; absent before 0.2.0, when all were scripts. */
  runtime?: Wrapper["runtime"];
  /** Why it is that, for people. */
  runtimeWhy?: string;
  /** Of a program's policy: SHA-256 of what it does with calls, without the rest of its text. */
  policy?: string;
  /** false where the file says that nothing is logged. */
  logs?: false;
  /** Where each user's directory of logs is made; absent for /tmp. */
  logDir?: string;
  /** The real binary. */
  original: Original;
  /**
   * What stood at the binary's path when a hand-made interception was adopted: its link, or its script. It is kept
   * as the layout's `byHand`, and the real binary stays where it was.
   */
  adopted?: Original;
  /** A diversion of dpkg's that was registered for the binary, so that upgrades of its package go to `real`. */
  diversion?: Diversion;
  /** SHA-256 of wrapper texts that are ours, the newest last; one that is not among them is somebody's own. */
  wrappers: string[];
}

/** Paths as dpkg has them, which may differ from the binary's by a leading /usr. */
export interface Diversion {
  path: string;
  to: string;
}

/** What stood at a path before. */
export interface Original extends Omit<FileId, "links" | "owner"> {
  /** Where it points when it is a symbolic link; empty otherwise. */
  link: string;
  /** Of the contents that it leads to. */
  sha256: string;
}

/** Where a manifest and its journal are, and what was last written to the journal. */
export interface Interception {
  manifest: Manifest;
  layout: Layout;
  folder: string;
  journal: JournalLine[];
  /** Old real binaries that a repair kept, until rollback or prune. */
  kept: KeptFile[];
  /** What keeps it in place: its kind, and its file or unit; empty without a guard. */
  guard: string;
  /** Whether something is left of a run: of one that never began, as no file could be made, or that was cut off before it began or when all was done. */
  leftover: boolean;
}

export interface KeptFile {
  path: string;
  device: number;
  inode: number;
}

export interface JournalLine {
  /** Seconds since the epoch. */
  time: number;
  /** `apply`, `repair` or `rollback`, or the id of a step. */
  what: string;
  event: "begin" | "done" | "undone" | "failed";
}

/** What the binary's path is given back to, and the path where that is kept meanwhile. */
export interface Before {
  path: string;
  original: Original;
}

export function beforeOf(
  { original, adopted }: Pick<Manifest, "original" | "adopted">,
  layout: Layout,
): Before {
  return adopted ? { path: layout.byHand, original: adopted } : { path: layout.real, original };
}

/** Where each user's directory of logs is made. */
export const logDirOf = ({ logDir }: Pick<Manifest, "logDir">): string => logDir ?? defaultLogDir;

/** The version that put it in place; the first one didn't say so. */
export const toolOf = ({ tool }: Manifest): string => tool ?? "0.1.0";

/** A file in the folder of a state. */
export const stateFile = (folder: string, name: "manifest.json" | "repair.sh" | "wrapper"): string =>
  join(folder, name);

export const stateFolder = (facts: HostFacts, name: string): string => join(facts.stateRoot, name);

/** The interceptions of a host; a manifest that can't be read is left out, and named in the second list. */
export function interceptionsOf(
  facts: HostFacts,
  layoutOf: (paths: Paths) => Layout,
): { interceptions: Interception[]; unreadable: string[] } {
  const interceptions: Interception[] = [];
  const unreadable: string[] = [];
  for (const { folder, manifest: text, journal, kept, guard, leftover } of facts.interceptions) {
    const manifest = parseManifest(text);
    // Steps make paths of the name.
    if (manifest?.name !== basename(folder)) {
      unreadable.push(folder);
      continue;
    }
    interceptions.push({
      ...{ manifest, layout: layoutOf(manifest), folder },
      journal: parseJournal(journal),
      kept: parseKept(kept, manifest.real),
      guard: guard.trim(),
      leftover,
    });
  }
  return { interceptions, unreadable };
}

/** What root has put in place on a host, for a user who isn't root. */
export const rootsOf = ({ roots }: HostFacts): Manifest[] =>
  roots.flatMap(({ folder, manifest: text }) => {
    const manifest = parseManifest(text);
    return manifest?.name === basename(folder) ? [manifest] : [];
  });

/** When the interception was last completed; seconds since the epoch. */
export function since(interception: Interception): number | undefined {
  const done = interception.journal.filter((line) => line.what === "apply" && line.event === "done");
  return done.at(-1)?.time;
}

/**
 * The step at which a run was cut off, with the run's name; nothing when the last one came to its end. The first has
 * a manifest before it has a journal.
 */
export function cutOffAt(
  interception: Pick<Interception, "journal">,
): { run: string; step: string } | undefined {
  // The manifest comes first; a run without a line hasn't come further.
  let run: string | undefined = interception.journal.length === 0 ? "apply" : undefined;
  let step = "";
  for (const line of interception.journal) {
    if (line.what === "rollback" && line.event === "done") {
      // A rollback that came to its end takes this journal with it.
      run = line.what;
    } else if (["apply", "repair", "rollback"].includes(line.what)) {
      run = line.event === "begin" ? line.what : undefined;
      step = "";
    } else if (line.event === "begin") {
      step = line.what;
    }
  }
  return run === undefined ? undefined : { run, step };
}

// ---

function parseManifest(text: string): Manifest | undefined {
  try {
    const value = JSON.parse(text) as Manifest;
    const { binary, wrapper, real, script = real, original, adopted = original, wrappers } = value;
    const places = [binary, wrapper, real, script, logDirOf(value)];
    const isPath = (path: unknown) => typeof path === "string" && /^\/[^\0]+$/.test(path);
    const isWhole =
      places.every(isPath) &&
      [original.device, original.inode, adopted.device, adopted.inode].every(Number.isInteger) &&
      Array.isArray(wrappers);
    return value.v === 1 && isWhole ? value : undefined;
  } catch {
    return undefined;
  }
}

/** See `aside` in reconcile.sh. */
function parseKept(text: string, real: string): KeptFile[] {
  return text.split("\n").flatMap((line) => {
    const [inode, device] = line.split(" ").map(Number);
    if (!inode || device === undefined) return [];
    return [{ path: `${real}.old-${inode}`, device, inode }];
  });
}

function parseJournal(text: string): JournalLine[] {
  return text.split("\n").flatMap((line) => {
    const [time, what, event] = line.split(" ");
    return what === undefined || event === undefined
      ? []
      : [{ time: Number(time), what, event: event as JournalLine["event"] }];
  });
}

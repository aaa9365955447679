/** What doctor knows of a host, as data. Pure: made of the records that the parts of its script print. */

export interface LookRecord {
  tag: string;
  fields: string[];
}

export interface DoctorFacts {
  /** `said` is what it answers when asked for its version. */
  bash: { there: boolean; said: string };
  /** `free` counts kilobytes and files; undefined where that is not known. */
  tmp: { writable: boolean; mode: number; free: Room; files: Room };
  /** When the machine started, in seconds since the epoch, and clock ticks in a second. */
  clock: { started: number; ticks: number };
  interceptions: Map<string, Surroundings>;
}

export type Room = { free: number; total: number; mount: string } | undefined;

/** All that was seen around one interception. */
export interface Surroundings {
  binary: string;
  wrapper: string;
  real: string;
  /** The file that the real path leads to, where it is this program's alone; else the real path. */
  target: string;
  /** Folders above the paths of the chain. */
  folders: Folder[];
  /** The wrapper's text and what bash says of its form, when it isn't one of ours. */
  edited: { text: string; complaint: string } | undefined;
  /** Whether a script that runs the real binary, or the wrapper, stands at the binary's path. */
  foreign: boolean;
  /** Words that the wrapper would have passed on; undefined when it passes none on. */
  words: string[] | undefined;
  program: { path: string; kind: "elf" | "script" | "other"; loader: string; missing: boolean } | undefined;
  callers: Caller[];
  mentions: Mention[];
  processes: Running[];
  services: Service[];
  logs: LogPlace[];
  privateLogs: { pid: number; command: string; unit: string; log: string; last: number }[];
}

export interface Folder {
  path: string;
  mode: number;
  uid: number;
  gid: number;
}

export interface Caller {
  kind: "login" | "units" | "here" | "sudo" | "cron" | "service";
  /** The cron table, or the service; empty for the others. */
  who: string;
  path: string;
  /** The first program of the binary's name on that PATH; empty when there is none. */
  found: string;
  /** Whether that is the binary. */
  same: boolean;
  /** Whether the binary's folder is on that PATH. */
  searched: boolean;
  /** The first line of another program that was found. */
  firstLine: string;
}

export interface Mention {
  kind: "script" | "unit" | "cron" | "profile";
  file: string;
  lines: { number: number; text: string }[];
  /** Other parts of the chain that a profile has. */
  also: string[];
}

export interface Running {
  pid: number;
  /** `old`: a file that is gone from its path; `script`: the binary's path as its script; `runs`: what is there now. */
  how: "old" | "script" | "runs";
  command: string;
  /** In clock ticks since the machine started. */
  start: number;
  unit: string;
  /** Whether the log has its call. */
  logged: boolean;
}

export interface Service {
  unit: string;
  /** 0 when it doesn't run. */
  pid: number;
  user: string;
  uid: number | undefined;
  groups: number[];
  /** Parts of the chain that its process can't run as we can. */
  unseen: string[];
  /** Whether its process may write to its /tmp; undefined when it doesn't run. */
  writes: boolean | undefined;
}

export interface Standing {
  path: string;
  kind: "none" | "link" | "file" | "folder" | "other";
  uid: number;
  mode: number;
}

export interface LogPlace {
  /** The user whose calls go there. */
  uid: number;
  folder: Standing;
  log: Standing;
  /** Time of the last record, in seconds; 0 when there is none, or it can't be read. */
  last: number;
}

/** Words that no policy changes, and that a careless wrapper does. None is an option, or a file. */
export const plainWords = [
  "",
  " ",
  "two  words",
  "*",
  "$HOME",
  "a\\b",
  "'one'",
  '"two"',
  "new\nline",
  "é",
  "~",
];

export function factsOfRecords(records: LookRecord[]): DoctorFacts {
  const facts: DoctorFacts = {
    bash: { there: false, said: "" },
    tmp: { writable: true, mode: 0o1777, free: undefined, files: undefined },
    clock: { started: 0, ticks: 100 },
    interceptions: new Map(),
  };
  let around = nothingAround("", "", "", "");
  for (const { tag, fields } of records) {
    const [a = "", b = "", c = "", d = "", e = "", f = "", g = ""] = fields;
    switch (tag) {
      case "bash":
        facts.bash = { there: a === "there", said: b };
        break;
      case "tmp":
        facts.tmp = { writable: a === "yes", mode: octal(b), free: roomOf(c), files: roomOf(d) };
        break;
      case "clock":
        facts.clock = { started: Number(a), ticks: Number(b) || 100 };
        break;
      case "examine":
        around = nothingAround(b, c, d, e);
        facts.interceptions.set(a, around);
        break;
      case "folders":
        around.folders = a.split("\n").flatMap(folderOf);
        break;
      case "text":
        around.edited = { text: a, complaint: b };
        break;
      case "foreign":
        around.foreign = true;
        break;
      case "words":
        around.words = a === "" ? undefined : a.split("\u001f").slice(0, -1);
        break;
      case "program":
        around.program = {
          path: a,
          kind: b === "elf" || b === "script" ? b : "other",
          loader: c.replace(/^\/nowhere\//, ""),
          missing: d === "yes",
        };
        break;
      case "caller":
        around.callers.push({
          kind: a as Caller["kind"],
          ...{ who: b, path: c, found: d, same: e === "yes", searched: f === "yes", firstLine: g },
        });
        break;
      case "mention":
        around.mentions.push({
          kind: a as Mention["kind"],
          ...{ file: b, lines: linesOf(c), also: d.split("\n") },
        });
        break;
      case "process":
        around.processes.push({
          ...{ pid: Number(a), how: b as Running["how"], command: c, start: Number(d), unit: e },
          logged: f === "yes",
        });
        break;
      case "service":
        around.services.push({
          ...{ unit: a, pid: Number(b), user: c, uid: d === "" ? undefined : Number(d) },
          groups: e.split(" ").filter(Boolean).map(Number),
          unseen: [...new Set(f.split("\n").filter(Boolean))],
          writes: g === "" ? undefined : g === "yes",
        });
        break;
      case "log": {
        const [folder = "", log = ""] = f.split("\n");
        around.logs.push({
          uid: Number(a),
          folder: standing(b, c, folder),
          log: standing(d, e, log),
          last: Number(g),
        });
        break;
      }
      case "private":
        around.privateLogs.push({ pid: Number(a), command: b, unit: c, log: d, last: Number(e) });
        break;
    }
  }
  return facts;
}

// ---

function nothingAround(binary: string, wrapper: string, real: string, target: string): Surroundings {
  return {
    ...{ binary, wrapper, real, target, edited: undefined, foreign: false },
    ...{ words: undefined, program: undefined },
    ...{ folders: [], callers: [], mentions: [], processes: [], services: [], logs: [], privateLogs: [] },
  };
}

const octal = (text: string): number => Number.parseInt(text, 8) || 0;

function folderOf(line: string): Folder[] {
  const [mode = "", uid, gid, ...path] = line.split(" ");
  if (path.length === 0) return [];
  return [{ path: path.join(" "), mode: octal(mode), uid: Number(uid), gid: Number(gid) }];
}

/** The last line of df: device, total, used, free, percent, folder. */
function roomOf(line: string): Room {
  const found = /^\S.*?\s(\d+)\s+(\d+)\s+(\d+)\s+\S+\s+(\/.*)$/.exec(line);
  if (!found || found[1] === "0") return undefined;
  return { total: Number(found[1]), free: Number(found[3]), mount: found[4] ?? "" };
}

/** As grep -n prints them. */
function linesOf(printed: string): Mention["lines"] {
  return printed.split("\n").flatMap((line) => {
    const found = /^(\d+):(.*)$/.exec(line);
    return found ? [{ number: Number(found[1]), text: found[2] ?? "" }] : [];
  });
}

function standing(path: string, kind: string, stat: string): Standing {
  const [uid, mode = "0"] = stat.split(" ");
  return { path, kind: kind as Standing["kind"], uid: Number(uid ?? -1), mode: octal(mode) };
}

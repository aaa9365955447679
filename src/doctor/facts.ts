/** What doctor knows of a host, as data. */
import type { Standing as Foreign } from "../foreign/standing.ts";

export interface DoctorFacts {
  /** `said` is what it answers when asked for its version. */
  bash: { there: boolean; said: string };
  /** When the machine started, in seconds since the epoch, and clock ticks in a second. */
  clock: { started: number; ticks: number };
  interceptions: Map<string, Surroundings>;
  /** What stands at the paths that callers find instead of a binary. */
  others: Map<string, Foreign>;
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
  /** Words that the wrapper would have passed on; undefined when it passes none on. */
  words: string[] | undefined;
  program: { path: string; kind: "elf" | "script" | "other"; loader: string; missing: boolean } | undefined;
  callers: Caller[];
  mentions: Mention[];
  processes: Running[];
  services: Service[];
  base: LogBase;
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
  /** Whether its process may write where calls are logged; undefined when it doesn't run. */
  writes: boolean | undefined;
}

export interface Standing {
  path: string;
  kind: "none" | "link" | "file" | "folder" | "other";
  uid: number;
  mode: number;
}

/** Where each user's directory of logs is made. `free` and `files` are kilobytes and files; undefined where not known. */
export interface LogBase {
  there: boolean;
  writable: boolean;
  mode: number;
  free: Room;
  files: Room;
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

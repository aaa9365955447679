/**
 * The scripts that read log files on a host, with nothing but a POSIX shell and the small programs that
 * coreutils and busybox have. They do nothing when they arrive cut off: the one command that runs is a group,
 * and a group without its end is none.
 */
import askPart from "../host/parts/ask.sh?raw";
import { defaultLogDir } from "../spec/spec.ts";
import { quoteAll } from "../wrapper/quote.ts";
import logsPart from "./logs.sh?raw";
import readerPart from "./reader.sh?raw";

/** Functions of sh that print logs; the first of them alone reads those. */
export const logParts = [readerPart, logsPart];

/**
 * Prints every line of all users' log files that this user may read. What the lines look like: `readOutput`.
 * @param dir where the users' directories are, if the host has no manifest of the interception that says it
 * @throws RangeError for what can't be the name of an interception
 */
export function readLogsScript(name: string, dir = defaultLogDir): string {
  return script(name, dir, "once");
}

/**
 * Prints lines as they come, also of files that appear later, are replaced or cut; it looks once a second.
 * It ends when its standard input ends (so that has to stay open) or its standard output is closed.
 * @param fromStart whether to begin with what is there already
 */
export function followLogsScript(name: string, fromStart: boolean, dir = defaultLogDir): string {
  return script(name, dir, fromStart ? "0" : "end");
}

/** A line that one of the scripts printed. */
export type OutputLine =
  | { kind: "line"; owner: number; line: Buffer }
  | { kind: "unreadable"; owner: number }
  /** Only the end of one of this user's logs is read. */
  | { kind: "partly"; owner: number }
  /** The logs of so many users are left out. */
  | { kind: "left-out"; users: number }
  /** All files have been read up to their end, for now. */
  | { kind: "end" }
  | { kind: "nothing" };

export function readOutput(output: Buffer): OutputLine {
  if (output.length === 0) return { kind: "nothing" };
  if (output.length === 1 && output.toString() === ".") return { kind: "end" };
  const head = /^([!<>]|\d{1,10}) /.exec(output.subarray(0, 12).toString("latin1"));
  if (!head?.[1]) return { kind: "nothing" };
  const rest = output.subarray(head[0].length);
  const number = Number(rest.subarray(0, 20).toString("latin1"));
  if (head[1] === "!") return { kind: "unreadable", owner: number };
  if (head[1] === "<") return { kind: "partly", owner: number };
  if (head[1] === ">") return { kind: "left-out", users: number };
  return { kind: "line", owner: Number(head[1]), line: rest };
}

// ---

function script(name: string, dir: string, how: "once" | "0" | "end"): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) throw new RangeError(`not an interception: ${name}`);
  return `${[askPart, ...logParts].join("\n")}\n{ logs ${quoteAll([name, dir, how])}; }\n`;
}

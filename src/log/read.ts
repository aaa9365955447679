/** Reads and follows the log of an interception on a host. */
import { followLogsScript, readLogsScript, readOutput } from "./files.ts";
import { type Entry, readLine } from "./record.ts";
import { latest, matches, type Selection, select } from "./select.ts";

/**
 * Runs a script on a host, gives its output line by line (without the newline; the buffers are not used
 * again), and resolves to its exit status. The script's standard input stays open until the signal.
 */
export type Runner = (
  script: string,
  onLine: (line: Buffer) => void,
  signal?: AbortSignal,
) => Promise<number>;

export interface LogReading {
  /** Of the script; anything but 0 means that not everything was read. */
  status: number;
  /** Lines that were no records: cut off, or not written by a wrapper. */
  skipped: number;
  /** Users whose logs this user may not read. */
  unreadable: number[];
  /** Users of whose logs only the end was read, since they are too long. */
  partly: number[];
  /** How many users' logs were left out, since there are too many. */
  leftOut: number;
}

/**
 * Gives the records that are meant, of all users, the earliest first, once all have been read.
 * @param dir where they are, if the host has no manifest of the interception that says it
 */
export async function readLogs(
  run: Runner,
  name: string,
  selection: Selection,
  onEntry: (entry: Entry) => void,
  signal?: AbortSignal,
  dir?: string,
): Promise<LogReading> {
  // A log can be long: of a record that waits, only its line is kept, and none that won't be among the last.
  let found: { time: number; line: Buffer }[] = [];
  const { last } = selection;
  const time = (one: { time: number }) => one.time;
  const reader = lineReader(({ record, line }) => {
    if (!matches(record, selection)) return;
    found.push({ time: record.time, line });
    if (last !== undefined && found.length >= 2 * last + 1000) found = latest(found, time, last);
  });
  const status = await run(readLogsScript(name, dir), reader.onLine, signal);
  for (const { line } of latest(found, time, last)) {
    const { entry } = readLine(line);
    if (entry) onEntry(entry);
  }
  return { ...reader.counts, status };
}

/**
 * Gives the records that are there already and are meant (`last: 0` for none of them), then those that come,
 * until the signal. What comes within a second is put in order.
 */
export async function followLogs(
  run: Runner,
  name: string,
  selection: Selection,
  onEntry: (entry: Entry) => void,
  signal?: AbortSignal,
  dir?: string,
): Promise<LogReading> {
  const { last, ...condition } = selection;
  let caughtUp = false;
  let waiting: Entry[] = [];
  const give = () => {
    select(waiting, caughtUp ? condition : selection).forEach(onEntry);
    waiting = [];
    caughtUp = true;
  };
  const reader = lineReader((entry) => {
    if (!matches(entry.record, condition)) return;
    waiting.push(entry);
    if (!caughtUp && last !== undefined && waiting.length >= 2 * last + 1000) {
      waiting = select(waiting, selection);
    }
  }, give);
  const status = await run(followLogsScript(name, last !== 0, dir), reader.onLine, signal);
  give();
  return { ...reader.counts, status };
}

// ---

function lineReader(onEntry: (entry: Entry) => void, onEnd: () => void = () => {}) {
  const counts = { skipped: 0, unreadable: [] as number[], partly: [] as number[], leftOut: 0 };
  const onLine = (output: Buffer): void => {
    const read = readOutput(output);
    if (read.kind === "end") onEnd();
    else if (read.kind === "unreadable") counts.unreadable.push(read.owner);
    else if (read.kind === "partly") counts.partly.push(read.owner);
    else if (read.kind === "left-out") counts.leftOut = read.users;
    else if (read.kind === "line") {
      const { entry, skipped } = readLine(read.line, read.owner);
      counts.skipped += skipped;
      if (entry) onEntry(entry);
    }
  };
  return { counts, onLine };
}

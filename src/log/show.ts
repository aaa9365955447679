/** A record as one line for people. Pure; nothing in a record reaches the terminal as a command to it. */
import picocolors from "picocolors";
import { type Change, changes } from "./changes.ts";
import { type Entry, factsInSeconds, type LogRecord } from "./record.ts";
import { shellWord, visible } from "./visible.ts";

export interface ShowOptions {
  colour: boolean;
  /** The name of a user of that host, where it is known. */
  userName?: (uid: number) => string | undefined;
}

/**
 * For example: `2026-05-04 14:03:12.345  www-data (33)  node of runner  gpu  talk.mp4 {+--device cuda+}
 * length 20.3 s  (1.2 ms)`, where the caller belongs to runner.service. What was added stands in {+ +}, what was taken out in [- -], as in `git diff --word-diff`; with
 * colour it is green or red instead.
 */
export function showEntry(entry: Entry, { colour, userName }: ShowOptions): string {
  const { record } = entry;
  const paint = picocolors.createColors(colour);
  const denied = record.execArgv === null;
  const route = visible(record.route ?? "-");
  return [
    paint.dim(localTime(record.time)),
    user(record.uid, userName?.(record.uid)),
    caller(record.caller),
    denied ? paint.red(`${route} denied`) : paint.cyan(route),
    shownArguments(record, colour),
    facts(entry),
    ...record.errors.map((error) => paint.yellow(`! ${visible(error)}`)),
    record.preflightUs === null ? "" : paint.dim(`(${shortTime(record.preflightUs)})`),
  ]
    .filter((field) => field !== "")
    .join("  ");
}

/** Local time with milliseconds. */
export function localTime(seconds: number): string {
  const date = new Date(Math.floor(Math.round(seconds * 1e6) / 1e3));
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Rounded down, so that what is below a limit of a policy also looks so. */
export function humanDuration(seconds: number): string {
  const tenths = Math.floor(Math.round(seconds * 1e6) / 1e5);
  const whole = Math.floor(tenths / 10);
  if (whole < 60) return `${tenths / 10} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** In powers of 1,000, rounded down. */
export function humanSize(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.min(
    units.length - 1,
    Math.max(0, Math.floor((String(Math.floor(bytes)).length - 1) / 3)),
  );
  return power === 0 ? `${bytes} bytes` : `${Math.floor(bytes / 10 ** (3 * power - 1)) / 10} ${units[power]}`;
}

// ---

function user(uid: number, name: string | undefined): string {
  return name === undefined ? `uid ${uid}` : `${visible(name)} (${uid})`;
}

function caller({ comm, unit }: LogRecord["caller"]): string {
  return visible(comm || "?") + (unit ? ` of ${visible(unit.replace(/\.service$/, ""))}` : "");
}

function shortTime(microseconds: number): string {
  if (microseconds < 1000) return `${microseconds} µs`;
  const [value, unit] = microseconds < 1e6 ? [microseconds / 1e3, "ms"] : [microseconds / 1e6, "s"];
  return `${Math.floor(Math.round(value * 1e3) / 100) / 10} ${unit}`;
}

function facts(entry: Entry): string {
  const seconds = factsInSeconds(entry);
  return Object.entries(entry.record.facts)
    .map(([name, value]) => {
      if (value === null) return `${visible(name)} unknown`;
      return `${visible(name)} ${seconds.has(name) ? humanDuration(value) : humanSize(value)}`;
    })
    .join(", ");
}

function shownArguments(record: LogRecord, colour: boolean): string {
  const paint = picocolors.createColors(colour);
  const left = record.execArgv === null ? record.truncated : (record.execTruncated ?? record.truncated);
  const more = left ? [paint.dim(`… and ${left.toLocaleString("en")} more`)] : [];
  return [...runs(changesOf(record)).map(({ kind, words }) => marked(kind, words)), ...more].join(" ");

  function marked(kind: Change["kind"], words: string): string {
    if (kind === "added") return colour ? paint.green(words) : `{+${words}+}`;
    if (kind === "removed") return colour ? paint.red(paint.strikethrough(words)) : `[-${words}-]`;
    return words;
  }
}

/** When the end of the received words was left out, what follows them in the others may be the caller's too. */
function changesOf({ argv, execArgv, truncated }: LogRecord): Change[] {
  if (execArgv === null) return argv.map((word) => ({ kind: "kept", word }));
  const found = changes(argv, execArgv);
  if (!truncated) return found;
  const lastKept = found.findLastIndex(({ kind }) => kind === "kept");
  return found.flatMap((change, index) => {
    if (index < lastKept) return [change];
    return change.kind === "removed" ? [] : [{ kind: "kept", word: change.word }];
  });
}

/** Neighbours of one kind together. */
function runs(all: Change[]): { kind: Change["kind"]; words: string }[] {
  const found: { kind: Change["kind"]; words: string }[] = [];
  for (const { kind, word } of all) {
    const last = found.at(-1);
    if (last?.kind === kind) last.words += ` ${shellWord(word)}`;
    else found.push({ kind, words: shellWord(word) });
  }
  return found;
}

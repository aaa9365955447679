/**
 * The record of a call: the one definition of what a wrapper writes and of what everything else reads. A log
 * file holds one of them a line, as JSON. The writer is `src/wrapper/parts/record.bash`; a test holds it to
 * this type.
 */
import * as z from "zod";

const count = z.int().min(0);
/** Later than this, no Date can be made of it. */
const lastSecond = 8_640_000_000_000;

const recordSchema = z.looseObject({
  v: z.literal(1),
  /** Seconds since the epoch, with microseconds where the host's bash has them. */
  time: z.number().min(0).max(lastSecond),
  /** Name of the interception. */
  wrapper: z.string(),
  pid: count,
  ppid: count,
  uid: count,
  /** Who called. Records of earlier versions have only `comm`. */
  caller: z.looseObject({
    /** The calling process, as the kernel names it; empty when it can't be seen. */
    comm: z.string(),
    /** The first words of its command line, as many as fit; none when it can't be seen. */
    cmdline: z.array(z.string()).optional(),
    /** Whether words of it were left out; absent for none. How many isn't counted: a command line can be long. */
    cmdlineTruncated: z.literal(true).optional(),
    /** The unit of systemd's at the end of the control group's path, else the innermost service there, else the innermost scope. */
    unit: z.string().nullable().optional(),
    /** The control group of the call itself, from systemd's hierarchy; null when it can't be seen. */
    cgroup: z.string().nullable().optional(),
  }),
  cwd: z.string(),
  /** The arguments as received: all of them, or the first ones that fit. */
  argv: z.array(z.string()),
  argc: count,
  /** The arguments as passed on; null when the call was denied. */
  execArgv: z.array(z.string()).nullable(),
  /**
   * Whether the call is one that interpose makes to see what the binary prints: then a word of the caller's command line
   * is `interpose-probe`. Anybody can call so, or write it into their own log, which hides nothing but records of their own.
   */
  probe: z.literal(true).optional(),
  /** How many arguments of `argv` were left out; absent for none. */
  truncated: count.optional(),
  /** How many were passed on, and how many of them were left out; absent when none was. */
  execArgc: count.optional(),
  execTruncated: count.optional(),
  /** Some byte was not UTF-8: it is kept as a lone surrogate, see `bytesOf`. */
  surrogateEscape: z.literal(true).optional(),
  /** Null when the policy has no routes. */
  route: z.string().nullable(),
  /** What the policy asked about: seconds (written with a fraction) or bytes; null when not to be had. */
  facts: z.record(z.string(), z.number().nullable()),
  /** What went wrong before the real binary was run. */
  errors: z.array(z.string()),
  /** Microseconds from the start of the wrapper to the record; null where bash can't tell. */
  preflightUs: z.number().nullable(),
});

export type LogRecord = z.infer<typeof recordSchema>;

/** A record with the line it was read from, byte for byte and without its newline. */
export interface Entry {
  record: LogRecord;
  line: Buffer;
}

/** What a line holds: at most one record, and how many pieces that are none. */
export interface Reading {
  entry?: Entry;
  skipped: number;
}

/**
 * Reads a line of a log file. A line may be anything: its file belongs to a user who can write what they
 * like. A record that was cut off (by a full disk, say) has the next one on its line; that one is found.
 * @param owner of the file; a record that claims another uid is forged, and none
 */
export function readLine(line: Buffer, owner?: number): Reading {
  if (line.length === 0) return { skipped: 0 };
  const whole = entryOf(line, owner);
  if (whole) return { entry: whole, skipped: 0 };
  // In a JSON string every quote has a backslash before it, so no argument looks like this.
  const start = line.lastIndexOf('{"v":');
  const rest = start > 0 ? entryOf(line.subarray(start), owner) : undefined;
  return rest ? { entry: rest, skipped: 1 } : { skipped: 1 };
}

/**
 * The bytes of a text of a record. What wasn't UTF-8 is kept there as Python's surrogateescape does it:
 * byte XX is the lone surrogate U+DCXX.
 */
export function bytesOf(text: string): Buffer {
  const pieces: Buffer[] = [];
  for (const piece of text.split(/((?<![\ud800-\udbff])[\udc80-\udcff])/)) {
    const code = piece.length === 1 ? piece.charCodeAt(0) : 0;
    pieces.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code & 0xff]) : Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

/** Names of the facts that are seconds: the wrapper writes those with a fraction, and bytes without. */
export function factsInSeconds({ line }: Pick<Entry, "line">): Set<string> {
  const facts = /"facts":\{([^{}]*)\},"errors":/.exec(line.toString("latin1"))?.[1] ?? "";
  return new Set([...facts.matchAll(/"(\w+)":\d+\.\d/g)].map((match) => match[1] as string));
}

// ---

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function entryOf(line: Buffer, owner?: number): Entry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(line));
  } catch {
    return undefined;
  }
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success || (owner !== undefined && parsed.data.uid !== owner)) return undefined;
  return { record: parsed.data, line };
}

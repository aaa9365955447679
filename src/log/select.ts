/** Which records are shown, and in what order. Pure. */
import type { Entry, LogRecord } from "./record.ts";

export interface Selection {
  route?: string;
  /** Seconds since the epoch. */
  since?: number;
  /** Whether the tool's own probes are among them. */
  probes?: boolean;
  /** At most this many, the latest ones. */
  last?: number;
}

/** Whether a record is one of those that are meant, but for how many. */
export function matches({ route, time, probe }: LogRecord, meant: Selection): boolean {
  return (
    (meant.route === undefined || route === meant.route) &&
    (meant.since === undefined || time >= meant.since) &&
    (probe === undefined || meant.probes === true)
  );
}

/** The entries that are meant, the earliest first. Those of the same time stay in the order they came in. */
export function select(entries: readonly Entry[], selection: Selection): Entry[] {
  const found = entries.filter(({ record }) => matches(record, selection));
  return latest(found, ({ record }) => record.time, selection.last);
}

/** The last ones in time, the earliest first; all of them without a number. */
export function latest<T>(all: readonly T[], time: (one: T) => number, last = all.length): T[] {
  const sorted = all.toSorted((a, b) => time(a) - time(b));
  return sorted.slice(Math.max(0, sorted.length - last));
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * The time that `--since` means, in seconds since the epoch: a duration back from now (90s, 30m, 1h30m, 2d),
 * or an ISO date, with or without a time of day, local unless it names a zone. Undefined for anything else.
 */
export function sinceTime(text: string, now: Date): number | undefined {
  if (/^(\d{1,9}(\.\d{1,9})?[smhdw])+$/.test(text)) {
    const back = [...text.matchAll(/([\d.]+)([smhdw])/g)].map(
      ([, n, unit]) => Number(n) * (units[unit ?? ""] ?? 0),
    );
    return now.getTime() / 1000 - back.reduce((sum, seconds) => sum + seconds, 0);
  }
  const form = /^(\d{4}-\d\d)-(\d\d)([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/i.exec(text);
  if (!form) return undefined;
  const [, month, day, time] = form;
  // Without a time of day, Date would take it as UTC; and it takes February 31 for a day of March.
  const date = new Date(time === undefined ? `${text}T00:00` : text.replace(" ", "T").replace(",", "."));
  const daysInMonth = new Date(Date.parse(`${month}-01T00:00Z`));
  daysInMonth.setUTCMonth(daysInMonth.getUTCMonth() + 1, 0);
  if (Number.isNaN(date.getTime()) || Number(day) > daysInMonth.getUTCDate()) return undefined;
  return date.getTime() / 1000;
}

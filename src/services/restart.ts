/** Restarts services of a host, and sees whether each of them makes a call that arrives in the log. */
import type { Host } from "../host/host.ts";
import { logParts } from "../log/files.ts";
import { type LogRecord, readLine } from "../log/record.ts";
import { quoteAll } from "../wrapper/quote.ts";
import { belongsTo, type Family } from "./belongs.ts";
import type { NamedService } from "./named.ts";
import managerPart from "./parts/manager.sh?raw";
import restartPart from "./parts/restart.sh?raw";

export interface Restarted {
  service: NamedService;
  /** The first call that came from it. */
  call: LogRecord | undefined;
  /** How many calls came that were of no service that is meant. */
  others: number;
  /** Exit status of the restart; undefined when it had not ended in time, or nothing is restarted. */
  status: number | undefined;
  /** What systemd says of a unit in the end. */
  state: string;
  result: string;
  /** What the restart said, or the last lines of a unit's journal. */
  said: string[];
}

export interface RestartOptions {
  name: string;
  services: NamedService[];
  /** Seconds. */
  wait: number;
  /** What starts the job that makes the call. */
  trigger: string | undefined;
  /** Where each user's directory of logs is. */
  logDir: string;
}

export interface Restarts {
  services: Restarted[];
  /** Of the job that makes the call, when it failed. */
  job: { status: number; said: string[] } | undefined;
  /** Of the script; anything but 0 means that it could not do its work. */
  status: number;
}

export const restartParts = [managerPart, restartPart];

/** One script does it all: what it prints is looked at as it comes, and it is ended once all have called. */
export async function restartServices(host: Host, options: RestartOptions): Promise<Restarts> {
  const watch = new Watch(options.services);
  const ending = new AbortController();
  const onLine = (line: Buffer): void => {
    watch.take(line);
    if (watch.isOver()) ending.abort();
  };
  const { status } = await host.run(restartScript(options), { onLine, signal: ending.signal });
  return { services: watch.services, job: watch.job, status };
}

// ---

function restartScript({ name, services, wait, trigger = "", logDir }: RestartOptions): string {
  const list = services.map(({ kind, owner, id }) => `${kind} ${owner || "-"} ${id}`).join("\n");
  const words = [name, String(wait), trigger, String(services.length), list, logDir];
  return `${[...logParts, ...restartParts].join("\n")}\n{ restart_and_watch ${quoteAll(words)}; }\n`;
}

const mostRecords = 1000;

/** What the script has printed so far. */
class Watch {
  readonly services: Restarted[];
  job: Restarts["job"];
  /** Those that may turn out to be a service's, so many of each user: each can write as many as they like. */
  readonly #records: LogRecord[] = [];
  readonly #counts = new Map<number, number>();
  #all = 0;
  readonly #families: Family[];
  readonly #seen = {
    parents: new Map<number, number>(),
    owners: new Map<number, number>(),
    kernel: new Map<number, { uid: number; group: string }>(),
  };
  readonly #jobSaid: string[] = [];

  constructor(services: NamedService[]) {
    const none = { call: undefined, others: 0, status: undefined, state: "", result: "", said: [] };
    this.services = services.map((service) => ({ service, ...none }));
    this.#families = services.map(({ properties }) => {
      // Of one that didn't run, no call is from before.
      const started = /^(inactive|failed)$/.test(properties.ActiveState ?? "") ? 0 : undefined;
      return { ...this.#seen, users: new Set<number>(), programs: [], started };
    });
  }

  take(line: Buffer): void {
    const text = line.toString("utf8");
    const [kind = "", first = "", ...rest] = text.split(" ");
    if (/^\d+$/.test(kind)) {
      const { entry } = readLine(line.subarray(kind.length + 1), Number(kind));
      if (entry) this.#note(entry.record);
    } else if (kind === "p") {
      this.#seen.parents.set(Number(first), rest[0] === "cron" ? 0 : Number(rest[0]));
      if (rest[1]) this.#seen.owners.set(Number(first), Number(rest[1]));
    } else if (kind === "k") {
      const [uid, ...group] = rest;
      this.#seen.kernel.set(Number(first), { uid: Number(uid), group: group.join(" ") });
    } else if (kind === "o") this.#jobSaid.push(text.slice(2));
    else if (kind === "t") this.job = { status: Number(first), said: this.#jobSaid };
    else this.#takeOf(Number(first), kind, rest);
    this.#match();
  }

  isOver(): boolean {
    return this.services.every(
      ({ call, status, state }, index) =>
        call ||
        (status ?? 0) !== 0 ||
        (state === "failed" && status === 0 && this.#families[index]?.started !== undefined),
    );
  }

  #takeOf(index: number, kind: string, rest: string[]): void {
    const service = this.services[index];
    const family = this.#families[index];
    if (!service || !family) return;
    if (kind === "r") service.status = Number(rest[0]);
    else if (kind === "e") service.said = [...service.said, rest.join(" ")].slice(-12);
    else if (kind === "u") family.users.add(Number(rest[0]));
    else if (kind === "P") {
      family.programs.push(Number(rest[0]));
      if (!rest[1]) return;
      family.users.add(Number(rest[1]));
      family.owners.set(Number(rest[0]), Number(rest[1]));
    } else if (kind === "s") {
      const [state = "", result = "", started = "", ...time] = rest;
      const { InactiveExitTimestampMonotonic: before } = service.service.properties;
      // As it was before the restart.
      if (started === before && started !== "0") return;
      Object.assign(service, { state, result });
      // Systemd forgets a unit that is over, with its times.
      const isForgotten = started === "0" && service.status === 0;
      if (isForgotten) family.started ??= 0;
      else if (started !== "0" && family.started !== 0) {
        // The process runs a moment before systemd notes that it has started it, so what counts is when the unit before
        // was over; but for one that is over again by now.
        const times = time
          .join(" ")
          .split("|")
          .map(timeOf)
          .filter((one) => one > 0);
        family.started = times.length === 0 ? 0 : Math.min(...times);
      }
    }
  }

  #note(record: LogRecord): void {
    const count = (this.#counts.get(record.uid) ?? 0) + 1;
    this.#counts.set(record.uid, count);
    this.#all += 1;
    if (count <= mostRecords) this.#records.push(record);
  }

  #match(): void {
    const all = this.services.map(({ service }, index) => ({ service, family: this.#families[index] }));
    const of = ({ service, family }: (typeof all)[number]) =>
      this.#records.filter((record) => family && belongsTo(record, service, family));
    const found = all.map(of);
    const known = new Set(found.flat());
    this.services.forEach((service, index) => {
      service.call ??= found[index]?.[0];
      service.others = this.#all - known.size;
    });
  }
}

/** `Tue 2026-05-05 14:03:12.345678 UTC` in seconds; those of an older systemd have no fraction. */
function timeOf(text: string): number {
  const [, day, time, fraction = ""] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)? UTC/.exec(text) ?? [];
  return day === undefined ? 0 : Date.parse(`${day}T${time}Z`) / 1000 + Number(fraction);
}

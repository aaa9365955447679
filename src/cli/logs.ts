import { type ExitCode, exitCodes, usageError } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { look } from "../host/look.ts";
import { followLogs, type LogReading, type Runner, readLogs } from "../log/read.ts";
import type { Entry } from "../log/record.ts";
import { type Selection, sinceTime } from "../log/select.ts";
import { showEntry } from "../log/show.ts";
import { layoutOf } from "../spec/spec.ts";
import { interceptionsOf, rootsOf } from "../state/manifest.ts";
import { displayedJson } from "../wrapper/quote.ts";
import { findTarget, notIntercepted } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import type { CommandContext } from "./program.ts";

interface LogsOptions extends HostOptions {
  follow?: boolean;
  n?: string;
  probes?: boolean;
  route?: string;
  since?: string;
}

export async function logs(
  { output, hosts }: CommandContext,
  fileOrName: string,
  options: LogsOptions,
): Promise<ExitCode> {
  const { host, name, loaded } = findTarget(fileOrName, hosts, options);
  const dir = loaded?.spec.log.dir;
  const selection = selectionOf(options, new Date());
  let shown = 0;
  const show = ({ record, line }: Entry) => {
    shown++;
    if (output.json) process.stdout.write(`${displayedJson(line.toString())}\n`);
    else output.line(showEntry({ record, line }, { colour: output.paint.isColorSupported }));
  };
  const reading = options.follow
    ? await follow({ host, name, dir }, selection, show)
    : await readLogs(runnerOf(host), name, selection, show, undefined, dir);
  const all = !options.follow && options.route === undefined && options.since === undefined;
  if (shown === 0 && all) await assertKnown(host, name);
  for (const note of notes(reading)) output.note(output.paint.dim(note));
  return exitCodes.done;
}

/** Nothing is there to be shown: that of an interception without calls, and of a name that is wrong, differ. */
async function assertKnown(host: Host, name: string): Promise<void> {
  const facts = await look(host);
  const known = [
    ...interceptionsOf(facts, layoutOf).interceptions.map(({ manifest }) => manifest),
    ...rootsOf(facts),
  ];
  if (!known.some((manifest) => manifest.name === name)) throw notIntercepted(facts, name);
}

// ---

/** Calls that are shown unless `-n` says how many: what fits into memory, or a few before those that come. */
const shownCalls = { all: 10_000, following: 10 };

function selectionOf({ follow: following, n, probes, route, since }: LogsOptions, now: Date): Selection {
  const selection: Selection = { last: following ? shownCalls.following : shownCalls.all };
  if (probes) selection.probes = true;
  if (route !== undefined) selection.route = route;
  if (n !== undefined) {
    if (!/^\d{1,9}$/.test(n)) throw usageError({ code: "bad-number", args: { value: n } });
    selection.last = Number(n);
  }
  if (since !== undefined) {
    const time = sinceTime(since, now);
    if (time === undefined) throw usageError({ code: "bad-duration", args: { value: since } });
    selection.since = time;
  }
  return selection;
}

function runnerOf(host: Host): Runner {
  return async (script, onLine, signal) =>
    (await host.run(script, { onLine, ...(signal ? { signal } : {}) })).status;
}

/** Until the user presses Ctrl-C, or the reader of our output is gone. */
async function follow(
  { host, name, dir }: { host: Host; name: string; dir: string | undefined },
  selection: Selection,
  show: (entry: Entry) => void,
): Promise<LogReading> {
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  process.stdout.once("error", end);
  return followLogs(runnerOf(host), name, selection, show, ending.signal, dir);
}

function notes({ skipped, unreadable, partly, leftOut }: LogReading): string[] {
  const found: string[] = [];
  if (skipped > 0) found.push(`${skipped} lines are no records, and were left out`);
  if (unreadable.length > 0)
    found.push(`the logs of uid ${[...new Set(unreadable)].join(", ")} can't be read by this user`);
  if (partly.length > 0)
    found.push(
      `of the logs of uid ${[...new Set(partly)].join(", ")} only the end was read: they are too long`,
    );
  if (leftOut > 0) found.push(`the logs of ${leftOut} users were left out: there are too many`);
  return found;
}

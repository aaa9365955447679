/**
 * Commands on all hosts of a file: in waves, with a line for each host as it ends, and on a terminal one for each that
 * is at work, with its step.
 */
import { type ExitCode, exitCodes, type Finding, InterposeError } from "../finding/finding.ts";
import { type Member, membersOf } from "../fleet/members.ts";
import { roll, wavesOf } from "../fleet/rollout.ts";
import type { Host } from "../host/host.ts";
import { verify } from "../verify/verify.ts";
import { displayed } from "../wrapper/quote.ts";
import { applyOn } from "./apply-on.ts";
import { confirmChange } from "./confirm.ts";
import { lookFor } from "./file.ts";
import { pathsOf, sentence } from "./fleet-status.ts";
import { type Fleet, type FleetOptions, onHost } from "./hosts.ts";
import { createLive } from "./live.ts";
import { findingDocument, type Output } from "./output.ts";
import type { CommandContext } from "./program.ts";
import { rollbackOn } from "./rollback.ts";

/** What became of a host. */
type Outcome = "applied" | "unchanged" | "rolled back" | "failed" | "taken back" | "not begun";

interface Report {
  outcome: Outcome;
  findings: Finding[];
  /** Other than 0 where something failed, also when it was taken back since. */
  exitCode: ExitCode;
}

/** Each host is verified before the next wave begins. */
export async function applyFleet(
  context: CommandContext,
  fleet: Fleet,
  { rollbackOnFailure = false, ...options }: { yes: boolean } & FleetOptions,
): Promise<ExitCode> {
  const { loaded } = fleet;
  const run = await prepare(context, fleet, options, "Change");
  const fresh: Member[] = [];
  await run.onEach(async (host, output, member) => {
    const { changed, fresh: first } = await applyOn(host, loaded, {
      yes: true,
      output,
    });
    if (first) fresh.push(member);
    output.now("verifies it");
    const { facts, interception } = await lookFor({ host, name: loaded.spec.name, loaded }, pathsOf(fleet));
    const wrong = (await verify(host, interception, facts, loaded)).find(({ passed }) => !passed);
    if (wrong) {
      const args = { host: host.name, check: wrong.name, saw: wrong.saw };
      throw new InterposeError([{ code: "verify-failed", args }, ...wrong.findings], exitCodes.failed);
    }
    return changed ? "applied" : "unchanged";
  });
  if (rollbackOnFailure && run.failed()) {
    // Where another policy was in place before, there is none to go back to but by its file.
    for (const member of fresh) await run.onOne(member, (host, output) => takeBack(host, fleet, output));
  }
  return run.finish();
}

export async function rollbackFleet(
  context: CommandContext,
  fleet: Fleet,
  {
    yes = false,
    keepLogs = false,
    bare = false,
    ...options
  }: {
    yes?: boolean;
    keepLogs?: boolean;
    bare?: boolean;
  } & FleetOptions,
): Promise<ExitCode> {
  const { loaded } = fleet;
  const run = await prepare(context, fleet, { yes, ...options }, "Take it away from");
  await run.onEach(async (host, output) => {
    try {
      const target = { host, name: loaded.spec.name, loaded };
      await rollbackOn(target, { yes: true, keepLogs, bare }, output);
      return "rolled back";
    } catch (error) {
      if (error instanceof InterposeError && error.findings[0]?.code === "not-intercepted")
        return "unchanged";
      throw error;
    }
  });
  return run.finish();
}

// ---

/** Tells nothing but what is being done. */
const silent = (output: Output, now: Output["now"]): Output => ({
  ...{ ...output, now },
  line() {},
  note() {},
  text() {},
  document() {},
});

async function takeBack(host: Host, { loaded }: Fleet, output: Output): Promise<Outcome> {
  await rollbackOn({ host, name: loaded.spec.name, loaded }, { yes: true }, output);
  return "taken back";
}

interface Run {
  /** The output that the work gets shows what is being done, where that can be seen. */
  onEach(work: (host: Host, output: Output, member: Member) => Promise<Outcome>): Promise<void>;
  onOne(member: Member, work: (host: Host, output: Output) => Promise<Outcome>): Promise<boolean>;
  failed(): boolean;
  finish(): ExitCode;
}

async function prepare(
  { output, hosts }: CommandContext,
  { loaded, hosts: listed }: Fleet,
  { yes, limit, sudo }: { yes: boolean } & FleetOptions,
  question: string,
): Promise<Run> {
  const { spec } = loaded;
  const members = await membersOf(listed, spec.source, limit);
  // One that is written wrong is told before anything is changed.
  const at = new Map(members.map((member) => [member, hosts.member(member, sudo ?? spec.sudo)]));
  const waves = wavesOf(members, spec.rollout);
  const reports = new Map<Member, Report>();
  const width = Math.max(...members.map(({ name }) => name.length));
  for (const [index, wave] of waves.entries())
    output.line(`wave ${index + 1}: ${wave.map(({ name }) => displayed(name)).join(", ")}`);
  await confirmChange(`${question} ${spec.binary} on ${members.length} hosts?`, { yes, output });

  const { paint } = output;
  const live = createLive(output);
  hosts.askWithin(live.apart);

  const show = (member: Member, doing: string) =>
    live.show(member.name, `${displayed(member.name.padEnd(width))}  ${paint.dim(displayed(doing))}`);
  const tell = (member: Member, report: Report) => {
    reports.set(member, report);
    live.end(member.name);
    live.print(() => {
      const colour = report.exitCode === exitCodes.done ? paint.green : paint.red;
      output.line(`${displayed(member.name.padEnd(width))}  ${colour(report.outcome)}`);
      for (const finding of report.findings)
        output.line(`${" ".repeat(width + 2)}${displayed(sentence(finding, member))}`);
    });
  };
  const onOne: Run["onOne"] = async (member, work) => {
    const host = at.get(member);
    if (!host) return true;
    try {
      show(member, "looks what is there");
      const outcome = await work(
        host,
        silent(output, (doing) => show(member, doing)),
      );
      const before = reports.get(member) ?? { findings: [], exitCode: exitCodes.done };
      tell(member, { outcome, findings: before.findings, exitCode: before.exitCode });
      return true;
    } catch (error) {
      if (!(error instanceof InterposeError)) {
        live.end(member.name);
        throw error;
      }
      tell(member, { outcome: "failed", findings: error.findings, exitCode: error.exitCode });
      return false;
    } finally {
      await host.close?.();
    }
  };
  const failures = () => [...reports.values()].filter(({ exitCode }) => exitCode !== exitCodes.done);
  let left: Member[] = [];
  return {
    onOne,
    async onEach(work) {
      left = await roll(
        waves,
        (member) => onOne(member, (host, shown) => work(host, shown, member)),
        spec.rollout.stopAfter,
      );
      for (const member of left)
        tell(member, { outcome: "not begun", findings: [], exitCode: exitCodes.done });
    },
    failed: () => failures().length > 0,
    finish() {
      output.document({
        name: spec.name,
        stopped: left.length > 0,
        hosts: members.map((member) => {
          const { outcome, findings } = reports.get(member) ?? { outcome: "not begun", findings: [] };
          return {
            host: member.name,
            outcome,
            findings: findings.map((one) => findingDocument(one, { on: onHost(member) })),
          };
        }),
      });
      if (!failures().length) return exitCodes.done;
      const unreachable = failures().every(({ exitCode }) => exitCode === exitCodes.unreachable);
      return unreachable ? exitCodes.unreachable : exitCodes.failed;
    },
  };
}

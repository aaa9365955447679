import { type ExitCode, exitCodes, type Finding, failure, severityOf } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { type HostFacts, look } from "../host/look.ts";
import { type Repair, repairPlan, runRepair, situationOf } from "../plan/run-repair.ts";
import { layoutOf } from "../spec/spec.ts";
import { accountOf } from "../state/account.ts";
import { cutOffAt, type Interception, interceptionsOf } from "../state/manifest.ts";
import { displayed } from "../wrapper/quote.ts";
import { confirmChange } from "./confirm.ts";
import { findTarget, lookFor } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import { findingLines, type Output } from "./output.ts";
import type { CommandContext } from "./program.ts";
import { assertDone, progress, resultDocument } from "./steps.ts";

export async function repair(
  { output, hosts }: CommandContext,
  fileOrName: string,
  { yes = false, ...options }: { yes?: boolean } & HostOptions,
): Promise<ExitCode> {
  const target = findTarget(fileOrName, hosts, options);
  const { host } = target;
  const { facts, interception } = await lookFor(target);
  const seen = await situationOf(host, interception);
  const plan = repairPlan(interception, seen, host.name);
  if (plan.steps.length === 0) {
    const left = leftAlone(seen, interception, facts);
    if (left.length > 0) throw failure(...left);
    output.line(`Nothing to do: ${interception.manifest.name} is as it should be.`);
    output.document({ ...resultDocument(plan, false), situation: seen.situation });
    return exitCodes.done;
  }
  for (const step of plan.steps) if (!yes) output.line(`${step.number}. ${displayed(step.title)}`);
  await confirmChange(`Repair ${interception.manifest.name} on ${host.name}?`, { yes, output });
  const situation = await runAndReport(host, interception, output);
  const findings = await findingsNow(host, interception.manifest.name);
  output.line(`Done: calls of ${displayed(interception.layout.binary)} go through the wrapper again.`);
  for (const finding of findings) for (const line of findingLines(finding, output)) output.line(line);
  output.document({ ...resultDocument(plan, true, findings), situation });
  return exitCodes.done;
}

/** A repair that was cut off is finished before anything else is done. */
export async function finishRepair(host: Host, interception: Interception, output: Output): Promise<void> {
  if (cutOffAt(interception)?.run !== "repair") return;
  output.line("Finishing the repair that was cut off:");
  await runAndReport(host, interception, output);
}

// ---

/** @throws InterposeError when it was not repaired */
async function runAndReport(host: Host, interception: Interception, output: Output): Promise<string> {
  const seen = await situationOf(host, interception);
  const plan = repairPlan(interception, seen, host.name);
  const { result, situation } = await runRepair(host, interception, progress(plan, output));
  const code = result.outcome === "done" ? 0 : 1;
  const left = leftAlone({ situation, steps: [], code }, interception, await look(host));
  if (left.length > 0 && !result.events.some(({ kind }) => kind.startsWith("failed"))) throw failure(...left);
  assertDone(plan, result);
  return situation;
}

async function findingsNow(host: Host, name: string): Promise<Finding[]> {
  const facts = await look(host);
  const found = interceptionsOf(facts, layoutOf).interceptions.find(({ manifest }) => manifest.name === name);
  return found ? accountOf(found, facts).findings : [];
}

/** What a repair leaves to a person, as status says it; none when it found nothing of that kind. */
function leftAlone({ situation, code }: Repair, interception: Interception, facts: HostFacts): Finding[] {
  if (code === 0) return [];
  const { manifest, layout } = interception;
  const { name, file } = manifest;
  const told = accountOf(interception, facts)
    .findings.filter((finding) => severityOf(finding) === "problem")
    .map(({ code, args }) => ({ code, args: code === "run-cut-off" ? { ...args, file } : args }));
  // Only who waited for it knows that it is still being written.
  if (situation !== "unsettled" || told.some(({ code }) => code === "repair-unsettled")) return told;
  return [{ code: "repair-unsettled", args: { path: layout.binary, name } }];
}

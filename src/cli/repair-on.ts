/** Runs a repair on a host and says what came of it. */
import { type Finding, failure, severityOf } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { type HostFacts, look } from "../host/look.ts";
import { type Repair, repairPlan, runRepair, situationOf } from "../plan/run-repair.ts";
import { accountOf } from "../state/account.ts";
import { cutOffAt, type Interception } from "../state/manifest.ts";
import type { Output } from "./output.ts";
import { assertDone, progress } from "./steps.ts";

/** @throws InterposeError when it was not repaired */
export async function runAndReport(host: Host, interception: Interception, output: Output): Promise<string> {
  const seen = await situationOf(host, interception);
  const plan = repairPlan(interception, seen, host.name);
  const { result, situation } = await runRepair(host, interception, progress(plan, output));
  const code = result.outcome === "done" ? 0 : 1;
  const left = leftAlone({ situation, steps: [], code }, interception, await look(host));
  if (left.length > 0 && !result.events.some(({ kind }) => kind.startsWith("failed"))) throw failure(...left);
  assertDone(plan, result);
  return situation;
}

/** A repair that was cut off is finished before anything else is done. */
export async function finishRepair(host: Host, interception: Interception, output: Output): Promise<void> {
  if (cutOffAt(interception)?.run !== "repair") return;
  output.line("Finishing the repair that was cut off:");
  await runAndReport(host, interception, output);
}

/** What a repair leaves to a person, as status says it; none when it found nothing of that kind. */
export function leftAlone(
  { situation, code }: Repair,
  interception: Interception,
  facts: HostFacts,
): Finding[] {
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

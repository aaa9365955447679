import { type ExitCode, exitCodes } from "../finding/finding.ts";
import { planPrune } from "../plan/prune.ts";
import { runPlan } from "../plan/run.ts";
import { displayed } from "../wrapper/quote.ts";
import { confirmChange } from "./confirm.ts";
import { findTarget, lookFor } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import type { CommandContext } from "./program.ts";
import { assertDone, progress, resultDocument } from "./steps.ts";

export async function prune(
  { output, hosts }: CommandContext,
  fileOrName: string,
  { yes = false, ...options }: { yes?: boolean } & HostOptions,
): Promise<ExitCode> {
  const target = findTarget(fileOrName, hosts, options);
  const { host } = target;
  const { interception } = await lookFor(target);
  const plan = planPrune(interception, host.name);
  if (plan.steps.length === 0) {
    output.line("Nothing to do: no older binary is kept.");
    output.document(resultDocument(plan, false));
    return exitCodes.done;
  }
  for (const step of plan.steps) if (!yes) output.line(`${step.number}. ${displayed(step.title)}`);
  await confirmChange(`Remove what is kept of ${plan.name} on ${host.name}?`, { yes, output });
  assertDone(plan, await runPlan(host, plan, progress(plan, output)));
  output.document(resultDocument(plan, true));
  return exitCodes.done;
}

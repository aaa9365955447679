import { type ExitCode, exitCodes, failure } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { prepareApply } from "../plan/prepare.ts";
import { runPlan } from "../plan/run.ts";
import type { Loaded } from "../spec/load.ts";
import { displayed } from "../wrapper/quote.ts";
import { confirmChange } from "./confirm.ts";
import { loadFile } from "./file.ts";
import { type FleetOptions, fleetOf, onHost } from "./hosts.ts";
import type { Output } from "./output.ts";
import type { CommandContext } from "./program.ts";
import { finishRepair } from "./repair.ts";
import { assertDone, progress, resultDocument } from "./steps.ts";

export async function apply(
  context: CommandContext,
  file: string,
  { yes = false, ...options }: { yes?: boolean } & FleetOptions,
): Promise<ExitCode> {
  const loaded = loadFile(file);
  const fleet = fleetOf(loaded, options);
  if (fleet) return (await import("./fleet.ts")).applyFleet(context, fleet, { yes, ...options });
  await applyOn(context.hosts.find(options, loaded.spec), loaded, { yes, output: context.output });
  return exitCodes.done;
}

/**
 * On one host.
 * @returns whether something was changed, and whether nothing was in place before
 * @throws InterposeError
 */
export async function applyOn(
  host: Host,
  loaded: Loaded,
  { yes, output }: { yes: boolean; output: Output },
): Promise<{ changed: boolean; fresh: boolean }> {
  let prepared = await prepareApply(loaded, host);
  if ("unfinishedRepair" in prepared) {
    output.line("The last repair was cut off; it is finished first.");
    await confirmChange(`Change ${loaded.spec.binary} on ${host.name}?`, { yes, output });
    await finishRepair(host, prepared.unfinishedRepair, output);
    prepared = await prepareApply(loaded, host);
  }
  if ("unfinishedRepair" in prepared)
    throw failure({ code: "repair-again", args: { name: loaded.spec.name } });
  const { plan } = prepared;
  const { name, binary, wrapper } = loaded.spec;
  if (plan.steps.length === 0) {
    output.line(`Nothing to do: ${name} is in place, and its policy is the one of this file.`);
    output.document(resultDocument(plan, false));
    return { changed: false, fresh: false };
  }
  for (const step of plan.steps) if (!yes) output.line(`${step.number}. ${displayed(step.title)}`);
  await confirmChange(`Change ${binary} on ${host.name}?`, { yes, output });
  assertDone(plan, await runPlan(host, plan, progress(plan, output)));
  output.line(`Done: calls of ${binary} go through ${wrapper}.`);
  for (const note of plan.notes) output.line(displayed(note));
  output.line(`Take it away with: interpose rollback ${name}${onHost(host)}`);
  output.document(resultDocument(plan, true));
  return { changed: true, fresh: prepared.existing === undefined };
}

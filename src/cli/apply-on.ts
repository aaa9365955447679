/** Puts a file's interception in place on one host. */
import { failure } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { prepareApply } from "../plan/prepare.ts";
import { runPlan } from "../plan/run.ts";
import type { Loaded } from "../spec/load.ts";
import { displayed } from "../wrapper/quote.ts";
import { confirmChange } from "./confirm.ts";
import { onHost } from "./hosts.ts";
import type { Output } from "./output.ts";
import { finishRepair } from "./repair-on.ts";
import { assertDone, progress, resultDocument } from "./steps.ts";

/**
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

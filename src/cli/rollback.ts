import { type ExitCode, exitCodes, failure } from "../finding/finding.ts";
import { look } from "../host/look.ts";
import { planRollback, planSweep } from "../plan/rollback.ts";
import { runPlan } from "../plan/run.ts";
import { layoutOf } from "../spec/spec.ts";
import { interceptionsOf, stateFolder } from "../state/manifest.ts";
import { displayed } from "../wrapper/quote.ts";
import { confirmChange } from "./confirm.ts";
import { findInterception, findTarget, isFile, loadFile, notIntercepted, type Target } from "./file.ts";
import { type FleetOptions, fleetOf } from "./hosts.ts";
import { findingLines, type Output } from "./output.ts";
import type { CommandContext } from "./program.ts";
import { assertDone, progress, resultDocument } from "./steps.ts";

interface RollbackOptions {
  yes?: boolean;
  keepLogs?: boolean;
  bare?: boolean;
}

export async function rollback(
  context: CommandContext,
  fileOrName: string,
  options: RollbackOptions & FleetOptions,
): Promise<ExitCode> {
  const fleet = fleetOf(isFile(fileOrName) ? loadFile(fileOrName) : undefined, options);
  if (fleet) return (await import("./fleet.ts")).rollbackFleet(context, fleet, options);
  await rollbackOn(findTarget(fileOrName, context.hosts, options), options, context.output);
  return exitCodes.done;
}

/** On one host. @throws InterposeError */
export async function rollbackOn(
  target: Target,
  { yes = false, keepLogs = false, bare = false }: RollbackOptions,
  output: Output,
): Promise<void> {
  const { host, name, loaded } = target;
  const facts = await look(host, loaded ? { paths: Object.values(layoutOf(loaded.spec)) } : {});
  const interception = findInterception(facts, target);
  if (!interception) {
    const folder = stateFolder(facts, name);
    if (facts.remains.has(name)) {
      const plan = planSweep(name, folder, host.name);
      assertDone(plan, await runPlan(host, plan));
      output.line(`Done: what a run on ${name} had left is gone. Nothing was intercepted.`);
      output.document(resultDocument(plan, true));
      return;
    }
    if (facts.security.untrusted.includes(folder))
      throw failure({ code: "state-untrusted", args: { path: folder } });
    const unreadable = interceptionsOf(facts, layoutOf).unreadable.includes(folder);
    throw unreadable
      ? failure({ code: "manifest-unreadable", args: { folder } })
      : notIntercepted(facts, name);
  }
  const planned = planRollback(interception, facts, host.name, { keepLogs, bare });
  if (!planned.ok) throw failure(...planned.findings);
  const { plan, notes, restored } = planned;
  for (const step of plan.steps) if (!yes) output.line(`${step.number}. ${displayed(step.title)}`);
  await confirmChange(`Take ${name} away from ${interception.layout.binary} on ${host.name}?`, {
    yes,
    output,
  });
  const result = await runPlan(host, plan, progress(plan, output));
  assertDone(plan, result);
  for (const note of notes) for (const line of findingLines(note, output)) output.note(line);
  const { binary } = interception.layout;
  output.line(
    restored
      ? `Done: ${binary} is ${interception.manifest.adopted && !bare ? "what was made by hand" : "the real binary"} again.`
      : `Done: ${binary} stays as it is, without a wrapper.`,
  );
  output.document(resultDocument(plan, true, notes));
}

import { type ExitCode, exitCodes, unreachable, usageError } from "../finding/finding.ts";
import { guardKindOf, planGuard, planGuardRemoval } from "../plan/guard.ts";
import { runPlan } from "../plan/run.ts";
import { displayed } from "../wrapper/quote.ts";
import { confirmChange } from "./confirm.ts";
import { findTarget, lookFor } from "./file.ts";
import { type HostOptions, onHost } from "./hosts.ts";
import type { CommandContext } from "./program.ts";
import { assertDone, progress, resultDocument } from "./steps.ts";

export async function guard(
  { output, hosts }: CommandContext,
  action: string,
  fileOrName: string,
  { yes = false, cron = false, ...options }: { yes?: boolean; cron?: boolean } & HostOptions,
): Promise<ExitCode> {
  if (action !== "install" && action !== "remove") {
    throw usageError({
      code: "command-line",
      args: { message: `guard can install or remove, not ${action}` },
    });
  }
  const target = findTarget(fileOrName, hosts, options);
  const { host } = target;
  const { facts, interception } = await lookFor(target);
  const kinds = cron ? facts.guards.filter((kind) => kind.startsWith("cron")) : facts.guards;
  const kind = guardKindOf({ ...facts, guards: kinds });
  if (action === "install" && kind === undefined) throw unreachable({ code: "no-guard", args: {} });
  const plan =
    action === "install" && kind
      ? planGuard(interception, kind, facts, host.name)
      : planGuardRemoval(interception, host.name);
  if (plan.steps.length === 0) {
    output.line("Nothing to do: there is no guard.");
    output.document(resultDocument(plan, false));
    return exitCodes.done;
  }
  for (const step of plan.steps) if (!yes) output.line(`${step.number}. ${displayed(step.title)}`);
  await confirmChange(`${action === "install" ? "Install" : "Remove"} the guard of ${plan.name}?`, {
    yes,
    output,
  });
  assertDone(plan, await runPlan(host, plan, progress(plan, output)));
  if (action === "install")
    output.line(`Done. Take it away with: interpose guard remove ${plan.name}${onHost(host)}`);
  output.document(resultDocument(plan, true));
  return exitCodes.done;
}

import { type ExitCode, exitCodes, type Finding, failure } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { look } from "../host/look.ts";
import { repairPlan, situationOf } from "../plan/run-repair.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import { accountOf } from "../state/account.ts";
import { type Interception, interceptionsOf, toolOf } from "../state/manifest.ts";
import { version } from "../version.ts";
import { displayed } from "../wrapper/quote.ts";
import { applyOn } from "./apply-on.ts";
import { confirmChange } from "./confirm.ts";
import { findTarget, loadFile, lookFor } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import { findingLines } from "./output.ts";
import type { CommandContext } from "./program.ts";
import { leftAlone, runAndReport } from "./repair-on.ts";
import { resultDocument } from "./steps.ts";

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
  const renewable = fileOfOther(interception, target.loaded);
  if (plan.steps.length === 0) {
    const left = leftAlone(seen, interception, facts);
    if (left.length > 0) throw failure(...left);
    if (renewable) return renew(host, renewable, { yes, output });
    output.line(`Nothing to do: ${interception.manifest.name} is as it should be.`);
    output.document({ ...resultDocument(plan, false), situation: seen.situation });
    return exitCodes.done;
  }
  for (const step of plan.steps) if (!yes) output.line(`${step.number}. ${displayed(step.title)}`);
  await confirmChange(`Repair ${interception.manifest.name} on ${host.name}?`, { yes, output });
  const situation = await runAndReport(host, interception, output);
  if (renewable) return renew(host, renewable, { yes, output });
  const findings = await findingsNow(host, interception.manifest.name);
  output.line(`Done: calls of ${displayed(interception.layout.binary)} go through the wrapper again.`);
  for (const finding of findings) for (const line of findingLines(finding, output)) output.line(line);
  output.document({ ...resultDocument(plan, true, findings), situation });
  return exitCodes.done;
}

// ---

async function findingsNow(host: Host, name: string): Promise<Finding[]> {
  const facts = await look(host);
  const found = interceptionsOf(facts, layoutOf).interceptions.find(({ manifest }) => manifest.name === name);
  return found ? accountOf(found, facts).findings : [];
}

/** The file of an interception that another release made, where it can be read here and is about the same paths. */
function fileOfOther({ manifest }: Interception, given: Loaded | undefined): Loaded | undefined {
  if (toolOf(manifest) === version) return undefined;
  try {
    const loaded = given ?? loadFile(manifest.file);
    const { name, binary, wrapper, real } = loaded.spec;
    const same =
      name === manifest.name &&
      binary === manifest.binary &&
      wrapper === manifest.wrapper &&
      real === manifest.real;
    return same ? loaded : undefined;
  } catch {
    // It lies on another machine, or is no file for this release: status says so, and what is in place goes on.
    return undefined;
  }
}

/** What another release made is written again by this one, in one rename. */
async function renew(
  host: Host,
  loaded: Loaded,
  { yes, output }: { yes: boolean; output: CommandContext["output"] },
): Promise<ExitCode> {
  const { name, source } = loaded.spec;
  output.line(`Another release made ${name}: it is renewed from ${displayed(source)}.`);
  await applyOn(host, loaded, { yes, output });
  return exitCodes.done;
}

import {
  type ExitCode,
  exitCodes,
  type Finding,
  failure,
  InterposeError,
  usageError,
} from "../finding/finding.ts";
import type { HostFacts } from "../host/look.ts";
import { wrapperFor } from "../plan/prepare.ts";
import { findServices, type NamedService } from "../services/named.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import type { Interception } from "../state/manifest.ts";
import { verifyServices } from "../verify/services.ts";
import { type Check, verify } from "../verify/verify.ts";
import { displayed } from "../wrapper/quote.ts";
import { policyHashOf } from "../wrapper/wrapper.ts";
import { confirmChange } from "./confirm.ts";
import { findTarget, loadFile, lookFor, type Target } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import { findingDocument, findingLines, type Output } from "./output.ts";
import type { CommandContext } from "./program.ts";

export async function verifyCommand(
  { output, hosts }: CommandContext,
  fileOrName: string,
  options: HostOptions & ServiceOptions,
): Promise<ExitCode> {
  const wait = waitOf(options);
  const target = findTarget(fileOrName, hosts, options);
  const { facts, interception } = await lookFor(
    target,
    target.loaded ? { paths: Object.values(layoutOf(target.loaded.spec)) } : {},
  );
  const loaded = target.loaded ?? fileOf(interception, facts);
  // Together: over a connection each alone would be a way there and back.
  const [services, checks] = await Promise.all([
    options.services ? findAll(target, interception) : [],
    verify(target.host, interception, facts, loaded),
  ]);
  if (target.loaded) checks.unshift(checkPolicy(target.loaded, interception, facts));
  showChecks(checks, output);
  if (!loaded)
    output.line(
      output.paint.dim("      (with the file instead of the name, awkward arguments are tried too)"),
    );
  if (services.length > 0 && checks.every((check) => check.passed)) {
    const restarted = services.filter(({ kind }) => kind !== "cron").map(({ id }) => id);
    if (restarted.length > 0)
      await confirmChange(`Restart ${restarted.join(", ")} on ${target.host.name}?`, {
        yes: options.yes ?? false,
        output,
      });
    const seconds = wait ?? (restarted.length < services.length ? 90 : 60);
    output.line(output.paint.dim(`      (waiting for calls, ${seconds} seconds at most)`));
    const { trigger } = options;
    const more = await verifyServices(target.host, interception, { services, trigger, wait: seconds });
    showChecks(more, output);
    checks.push(...more);
  } else if (services.length > 0) output.line("      Nothing was restarted, since that is wrong already.");
  const passed = checks.every((check) => check.passed);
  output.document({
    name: target.name,
    passed,
    checks: checks.map((check) => ({
      ...check,
      findings: check.findings.map((one) => findingDocument(one, output)),
    })),
  });
  return passed ? exitCodes.done : exitCodes.failed;
}

/** The file that the wrapper in place was made from, when it is still there and says the same. */
export function fileOf(interception: Interception, facts: HostFacts): Loaded | undefined {
  try {
    const loaded = loadFile(interception.manifest.file);
    return isInPlace(loaded, interception, facts) ? loaded : undefined;
  } catch (error) {
    if (error instanceof InterposeError) return undefined;
    throw error;
  }
}

// ---

interface ServiceOptions {
  services?: boolean;
  trigger?: string;
  wait?: string;
  yes?: boolean;
}

/** Seconds, if given. @throws InterposeError (exit 2) also when an option has no meaning */
function waitOf({ services, trigger, wait }: ServiceOptions): number | undefined {
  const given = { "--trigger": trigger, "--wait": wait };
  for (const [option, value] of Object.entries(given))
    if (value !== undefined && !services) throw usageError({ code: "needs-services", args: { option } });
  if (wait !== undefined && !/^[1-9]\d{0,5}$/.test(wait))
    throw usageError({ code: "bad-number", args: { value: wait } });
  return wait === undefined ? undefined : Number(wait);
}

/** The services of the file, or of what was applied. @throws InterposeError when there are none, or one isn't there */
async function findAll({ host, loaded }: Target, { manifest }: Interception): Promise<NamedService[]> {
  const names = [...new Set(loaded?.spec.services ?? manifest.services)];
  const of = loaded?.spec.source ?? manifest.name;
  if (names.length === 0) throw usageError({ code: "no-services", args: { of } });
  const found = await findServices(host, names);
  const unknown = found.filter(({ kind }) => kind === "none");
  if (unknown.length > 0)
    throw failure(
      ...unknown.map(
        ({ name }): Finding => ({ code: "service-unknown", args: { service: name, host: host.name } }),
      ),
    );
  return found;
}

function showChecks(checks: Check[], output: Output): void {
  const { paint } = output;
  for (const { name, passed, saw, findings, said = [] } of checks) {
    output.line(`${passed ? paint.green("ok") : paint.red("no")}    ${displayed(name)}: ${displayed(saw)}`);
    for (const finding of findings)
      for (const line of findingLines(finding, output)) output.line(`      ${line}`);
    for (const line of said) output.line(`      ${paint.dim(`| ${displayed(line)}`)}`);
  }
}

/** Whether what is in place was made from the file as it is now. */
function checkPolicy(loaded: Loaded, interception: Interception, facts: HostFacts): Check {
  const passed = isInPlace(loaded, interception, facts);
  const args = { file: loaded.spec.source, name: interception.manifest.name };
  return {
    name: "what is in place is the policy of the file",
    passed,
    saw: passed ? "the same wrapper" : "another wrapper",
    findings: passed ? [] : [{ code: "not-applied", args }],
  };
}

/** Whether calls go as this release would have them go by the file. */
const isInPlace = (loaded: Loaded, interception: Interception, facts: HostFacts): boolean => {
  const { policy, wrappers } = interception.manifest;
  return policyHashOf(wrapperFor(loaded, facts, interception).wrapper) === (policy ?? wrappers.at(-1));
};

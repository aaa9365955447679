import { type ExitCode, exitCodes, InterposeError } from "../finding/finding.ts";
import { sha256 } from "../plan/apply.ts";
import { wrapperOf } from "../plan/prepare.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import type { Interception, Manifest } from "../state/manifest.ts";
import { type Check, verify } from "../verify/verify.ts";
import { displayed } from "../wrapper/quote.ts";
import { findTarget, loadFile, lookFor } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import { findingDocument, findingLines } from "./output.ts";
import type { CommandContext } from "./program.ts";

export async function verifyCommand(
  { output, hosts }: CommandContext,
  fileOrName: string,
  options: HostOptions,
): Promise<ExitCode> {
  const target = findTarget(fileOrName, hosts, options);
  const { facts, interception } = await lookFor(
    target,
    target.loaded ? { paths: Object.values(layoutOf(target.loaded.spec)) } : {},
  );
  const loaded = target.loaded ?? fileOf(interception);
  const checks = await verify(target.host, interception, facts, loaded);
  if (target.loaded) checks.unshift(checkPolicy(target.loaded, interception));
  const { paint } = output;
  for (const { name, passed, saw, findings } of checks) {
    output.line(`${passed ? paint.green("ok") : paint.red("no")}    ${displayed(name)}: ${displayed(saw)}`);
    for (const finding of findings)
      for (const line of findingLines(finding, output)) output.line(`      ${line}`);
  }
  if (!loaded)
    output.line(paint.dim("      (with the file instead of the name, awkward arguments are tried too)"));
  const passed = checks.every((check) => check.passed);
  output.document({
    name: target.name,
    passed,
    checks: checks.map((check) => ({ ...check, findings: check.findings.map(findingDocument) })),
  });
  return passed ? exitCodes.done : exitCodes.failed;
}

/** The file that the wrapper in place was made from, when it is still there and says the same. */
export function fileOf({ manifest }: Interception): Loaded | undefined {
  try {
    const loaded = loadFile(manifest.file);
    return isInPlace(loaded, manifest) ? loaded : undefined;
  } catch (error) {
    if (error instanceof InterposeError) return undefined;
    throw error;
  }
}

// ---

/** Whether what is in place was made from the file as it is now. */
function checkPolicy(loaded: Loaded, { manifest }: Interception): Check {
  const passed = isInPlace(loaded, manifest);
  const args = { file: loaded.spec.source, name: manifest.name };
  return {
    name: "what is in place is the policy of the file",
    passed,
    saw: passed ? "the same wrapper" : "another wrapper",
    findings: passed ? [] : [{ code: "not-applied", args }],
  };
}

const isInPlace = (loaded: Loaded, manifest: Manifest): boolean =>
  sha256(wrapperOf(loaded)) === manifest.wrappers.at(-1);

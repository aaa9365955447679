import { type ExitCode, exitCodes } from "../finding/finding.ts";
import { layoutOf } from "../spec/spec.ts";
import { verify } from "../verify/verify.ts";
import { displayed } from "../wrapper/quote.ts";
import { findTarget, lookFor } from "./file.ts";
import { findingDocument, findingLines } from "./output.ts";
import type { CommandContext } from "./program.ts";

export async function verifyCommand({ output }: CommandContext, fileOrName: string): Promise<ExitCode> {
  const target = findTarget(fileOrName);
  const { facts, interception } = await lookFor(
    target,
    target.loaded ? { paths: Object.values(layoutOf(target.loaded.spec)) } : {},
  );
  const checks = await verify(target.host, interception, facts, target.loaded);
  const { paint } = output;
  for (const { name, passed, saw, findings } of checks) {
    output.line(`${passed ? paint.green("ok") : paint.red("no")}    ${displayed(name)}: ${displayed(saw)}`);
    for (const finding of findings)
      for (const line of findingLines(finding, output)) output.line(`      ${line}`);
  }
  if (!target.loaded)
    output.line(paint.dim("      (with the file instead of the name, awkward arguments are tried too)"));
  const passed = checks.every((check) => check.passed);
  output.document({
    name: target.name,
    passed,
    checks: checks.map((check) => ({ ...check, findings: check.findings.map(findingDocument) })),
  });
  return passed ? exitCodes.done : exitCodes.failed;
}

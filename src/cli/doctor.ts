import { diagnose } from "../doctor/diagnose.ts";
import { lookClosely } from "../doctor/look.ts";
import { type Symptom, symptomNames, symptomOf, symptoms } from "../doctor/symptoms.ts";
import { type ExitCode, exitCodes, type Finding, failure } from "../finding/finding.ts";
import { inWords } from "../finding/words.ts";
import { localhost } from "../host/local.ts";
import { layoutOf } from "../spec/spec.ts";
import { interceptionsOf, stateFolder } from "../state/manifest.ts";
import { displayed } from "../wrapper/quote.ts";
import { findInterception, findTarget } from "./file.ts";
import { findingDocument, type Output } from "./output.ts";
import type { CommandContext } from "./program.ts";
import { fileOf } from "./verify.ts";

export async function doctor({ output }: CommandContext, fileOrName?: string): Promise<ExitCode> {
  const target = fileOrName === undefined ? undefined : findTarget(fileOrName);
  const { facts, doctor: seen } = await lookClosely(target?.host ?? localhost, target?.name);
  const { interceptions, unreadable } = interceptionsOf(facts, layoutOf);
  const one = target && findInterception(facts, target);
  const lost = unreadable.filter((folder) => !target || folder === stateFolder(facts, target.name));
  if (target && !one && lost.length === 0)
    throw failure({ code: "not-intercepted", args: { name: target.name } });

  const examined = (target ? (one ? [one] : []) : interceptions).map((interception) => ({
    name: interception.manifest.name,
    findings: diagnose(interception, facts, seen, fileOf(interception) !== undefined),
  }));
  for (const folder of lost) {
    const name = folder.slice(folder.lastIndexOf("/") + 1);
    examined.push({ name, findings: [{ code: "manifest-unreadable", args: { folder } }] });
  }

  if (examined.length === 0) output.line("Nothing is intercepted here.");
  for (const { name, findings } of examined) show(name, findings, output);
  const documents = examined.map(({ name, findings }) => ({
    name,
    findings: findings.map((finding) => ({
      symptom: symptoms[symptomOf(finding.code)].title,
      ...findingDocument(finding),
    })),
  }));
  output.document(target ? documents[0] : documents);
  return examined.some(({ findings }) => findings.length > 0) ? exitCodes.failed : exitCodes.done;
}

// ---

function show(name: string, findings: Finding[], output: Output): void {
  const { paint } = output;
  if (findings.length === 0) {
    output.line(`${paint.bold(displayed(name))}  ${paint.green("nothing is wrong")}`);
    return;
  }
  output.line(`${paint.bold(displayed(name))}  ${paint.red(`${findings.length} found`)}`);
  const shown = (symptom: Symptom) => findings.filter(({ code }) => symptomOf(code) === symptom);
  for (const symptom of symptomNames) {
    if (shown(symptom).length === 0) continue;
    output.line(`  ${paint.bold(symptoms[symptom].title)}`);
    for (const finding of shown(symptom))
      for (const line of linesOf(finding, output)) output.line(`    ${line}`);
  }
}

/** With its code, so that it is found in the documentation; the commands each on a line of its own. */
function linesOf(finding: Finding, { paint }: Output): string[] {
  const { what, todo, run = [] } = inWords(finding);
  return [
    `${paint.red(`${finding.code}:`)} ${displayed(what)}`,
    `  ${displayed(todo)}`,
    ...run.map((command) => `  $ ${displayed(command)}`),
  ];
}

import { diagnose } from "../doctor/diagnose.ts";
import { lookClosely } from "../doctor/look.ts";
import { symptomNames, symptomOf, symptoms } from "../doctor/symptoms.ts";
import { type ExitCode, exitCodes, type Finding, severityOf } from "../finding/finding.ts";
import type { HostFacts } from "../host/look.ts";
import { layoutOf } from "../spec/spec.ts";
import { interceptionsOf } from "../state/manifest.ts";
import { displayed } from "../wrapper/quote.ts";
import { findInterception, findTarget, notIntercepted } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import { findingDocument, findingLines, type Output, wordsOn } from "./output.ts";
import type { CommandContext } from "./program.ts";
import { fileOf } from "./verify.ts";

export async function doctor(
  { output, hosts }: CommandContext,
  fileOrName: string | undefined,
  options: HostOptions,
): Promise<ExitCode> {
  const target = fileOrName === undefined ? undefined : findTarget(fileOrName, hosts, options);
  const { facts, doctor: seen } = await lookClosely(target?.host ?? hosts.find(options), target?.name);
  const { interceptions, unreadable } = interceptionsOf(facts, layoutOf);
  const one = target && findInterception(facts, target);
  const inThisCase = ({ name }: Case) => !target || target.name === name;
  const cases: Case[] = [
    ...(target ? (one ? [one] : []) : interceptions).map((interception) => ({
      name: interception.manifest.name,
      findings: diagnose(interception, facts, seen, fileOf(interception, facts) !== undefined),
    })),
    ...unusable(facts, unreadable).filter(inThisCase),
  ];
  if (target && cases.length === 0) throw notIntercepted(facts, target.name);

  if (cases.length === 0) output.line("Nothing is intercepted here.");
  for (const one of cases) show(one, output);
  const documents = cases.map(({ name, findings }) => ({
    name,
    findings: findings.map((finding) => ({
      symptom: symptoms[symptomOf(finding.code)].title,
      ...findingDocument(finding, output),
    })),
  }));
  output.document(target ? documents[0] : documents);
  return cases.some(({ findings }) => wrong(findings).length > 0) ? exitCodes.failed : exitCodes.done;
}

// ---

interface Case {
  name: string;
  findings: Finding[];
}

/** States that can't be made an interception of. */
function unusable({ security, remains }: HostFacts, unreadable: string[]): Case[] {
  const name = (folder: string) => folder.slice(folder.lastIndexOf("/") + 1);
  return [
    ...unreadable.map((folder): Case => {
      return { name: name(folder), findings: [{ code: "manifest-unreadable", args: { folder } }] };
    }),
    ...security.untrusted.map((path): Case => {
      return { name: name(path), findings: [{ code: "state-untrusted", args: { path } }] };
    }),
    ...[...remains].map(
      (left): Case => ({ name: left, findings: [{ code: "run-remains", args: { name: left } }] }),
    ),
  ];
}

const wrong = (findings: Finding[]): Finding[] =>
  findings.filter((finding) => severityOf(finding) === "problem");

function show({ name, findings }: Case, output: Output): void {
  const { paint } = output;
  const found = wrong(findings);
  const sum = found.length === 0 ? paint.green("nothing is wrong") : paint.red(`${found.length} found`);
  output.line(`${paint.bold(displayed(name))}  ${sum}`);
  for (const symptom of symptomNames) {
    const shown = found.filter(({ code }) => symptomOf(code) === symptom);
    if (shown.length > 0) output.line(`  ${paint.bold(symptoms[symptom].title)}`);
    for (const finding of shown) for (const line of linesOf(finding, output)) output.line(`    ${line}`);
  }
  for (const finding of findings.filter((one) => severityOf(one) === "note"))
    for (const line of findingLines(finding, output)) output.line(`  ${line}`);
}

/** With its code, so that it is found in the documentation; the commands each on a line of its own. */
function linesOf(finding: Finding, { paint, on }: Output): string[] {
  const { what, todo, run = [] } = wordsOn(finding, on);
  return [
    `${paint.red(`${finding.code}:`)} ${displayed(what)}`,
    `  ${displayed(todo)}`,
    ...run.map((command) => `  $ ${displayed(command)}`),
  ];
}

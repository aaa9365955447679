/** Facts -> what is wrong with an interception, in the order of the runbook's symptoms. Pure. */
import type { Finding } from "../finding/finding.ts";
import type { HostFacts } from "../host/look.ts";
import { accountOf } from "../state/account.ts";
import { type Interception, since } from "../state/manifest.ts";
import { pastTheWrapper } from "./called.ts";
import type { DoctorFacts } from "./facts.ts";
import { bashChanged, cantRun, wordsLost, wrapperText } from "./fails.ts";
import { logLacks } from "./logged.ts";
import type { Patient } from "./patient.ts";
import { symptomNames, symptomOf } from "./symptoms.ts";

export function diagnose(
  interception: Interception,
  facts: HostFacts,
  doctor: DoctorFacts,
  fileInPlace: boolean,
): Finding[] {
  const around = doctor.interceptions.get(interception.manifest.name);
  if (!around) throw new RangeError(`${interception.manifest.name} was not looked at`);
  const { bash, clock, others } = doctor;
  const put = since(interception);
  const patient: Patient = {
    ...{ interception, facts, around, bash, clock, others, fileInPlace },
    swapped: interception.journal.find(({ what, event }) => what === "swap" && event === "begin")?.time,
    since: put,
    calledSince: put !== undefined && around.logs.some(({ last }) => last > put),
  };
  const noBash = interception.manifest.runtime === "native" ? [] : bashChanged(bash);
  const chain = state(patient);
  const findings = [
    ...pastTheWrapper(patient),
    ...(chain.some(({ code }) => code === "wrapper-edited") ? wrapperText(patient) : []),
    ...chain,
    ...(noBash.length > 0 ? [] : wordsLost(patient)),
    ...cantRun(patient),
    ...(interception.manifest.logs === false ? [] : logLacks(patient)),
    ...noBash,
  ];
  const order = (finding: Finding) => symptomNames.indexOf(symptomOf(finding.code));
  return findings.toSorted((a, b) => order(a) - order(b));
}

// ---

/** Findings whose advice has the file that is in place. */
const wantFile = ["run-cut-off", "binary-removed"];

/** What status finds, with what only doctor knows. */
function state({ interception, facts, fileInPlace }: Patient): Finding[] {
  const { file } = interception.manifest;
  return accountOf(interception, facts).findings.map((finding) => {
    const { code, args } = finding;
    return wantFile.includes(code) && fileInPlace ? { ...finding, args: { ...args, file } } : finding;
  });
}

/** Facts -> what is wrong with an interception, in the order of the runbook's symptoms. Pure. */
import type { Finding } from "../finding/finding.ts";
import type { HostFacts } from "../host/look.ts";
import { type Interception, since } from "../state/manifest.ts";
import { statusOf } from "../state/status.ts";
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
  const { bash, tmp, clock } = doctor;
  const put = since(interception);
  const patient: Patient = {
    ...{ interception, facts, around, bash, tmp, clock, fileInPlace },
    namedReal: interception.layout.namedReal,
    swapped: interception.journal.find(({ what, event }) => what === "swap" && event === "begin")?.time,
    since: put,
    calledSince: put !== undefined && around.logs.some(({ last }) => last > put),
  };
  const noBash = bashChanged(bash);
  const findings = [
    ...pastTheWrapper(patient),
    ...wrapperText(patient),
    ...state(patient),
    ...(noBash.length > 0 ? [] : wordsLost(patient)),
    ...cantRun(patient),
    ...logLacks(patient),
    ...noBash,
  ];
  const order = (finding: Finding) => symptomNames.indexOf(symptomOf(finding.code));
  return findings.toSorted((a, b) => order(a) - order(b));
}

// ---

/** What status finds, with what only doctor knows. */
function state({ interception, facts, around, fileInPlace }: Patient): Finding[] {
  const { manifest } = interception;
  const { findings } = statusOf(interception, facts, "localhost");
  return findings.map((finding) => {
    if (finding.code === "binary-overwritten" && around.foreign) {
      const { binary, wrapper, real } = around;
      return { code: "other-interception", args: { path: binary, wrapper, real } };
    }
    if (["wrapper-edited", "run-cut-off"].includes(finding.code) && fileInPlace)
      return { ...finding, args: { ...finding.args, file: manifest.file } };
    return finding;
  });
}

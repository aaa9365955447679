/** Runs the repair script that lies in an interception's state folder on the host. */
import { failure } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { type Interception, stateFile } from "../state/manifest.ts";
import { quote } from "../wrapper/quote.ts";
import { type Plan, placeOf, plainPlan } from "./plan.ts";
import { repairTitles } from "./repair.ts";
import { type PlanEvent, type PlanResult, runEvents } from "./run.ts";

export interface Repair {
  /** A word of reconcile.sh: `intact`, `overwritten`, `real-lost` and so on; `gone` when it is not in place. */
  situation: string;
  /** Ids of the steps that are to be done. */
  steps: string[];
  /** 1 when something is wrong that a repair leaves alone. */
  code: number;
}

/** Only looks. @throws InterposeError when the host has no such script */
export async function situationOf(host: Host, interception: Interception): Promise<Repair> {
  const { result, situation } = await runRepair(host, interception, () => {}, "look");
  const steps = result.events.filter(({ kind }) => kind === "planned").map(({ step }) => step);
  return { situation, steps, code: result.outcome === "done" ? 0 : 1 };
}

/** @throws InterposeError when the host has no such script */
export async function runRepair(
  host: Host,
  { folder, manifest }: Interception,
  onEvent: (event: PlanEvent) => void,
  mode: "act" | "look" = "act",
): Promise<{ result: PlanResult; situation: string }> {
  const script = quote(stateFile(folder, "repair.sh"));
  const result = await runEvents(
    host,
    `main() {\n\t[ -f ${script} ] || exit 9\n\texec /bin/sh ${script} ${mode}\n}\nmain </dev/null\n`,
    onEvent,
  );
  if (result.status === 9) throw failure({ code: "no-repair", args: { folder, file: manifest.file } });
  return { result, situation: result.events.find(({ kind }) => kind === "situation")?.text ?? "" };
}

/** The steps with their titles, for people; what they do is in the script. */
export function repairPlan(interception: Interception, { steps }: Repair, host: string): Plan {
  const titled = steps.map((id, index) => ({
    ...{ id, number: index + 1, title: repairTitles[id] ?? id },
    ...{ run: [], gate: [], undo: [] },
    todo: "",
  }));
  return plainPlan("repair", placeOf(interception, host), titled);
}

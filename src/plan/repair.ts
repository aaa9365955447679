/**
 * The script that puts an interception right whatever happened to its parts, with nothing but a POSIX shell. It
 * lies in the state folder, decides as it runs, and is what `interpose repair` and a guard run. Pure.
 */

import { othersFunctions, othersParts, placesOf, programsOf } from "../host/others.ts";
import filePart from "../host/parts/file.sh?raw";
import readerPart from "../log/reader.sh?raw";
import type { Layout } from "../spec/spec.ts";
import { type Diversion, type Manifest, stateFile } from "../state/manifest.ts";
import { headerStart } from "../wrapper/header.ts";
import { displayed, quote } from "../wrapper/quote.ts";
import actPart from "./parts/act.sh?raw";
import reconcilePart from "./parts/reconcile.sh?raw";
import repairSteps from "./parts/repair-steps.sh?raw";
import { probeArguments } from "./render-sh.ts";

export interface RepairInput {
  manifest: Pick<Manifest, "name" | "wrappers" | "probe" | "keepName" | "logs">;
  layout: Layout;
  /** Folder of the manifest. */
  state: string;
  diversion: Diversion | undefined;
  environmentRoutes: (string | null)[];
  policyChanges: boolean;
}

/** What each step of a repair does, for people. */
export const repairTitles: Record<string, string> = {
  locate: "Locate the new binary, once it is whole",
  aside: "Keep the binary that was the real one until now",
  take: "Take the new binary as the real one, in one rename",
  divert: "Let upgrades of the package go to the real binary's path",
  record: "Record what is the real binary now",
  rights: "Give the real binary what was meant for it: owner, mode and capabilities",
  write: "Write the wrapper",
  name: "Find out by which name the real binary has to be run",
  swap: "Let the binary's path lead to the wrapper, in one rename",
  test: "Test the interception",
  retire: "Take the setuid and setgid bits and the capabilities from the older binary",
};

export function renderRepair(input: RepairInput): string {
  const { manifest, layout, state, diversion } = input;
  return `${[
    "#!/bin/sh",
    `# Puts the interception ${displayed(manifest.name)} right: takes what an upgrade put at the binary's path as the real`,
    "# binary, and puts the wrapper back. Written by interpose. Does nothing when nothing is wrong, so it can be run at",
    `# any time:  sh ${displayed(quote(stateFile(state, "repair.sh")))}        only say what is wrong:  ... look`,
    "LC_ALL=C",
    "export LC_ALL",
    "",
    "action=repair",
    "fallback=previous",
    "planned_for=any",
    `state=${quote(state)}`,
    ...repairVariables(manifest, layout, input),
    `diverted=${quote(diversion?.path ?? "")}`,
    `diverted_to=${quote(diversion?.to ?? "")}`,
    "# SHA-256 of the wrapper's texts, the newest last.",
    `texts=${quote(manifest.wrappers.join(" "))}`,
    "# What it finds is in place already, and has something to go back to.",
    "anew=''",
    "",
    "decide() { decide_repair; }",
    "prepare() { prepare_repair; }",
    "",
    readerPart.trimEnd(),
    "",
    actPart.trimEnd(),
    "",
    ...othersParts.flatMap((part) => [part.trimEnd(), ""]),
    ...othersFunctions(placesOf(layout), programsOf(layout)),
    "",
    ...probeArguments(manifest.probe),
    "",
    filePart.trimEnd(),
    "",
    reconcilePart.trimEnd(),
    "",
    repairSteps.trimEnd(),
    "",
    'write_wrapper() { cat "$state/wrapper"; }',
    "",
    'repair "${1-act}"',
  ].join("\n")}\n`;
}

/** What the words of repair-steps.sh and reconcile.sh go by, as far as a file says it. */
export function repairVariables(
  { name, keepName, probe, logs }: Pick<Manifest, "name" | "keepName" | "probe" | "logs">,
  layout: Layout,
  { environmentRoutes, policyChanges }: Pick<RepairInput, "environmentRoutes" | "policyChanges">,
): string[] {
  return [
    `wrapper_name=${quote(name)}`,
    `binary=${quote(layout.binary)}`,
    `real=${quote(layout.real)}`,
    `wrapper=${quote(layout.wrapper)}`,
    "# How the wrapper's second line begins.",
    `header=${quote(headerStart(layout.wrapper))}`,
    "# What the wrapper runs, and the link by which that keeps its name.",
    `target=${quote(layout.target)}`,
    `named=${quote(layout.namedReal)}`,
    `logs=${logs === false ? "no" : "yes"}`,
    `keep_name=${keepName}`,
    `environment_routes=${quote(environmentRoutes.map((route) => JSON.stringify(route)).join(" "))}`,
    `policy_changes=${policyChanges ? "yes" : "no"}`,
    `probes='${probe.map((_, index) => index).join(" ")}'`,
  ];
}

/** A plan as data: what would be done, how each step is checked, and how it is undone. */
import { createHash } from "node:crypto";
import type { HostFacts } from "../host/look.ts";
import { placesOf, programsOf } from "../host/others.ts";
import type { Layout } from "../spec/spec.ts";
import type { Interception } from "../state/manifest.ts";
import type { Wrapper } from "../wrapper/wrapper.ts";

/** Numbers of the six things that interception by hand consists of; rollback has its own. */
export interface Step {
  /** One word, unique in its plan; the journal has it. */
  id: string;
  number: number;
  title: string;
  /** POSIX sh; each command must succeed. */
  run: Command[];
  /** POSIX sh; each command must succeed, or what was done is undone. */
  gate: Command[];
  /** What the gate's failure means and what to do about it. */
  todo: string;
  /** POSIX sh; puts things back as they were before `run`, also when `run` was cut off. */
  undo: Command[];
}

/** A command, with the text that it reads from a here-document when there is one. */
export type Command = string | { command: string; text: string; about: string };

export interface Plan {
  action: "apply" | "repair" | "rollback" | "prune" | "guard";
  name: string;
  host: string;
  /** What is done already, so that it needs no step. */
  already: string[];
  /** None when there is nothing to do. */
  steps: Step[];
  /** Steps that an earlier run did before it was cut off, so that a failure undoes them too; in order. */
  earlier: Step[];
  /** What a failure goes back to: the manifest that was there before, also before a run that was cut off, or none. */
  fallback: "previous" | "earlier" | "none";
  /** Folder of the manifest and the journal. */
  state: string;
  /** The state that it was made for, by its hash: `any`, or nothing, for whatever is there. */
  seen?: string;
  /** Written before the first step; absent for rollback. */
  manifest?: string;
  /** The script that puts things right later, and the wrapper that it writes; both go with the manifest. */
  repair?: string;
  wrapper?: Wrapper;
  /** The folders that are changed, but for that of the state. */
  places: string[];
  /** What may be run. */
  programs: string[];
  /** One a line, for hosts that can't read the manifest. */
  paths: string[];
  /** Arguments that only make the binary print something. */
  probe: string[];
  wrapperName: string;
  /** Routes whose calls get another environment, so that they may print something else; null for having no route. */
  environmentRoutes: (string | null)[];
  /** Whether the policy changes calls at all, or denies some. */
  policyChanges: boolean;
  /** What the plan leaves to its reader. */
  notes: string[];
}

/** Where a plan does its work: on whose interception, in which folder of states, on which host. */
export interface PlanPlace {
  name: string;
  host: string;
  state: string;
  /** Where nothing of it is in place, nothing but the state is changed. */
  layout?: Layout;
}

export const placeOf = ({ manifest, folder, layout }: Interception, host: string): PlanPlace => ({
  name: manifest.name,
  host,
  state: folder,
  layout,
});

/** A plan that does its steps and no more: nothing is written down, tried or noted. */
export const plainPlan = (
  action: Plan["action"],
  { name, host, state, layout }: PlanPlace,
  steps: Step[],
): Plan => ({
  ...{ action, name, host, state, steps, wrapperName: name, fallback: "previous" },
  places: layout ? placesOf(layout) : [],
  programs: layout ? programsOf(layout) : [],
  ...{ already: [], earlier: [], paths: [], probe: [], notes: [] },
  ...{ environmentRoutes: [], policyChanges: false },
});

/** A hash of the manifest and the journal without its times, as act.sh makes it; empty where there is no state. */
export function seenState({ interceptions }: HostFacts, folder: string): string {
  const found = interceptions.find((interception) => interception.folder === folder);
  if (!found) return "";
  const lines = found.journal.split("\n").map((line) => line.replace(/^[^ ]* /, ""));
  const text = `${found.manifest}\n${lines.join("\n")}`;
  // What was damaged has other bytes than were read.
  return text.includes("\ufffd") ? "any" : createHash("sha256").update(text).digest("hex");
}

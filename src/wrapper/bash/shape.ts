import { allEdits, type Edits, needsOf, type Policy, usedFacts } from "../../policy/policy.ts";
import { measures } from "./condition.ts";
import { needsScan } from "./scan.ts";

/** What a policy uses, and so what the wrapper has to carry. */
export interface Shape {
  routes: boolean;
  denies: boolean;
  prepends: boolean;
  appends: boolean;
  changes: boolean;
  facts: boolean;
  /** Whether some text is measured. */
  measures: boolean;
  redacts: boolean;
  full: boolean;
  logs: boolean;
  /** Whether the log stops where its file system is nearly full. */
  stops: boolean;
  scans: boolean;
}

export function shapeOf(policy: Policy): Shape {
  const edits = allEdits(policy);
  const some = (test: (edit: Edits) => boolean) => edits.some(test);
  const sets = some((edit) => edit.set.length > 0);
  return {
    routes: policy.routes.length > 0,
    denies: policy.routes.some((route) => route.action.kind === "deny"),
    prepends: some((edit) => edit.prepend.length > 0),
    appends: sets || some((edit) => edit.append.length > 0),
    changes: sets || some((edit) => edit.remove.length > 0),
    facts: usedFacts(policy).length > 0,
    measures: policy.routes.some((route) => route.when && measures(route.when)),
    redacts: policy.log.redact.length > 0,
    full: policy.log.full,
    logs: !policy.log.none,
    stops: policy.log.free > 0,
    scans: needsScan(needsOf(policy)),
  };
}

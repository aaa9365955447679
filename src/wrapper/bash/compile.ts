/**
 * Policy and paths -> the wrapper's text. Pure: the same input gives the same bytes.
 *
 * The text has two halves. Bash reads a script as it runs it, so what follows the first `exec` costs
 * nothing to the calls that never get there: the half above it is short and serves the common call, the
 * half below holds what only some calls need.
 */
import { needsOf, type Policy, usedFacts } from "../../policy/policy.ts";
import type { Layout } from "../../spec/spec.ts";
import { footerLines, headerLines } from "../header.ts";
import { commonLines } from "./common-call.ts";
import { callerVariable, factVariable, givenByBash } from "./condition.ts";
import { editLines } from "./edits.ts";
import { factLines } from "./facts.ts";
import { denyLines, explainLines, firstTargetLines, lastLines, targetLines } from "./last-step.ts";
import { lintLines } from "./lint.ts";
import { rareLines } from "./rare-call.ts";
import { decisionLines } from "./routes.ts";
import { needsScan, scanLines, variablesFor } from "./scan.ts";
import { type Shape, shapeOf } from "./shape.ts";

export interface WrapperInput {
  policy: Policy;
  layout: Layout;
  /** Whether the real binary may run under its old name, through the link in the layout's folder. */
  keepName: boolean;
  /** The file that the policy came from, for people. */
  source: string;
}

/**
 * `run` is the wrapper. The other two are the same text with another last step: `explain` prints the
 * decision (fields ended by NUL: route, facts as JSON members, deny status, deny message, number of errors,
 * errors, words), and neither runs nor logs anything; `silent` runs the real binary and logs nothing.
 */
export type LastStep = "run" | "explain" | "silent";

export function compileWrapper(input: WrapperInput, lastStep: LastStep = "run"): string {
  const { policy, layout } = input;
  const needs = needsOf(policy);
  const variables = variablesFor(needs);
  const shape = shapeOf(policy);
  const scanned = needsScan(needs);

  const sections: string[][] = [
    headerLines(input),
    startLines(policy, shape, lastStep === "run"),
    scanned ? scanLines(needs, policy.withValue, variables) : [],
    factLines(policy, variables),
    decisionLines(policy, shape, variables),
  ];
  const edits = editLines(policy, shape);
  if (lastStep === "explain") {
    sections.push(edits, explainLines(shape));
  } else {
    sections.push(firstTargetLines(input, shape));
    if (lastStep === "run") {
      sections.push(commonLines(policy, shape));
      sections.push(["# Below is what only some calls need. Bash reads on from here only for them."]);
    }
    if (shape.denies) sections.push(denyLines());
    sections.push(edits, targetLines(input));
    if (lastStep === "run") sections.push(rareLines(input, shape));
    else if (shape.denies) sections.push(['if [[ $__denied ]]; then exit "$__denied"; fi']);
    sections.push(lastLines(shape), footerLines(input));
  }
  sections.splice(1, 0, lintLines(policy, layout));
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

// ---

function startLines(policy: Policy, shape: Shape, logs: boolean): string[] {
  const facts = usedFacts(policy).map(({ name }) => factVariable(name));
  const functions = shape.facts || shape.changes || shape.measures;
  const asked = needsOf(policy).variables.filter((name) => givenByBash.includes(name));
  return [
    [
      // The locale decides what stands between seconds and their parts.
      "__last=$_ __invoked=$1 __locale=${LC_ALL+x$LC_ALL} LC_ALL=C __began=${EPOCHREALTIME-}",
      "__common=''",
      ...(shape.appends || shape.changes ? ["__edited=''"] : []),
      ...(facts.length > 0 ? ["__facts='' __errors=()"] : []),
      ...(shape.appends && !needsScan(needsOf(policy)) ? ["__terminator=0"] : []),
    ].join(" "),
    "shift",
    "set +eu",
    "shopt -s execfail",
    ...(logs ? recursionLines(policy) : []),
    // A function that it ends half-way takes the words along.
    ...(functions ? ["if [[ -v FUNCNEST ]]; then unset -v FUNCNEST __began; fi"] : []),
    ...(facts.length > 0 ? [`unset -v ${facts.join(" ")}`] : []),
    ...asked.flatMap((name) => [
      `${callerVariable(name)}=''`,
      `if [[ \${${name}@a} == *x* ]]; then ${callerVariable(name)}=$${name}; fi`,
    ]),
  ];
}

/**
 * A real binary that comes back to its path would go on for ever. The kernel dates /proc/PID when somebody
 * first looks there, which is here, and keeps the date while the process lives: a log that is newer was
 * written after that, by this very process, or by another in that moment. Bash looks at the log first. A
 * process that waits for a child, which comes back, isn't seen so; now and then the ancestors are counted.
 * Both only make a call a rare one, which looks closer.
 */
function recursionLines(policy: Policy): string[] {
  return [
    `if [[ $__began == *[0-4]0 || /tmp/interpose-$UID/${policy.name}.log -nt /proc/$$ ]]; then __common=again; fi`,
  ];
}

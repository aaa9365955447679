/**
 * Policy and paths -> a wrapper in bash. Pure: the same input gives the same bytes.
 *
 * The bash is in files of its own, which are taken as they are; what is written here are the paths, and what the
 * policy says. A part that the policy has no use for is left out.
 */
import { needsOf, type Policy, usedFacts } from "../../policy/policy.ts";
import type { Layout } from "../../spec/spec.ts";
import { headerLines, loopMessage } from "../header.ts";
import { quote, quoteAll } from "../quote.ts";
import ask from "./ask.bash?raw";
import { callerVariable, factVariable, givenByBash } from "./condition.ts";
import { changeLines, editLines, environmentEdits } from "./edits.ts";
import { factLines } from "./facts.ts";
import json from "./json.bash?raw";
import { indented, part } from "./lines.ts";
import { lintLines } from "./lint.ts";
import log from "./log.bash?raw";
import loop from "./loop.bash?raw";
import main from "./main.bash?raw";
import read from "./read.bash?raw";
import record from "./record.bash?raw";
import redact from "./redact.bash?raw";
import { routeLines } from "./routes.ts";
import run from "./run.bash?raw";
import { scanLines, variablesFor } from "./scan.ts";
import { type Shape, shapeOf } from "./shape.ts";
import sizeOf from "./size-of.bash?raw";
import start from "./start.bash?raw";
import turnOver from "./turn-over.bash?raw";

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
  const { policy, layout, keepName } = input;
  const shape = shapeOf(policy);
  const guards = lastStep === "run";
  const has = new Set([
    ...Object.entries(shape).flatMap(([word, is]) => (is ? [word] : [])),
    ...(guards ? ["guards"] : []),
    ...(guards && shape.logs ? ["records"] : []),
    ...(guards || shape.denies ? ["refuses"] : []),
    ...(keepName ? ["named"] : []),
    ...(realPaths(input).length > 1 ? ["paths"] : []),
  ]);
  const looks = part(loop, has).map((line) =>
    line.replace("#@ stopped", () => quote(loopMessage(layout, policy))),
  );
  const runs = part(run, has).flatMap((line) =>
    line === "\t#@ environment" ? indented(environmentEdits(policy)) : [line],
  );

  const sections: string[][] = [
    headerLines(input),
    lintLines(policy, layout),
    part(start, has),
    settingLines(input, shape, guards),
    lastStep === "explain" ? explainLines : part(main, has),
    ["# --- The policy"],
    decideLines(input, shape),
    ...changeLines(policy, shape),
    ...(shape.measures ? [part(sizeOf)] : []),
    ...factLines(policy),
    ...(guards ? [["# --- The record"]] : []),
    ...(guards && shape.redacts && shape.logs ? [part(redact)] : []),
    ...(guards && shape.logs ? [part(record, has), part(json), part(turnOver, has)] : []),
    ...(guards ? [looks, part(log)] : []),
    ...(guards || shape.facts ? [part(ask, has)] : []),
    ...(lastStep === "explain" ? [] : [["# --- The real binary"], runs, part(read)]),
    ["__main"],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

// ---

/** Where the real binary may be run, the best first. */
function realPaths({ layout: { real, target, namedReal }, keepName }: WrapperInput): string[] {
  return [...(keepName ? [namedReal] : []), ...(target === real ? [] : [target]), real];
}

/** What the parts below know of the interception, and what they find out. */
function settingLines(input: WrapperInput, shape: Shape, guards: boolean): string[] {
  const { policy, layout } = input;
  const { binary, wrapper, real } = layout;
  const paths = realPaths(input);
  const facts = usedFacts(policy).map(({ name }) => factVariable(name));
  const { none, dir, size, keep, free, redact: secret } = policy.log;
  const bounds = [
    ...(shape.logs ? [`__log_size=${size} __log_keep=${keep}`] : []),
    ...(shape.logs && shape.stops ? [`__log_free=${free}`] : []),
  ];
  const empty = [
    ...(guards || shape.facts ? ["__unasked=''"] : []),
    ...(guards || shape.denies ? ["__denied=''"] : []),
    ...(guards ? ["__opened=''", "__self=''", "__parent=''", "__route=''", "__not_utf8=''"] : []),
    ...(guards || shape.facts ? ["__facts=''", "__errors=()"] : []),
    ...(shape.prepends ? ["__prepend=()"] : []),
    ...(shape.appends ? ["__append=()"] : []),
    ...(shape.changes ? ["__set=()", "__remove=()"] : []),
    ...facts.map((fact) => `${fact}=unknown`),
  ];
  return [
    `__binary=${quote(binary)}`,
    `__wrapper=${quote(wrapper)}`,
    `__real=${quote(real)}`,
    ...(paths.length > 1 ? [`__paths=(${quoteAll(paths)})`] : []),
    ...(guards
      ? [[`__name=${quote(policy.name)} __top=${quote(none ? "/dev/shm" : dir)}`, ...bounds].join(" ")]
      : []),
    ...(guards && shape.redacts && shape.logs ? [`__secret=(${quoteAll(secret)})`] : []),
    ...(empty.length > 0 ? [empty.join(" ")] : []),
    ...needsOf(policy)
      .variables.filter((name) => givenByBash.includes(name))
      .flatMap((name) => [
        `${callerVariable(name)}=''`,
        `if [[ \${${name}@a} == *x* ]]; then ${callerVariable(name)}=$${name}; fi`,
      ]),
  ];
}

/** The operands and options that the routes ask for, the routes, and what is passed on. */
function decideLines({ policy }: WrapperInput, shape: Shape): string[] {
  const needs = needsOf(policy);
  const variables = variablesFor(needs, policy.facts);
  const scan = shape.scans ? scanLines(needs, policy.withValue, variables) : [];
  const routes = routeLines(policy, shape, variables);
  return [
    "# __decide: takes the first route that holds, and sets __passed to what is passed on.",
    "__decide() {",
    ...indented([...scan, ...routes, ...editLines(shape)]),
    "}",
  ];
}

const explainLines = [
  "# Instead of the call: the decision.",
  "__main() {",
  "\t__decide",
  '\tprintf \'%s\\0\' "${__route-}" "${__facts:1}" "${__denied-}" "${__message-}" \\',
  '\t\t"${#__errors[@]}" "${__errors[@]}" "${__passed[@]}"',
  "}",
];

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
import { editLines, environmentEdits } from "./edits.ts";
import { factLines } from "./facts.ts";
import json from "./json.bash?raw";
import { indented, part } from "./lines.ts";
import { lintLines } from "./lint.ts";
import log from "./log.bash?raw";
import loop from "./loop.bash?raw";
import read from "./read.bash?raw";
import record from "./record.bash?raw";
import redact from "./redact.bash?raw";
import { routeLines } from "./routes.ts";
import run from "./run.bash?raw";
import { scanLines, variablesFor } from "./scan.ts";
import { type Shape, shapeOf } from "./shape.ts";
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
  const needs = needsOf(policy);
  const variables = variablesFor(needs);
  const shape = shapeOf(policy);
  const routes = routeLines(policy, shape, variables);
  const guards = lastStep === "run";
  const has = new Set([
    ...Object.entries(shape).flatMap(([word, is]) => (is ? [word] : [])),
    ...(guards ? ["guards"] : []),
    ...(keepName ? ["named"] : []),
  ]);
  const decide = [
    ...(shape.scans ? ["__scan"] : []),
    ...(routes.length > 0 ? ["__choose_route"] : []),
    "__edit",
  ];
  const runs = withEdits(part(run, has), environmentEdits(policy));

  const sections: string[][] = [
    headerLines(input),
    lintLines(policy, layout),
    part(start, has),
    settingLines(input, shape, guards),
    lastStep === "explain"
      ? explainLines(decide)
      : mainLines(decide, shape, guards, loopMessage(layout, policy)),
    ["# --- The policy"],
    ...(shape.scans ? [scanLines(needs, policy.withValue, variables)] : []),
    ...factLines(policy, variables),
    ...routes,
    ...editLines(policy, shape),
    ...(guards ? [["# --- The record"]] : []),
    ...(guards && shape.redacts && shape.logs ? [part(redact)] : []),
    ...(guards && shape.logs ? [part(record, has), part(json), part(turnOver)] : []),
    ...(guards ? [part(loop), part(log)] : []),
    ...(guards || shape.facts ? [part(ask, has)] : []),
    ["# --- The real binary"],
    ...(lastStep === "explain" ? [] : [runs]),
    part(read),
    ["__main"],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

// ---

/** What the parts below know of the interception, and what they find out. */
function settingLines({ policy, layout, keepName }: WrapperInput, shape: Shape, guards: boolean): string[] {
  const { binary, wrapper, real, target, namedReal } = layout;
  const paths = [...(keepName ? [namedReal] : []), ...(target === real ? [] : [target]), real];
  const facts = usedFacts(policy).map(({ name }) => factVariable(name));
  const { none, dir, size, keep, free, redact: secret } = policy.log;
  const empty = [
    ...(guards || shape.facts ? ["__asks=yes", guards ? "__looked=''" : ""] : []),
    ...(guards || shape.denies ? ["__denied=''"] : []),
    ...(guards ? ["__looped=''", "__opened=''", "__route=''"] : []),
    ...(guards || shape.facts ? ["__facts=''", "__errors=()"] : []),
    ...(shape.prepends ? ["__prepend=()"] : []),
    ...(shape.appends ? ["__append=()"] : []),
    ...(shape.changes ? ["__set=()", "__remove=()"] : []),
  ].filter(Boolean);
  return [
    `__binary=${quote(binary)}`,
    `__wrapper=${quote(wrapper)}`,
    `__real=${quote(real)}`,
    `__paths=(${quoteAll(paths)})`,
    ...(guards ? [`__name=${quote(policy.name)} __top=${quote(none ? "/dev/shm" : dir)}`] : []),
    ...(guards && shape.logs ? [`__log_size=${size} __log_keep=${keep} __log_free=${free}`] : []),
    ...(guards && shape.redacts && shape.logs ? [`__secret=(${quoteAll(secret)})`] : []),
    ...(empty.length > 0 ? [empty.join(" ")] : []),
    ...(facts.length > 0 ? [facts.map((fact) => `${fact}=unknown`).join(" ")] : []),
    ...needsOf(policy)
      .variables.filter((name) => givenByBash.includes(name))
      .flatMap((name) => [
        `${callerVariable(name)}=''`,
        `if [[ \${${name}@a} == *x* ]]; then ${callerVariable(name)}=$${name}; fi`,
      ]),
  ];
}

function mainLines(decide: string[], shape: Shape, guards: boolean, stopped: string): string[] {
  return [
    "# Everything that happens: what is decided, the record, then a refusal or the real binary.",
    "__main() {",
    "\t# Bash's own complaints are nobody's; but to redirect a file drops the locks that the caller holds on it.",
    "\tif [[ -f /dev/fd/2 || ! -c /dev/null ]]; then __prepare; else __prepare 2>/dev/null; fi",
    ...(guards || shape.denies
      ? [
          "\tif [[ $__denied ]]; then",
          "\t\ttrap '' PIPE",
          "\t\tprintf '%s\\n' \"$__message\" >&2",
          '\t\texit "$__denied"',
          "\tfi",
        ]
      : []),
    "\t__run",
    "}",
    "",
    "__prepare() {",
    ...(guards ? ["\t__find_owner", "\tif __seems_to_loop; then __look_back; fi"] : []),
    ...indented(decide),
    ...(guards
      ? [
          "\tif [[ $__looped ]]; then",
          `\t\t__denied=126 __message=${quote(stopped)}`,
          "\tfi",
          ...(shape.logs ? ["\t__record"] : []),
          "\tif [[ $__opened ]]; then exec {__opened}<&-; fi",
        ]
      : []),
    "}",
  ];
}

function explainLines(decide: string[]): string[] {
  return [
    "# Instead of the call: the decision.",
    "__main() {",
    ...indented(decide),
    '\tprintf \'%s\\0\' "${__route-}" "${__facts:1}" "${__denied-}" "${__message-}" \\',
    '\t\t"${#__errors[@]}" "${__errors[@]}" "${__passed[@]}"',
    "}",
  ];
}

/** The text of `__restore` has a line in place of what the policy does to the environment. */
function withEdits(lines: string[], edits: string[]): string[] {
  return lines.flatMap((line) => (line === "\t#@ environment" ? indented(edits) : [line]));
}

/**
 * Policy and paths -> the text behind the program: what a person needs, the file as it was applied, and the lines that
 * the program reads (wrapper/policy.h lists them). Pure.
 */
import { basename } from "node:path/posix";
import { mergedEdits } from "../../policy/merged.ts";
import { type Fact, needsOf, type Policy, type Route, usedFacts } from "../../policy/policy.ts";
import { leftoversOf } from "../header.ts";
import { displayed, quote } from "../quote.ts";
import { escaped } from "./escape.ts";
import { conditionText, textText } from "./expression.ts";
import type { NativeInput, Program } from "./native.ts";

const format = 1;

/** The line in front of the compiled part. */
export const compiledTitle = "What the program reads of it:";

export function policyText(input: NativeInput, program: Program): string {
  const people = `${[
    ...introduction(input, program),
    "",
    "The file, as it was applied:",
    ...(input.file ?? "")
      .trimEnd()
      .split("\n")
      .map((line) => `  | ${displayed(line)}`.trimEnd()),
    "",
    compiledTitle,
  ].join("\n")}\n`;
  const compiled = `${compiledLines(input).join("\n")}\nend\n`;
  const digits = (bytes: number) => String(bytes).padStart(7, "0");
  const head = (from: number, to: number) =>
    `interpose policy ${format}, from ${digits(from)} to ${digits(to)}\n`;
  const from = Buffer.byteLength(head(0, 0) + people);
  return head(from, from + Buffer.byteLength(compiled)) + people + compiled;
}

// ---

function introduction(
  { policy, layout, source, version, diversion }: NativeInput,
  program: Program,
): string[] {
  const { binary, wrapper, real, target, byHand } = layout;
  const script = target !== real;
  return [
    `${basename(wrapper)} stands in for ${displayed(binary)}${script ? ` and ends in ${displayed(target)}` : ""}.`,
    `interpose ${version} made it from ${displayed(source)}: change that file, not this one.`,
    "",
    `To take it away: interpose rollback ${policy.name}`,
    "or by hand, in this order:",
    ...(diversion
      ? [
          `  dpkg-divert --local --no-rename --divert ${quote(diversion.to)} --remove ${quote(diversion.path)}`,
        ]
      : []),
    `  mv -T ${quote(real)} ${quote(binary)}`,
    ...(script ? [`    or, where that is there: mv -T ${quote(byHand)} ${quote(binary)}`] : []),
    `  rm -rf ${leftoversOf(layout, true).map(quote).join(" ")}`,
    `What went through it: interpose logs ${policy.name}`,
    "",
    `In front of this text the file is interpose's program for ${program.machine}: its first ${program.bytes.length} bytes,`,
    `whose SHA-256 is ${program.sha256}`,
  ].map(displayed);
}

function compiledLines(input: NativeInput): string[] {
  const { policy, layout } = input;
  const needs = needsOf(policy);
  const operands = Math.max(-1, ...needs.operands) + 1;
  return [
    line("name", policy.name),
    line("binary", layout.binary),
    line("wrapper", layout.wrapper),
    ...(input.called === undefined ? [] : [line("called", input.called)]),
    ...targets(input).map((path) => line("run", path)),
    ...logLines(policy),
    ...policy.withValue.map((name) => line("value", name)),
    ...needs.options.map((name) => line("option", name)),
    ...needs.flags.map((name) => line("flag", name)),
    ...(operands > 0 ? [line("operands", String(operands))] : []),
    ...usedFacts(policy).map(factLine),
    ...(policy.onError === undefined ? [] : [line("otherwise", policy.onError)]),
    ...(policy.routes.length > 0 ? policy.routes : [undefined]).flatMap((route) => routeLines(policy, route)),
  ];
}

/** Nothing behind the key for an empty value: a space at the end of a line is easily lost. */
const line = (key: string, value: string): string => (value === "" ? key : `${key} ${escaped(value)}`);

/** What is run, the best first; the real binary is the last. */
function targets({ layout, named }: NativeInput): string[] {
  const { namedReal, target, real } = layout;
  return [...(named ? [namedReal] : []), ...(target === real ? [] : [target]), real];
}

function logLines({ log }: Policy): string[] {
  if (log.none) return ["no-log"];
  return [
    line("log-directory", log.dir),
    `log-size ${log.size}`,
    `log-keep ${log.keep}`,
    `log-free ${log.free}`,
    ...(log.full ? ["log-full"] : []),
    ...log.redact.map((name) => line("redact", name)),
  ];
}

const factLine = ({ name, kind, of }: Fact): string =>
  `fact ${name} ${kind === "mediaDuration" ? "duration" : "size"} ${textText(of)}`;

function routeLines(policy: Policy, route: Route | undefined): string[] {
  const head = [
    line("route", route?.name ?? ""),
    ...(route?.when === undefined ? [] : [`when ${conditionText(route.when)}`]),
  ];
  if (route?.action.kind === "deny") {
    return [...head, line(`deny ${route.action.exit}`, route.action.message)];
  }
  const edits = mergedEdits(policy, route);
  return [
    ...head,
    ...edits.prepend.map((word) => line("prepend", word)),
    // An option that is removed and set is taken out where it is, and appended.
    ...edits.remove.map((name) => line("remove", name)),
    ...edits.set.map(({ name, value }) => line(`set ${name}`, value)),
    ...edits.append.map((word) => line("append", word)),
    ...edits.env.map(({ name, value }) =>
      value === null ? line("unset", name) : line("env", `${name}=${value}`),
    ),
  ];
}

/** For readers of a wrapper's file: where the program ends is where this begins. */
export const policyStart = `interpose policy ${format}, from `;

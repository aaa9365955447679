/** The part of a wrapper that finds operands, options, flags and the `--` terminator. */
import type { Needs } from "../../policy/policy.ts";
import { quote } from "../quote.ts";
import type { Variables } from "./condition.ts";
import { indented } from "./lines.ts";

/** Unique shell variables for the options and flags of a policy. */
export function variablesFor(needs: Needs): Variables {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const name = (prefix: string, option: string): string => {
    const key = prefix + option;
    const known = names.get(key);
    if (known !== undefined) return known;
    const base = prefix + option.replace(/^-+/, "").replace(/[^A-Za-z0-9]/g, "_");
    let unique = base;
    for (let count = 2; taken.has(unique); count++) unique = `${base}_${count}`;
    taken.add(unique);
    names.set(key, unique);
    return unique;
  };
  for (const option of needs.options) name("__option_", option);
  for (const flag of needs.flags) name("__flag_", flag);
  return { option: (option) => name("__option_", option), flag: (flag) => name("__flag_", flag) };
}

export function needsScan(needs: Needs): boolean {
  return needs.operands.length + needs.options.length + needs.flags.length > 0 || needs.terminator;
}

/** A function that fills these variables. */
export function scanLines(needs: Needs, withValue: readonly string[], variables: Variables): string[] {
  const operands = needs.operands.length > 0 ? Math.max(...needs.operands) + 1 : 0;
  const onlyOperands = !needs.terminator && needs.options.length + needs.flags.length === 0;
  const valued = withValue.length > 0;
  const start = ["__at=0", "__terminator=0"];
  if (valued) start.push("__value_of=''");
  start.push(...needs.flags.map((flag) => `${variables.flag(flag)}=''`));
  start.push(...needs.options.map((option) => `${variables.option(option)}=''`));
  if (operands > 0) start.push("__operands=()");

  const lines = ['for __word in "${__received[@]}"; do', "\t((++__at))"];
  if (valued) {
    lines.push("\tif [[ $__value_of ]]; then");
    const kept = needs.options.filter((option) => withValue.includes(option));
    if (kept.length > 0) {
      lines.push("\t\tcase $__value_of in");
      for (const option of kept) lines.push(`\t\t${quote(option)}) ${variables.option(option)}=$__word ;;`);
      lines.push("\t\t*) ;;", "\t\tesac");
    }
    lines.push("\t\t__value_of=''", "\t\tcontinue", "\tfi");
  }
  lines.push("\tcase $__word in", "\t--)", "\t\t__terminator=$__at", "\t\tbreak", "\t\t;;");
  lines.push(...indented(optionCases(needs, withValue, variables)));
  if (operands > 0) lines.push("\t-?*) ;;", '\t*) __operands+=("$__word") ;;');
  else lines.push("\t*) ;;");
  lines.push("\tesac");
  if (onlyOperands) lines.push(`\tif ((\${#__operands[@]} >= ${operands})); then break; fi`);
  lines.push("done");
  if (operands > 0) {
    lines.push(`if ((__terminator)); then __operands+=("\${__received[@]:__terminator:${operands}}"); fi`);
  }
  return [
    "# __scan: finds the operands, the options and their values, and where the options end.",
    "__scan() {",
    ...indented([start.join(" "), ...lines]),
    "}",
  ];
}

// ---

/** Branches for the options that matter: those that take a value, and those that a condition names. */
function optionCases(needs: Needs, withValue: readonly string[], variables: Variables): string[] {
  const lines: string[] = [];
  const names = [...new Set([...withValue, ...needs.options, ...needs.flags])];
  const plain = names.filter(
    (name) => withValue.includes(name) && !needs.options.includes(name) && !needs.flags.includes(name),
  );
  if (plain.length > 0) lines.push(`${plain.map(quote).join(" | ")}) __value_of=$__word ;;`);
  for (const name of names) {
    if (plain.includes(name)) continue;
    const takesValue = withValue.includes(name);
    const flag = needs.flags.includes(name) ? [`${variables.flag(name)}=1`] : [];
    const asks = needs.options.includes(name);
    const alone = takesValue ? [...flag, "__value_of=$__word"] : flag;
    const long = name.startsWith("--");
    const attached = long ? `${quote(name)}=*` : `${quote(name)}?*`;
    const value = long ? "${__word#*=}" : "${__word:2}";
    const given = [...flag, ...(asks ? [`${variables.option(name)}=${value}`] : [])];
    const both = given.length > 0 && (long || takesValue);
    if (both && given.join() === alone.join()) {
      lines.push(...branch(`${quote(name)} | ${attached}`, alone));
      continue;
    }
    if (alone.length > 0) lines.push(...branch(quote(name), alone));
    if (both) lines.push(...branch(attached, given));
  }
  return lines;
}

function branch(pattern: string, commands: string[]): string[] {
  if (commands.length === 1) return [`${pattern}) ${commands[0]} ;;`];
  return [`${pattern})`, ...commands.map((command) => `\t${command}`), "\t;;"];
}

/** The part of a wrapper that finds operands, options, flags and the `--` terminator. */
import type { Fact, Needs } from "../../policy/policy.ts";
import { quote } from "../quote.ts";
import { textWord, type Variables } from "./condition.ts";
import { indented } from "./lines.ts";

/** Unique shell variables for the options and flags of a policy, and how its facts are found out. */
export function variablesFor(needs: Needs, facts: readonly Fact[]): Variables {
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
  const variables: Variables = {
    option: (option) => name("__option_", option),
    flag: (flag) => name("__flag_", flag),
    fact(wanted) {
      const fact = facts.find((one) => one.name === wanted);
      if (!fact) throw new TypeError(`no fact is called ${wanted}`);
      const how = fact.kind === "mediaDuration" ? "__media_duration" : "__file_size";
      return `${how} ${fact.name} ${textWord(fact.of, variables)}`;
    },
  };
  return variables;
}

export function needsScan(needs: Needs): boolean {
  return needs.operands.length + needs.options.length + needs.flags.length > 0 || needs.terminator;
}

/** Commands that fill these variables, and set __at to where the options end. */
export function scanLines(needs: Needs, withValue: readonly string[], variables: Variables): string[] {
  const operands = needs.operands.length > 0 ? Math.max(...needs.operands) + 1 : 0;
  const start = [
    ...needs.flags.map((flag) => `${variables.flag(flag)}=''`),
    ...needs.options.map((option) => `${variables.option(option)}=''`),
    ...(operands > 0 ? ["__operands=()"] : []),
  ];
  return [
    ...(start.length > 0 ? [start.join(" ")] : []),
    "for ((__at = 0; __at < ${#__received[@]}; ++__at)); do",
    ...indented([
      "case ${__received[__at]} in",
      "--) break ;;",
      ...optionCases(needs, withValue, variables),
      ...(operands > 0 ? ["-?*) ;;", '*) __operands+=("${__received[__at]}") ;;'] : ["*) ;;"]),
      "esac",
    ]),
    "done",
    ...(operands > 0 ? [`__operands+=("\${__received[@]:__at+1:${operands}}")`] : []),
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
  if (plain.length > 0) lines.push(`${plain.map(quote).join(" | ")}) ((++__at)) ;;`);
  for (const name of names) {
    if (plain.includes(name)) continue;
    const takesValue = withValue.includes(name);
    const flag = needs.flags.includes(name) ? [`${variables.flag(name)}=1`] : [];
    const asks = needs.options.includes(name);
    const next = asks ? [`${variables.option(name)}=\${__received[__at]-$${variables.option(name)}}`] : [];
    const alone = takesValue ? [...flag, "((++__at))", ...next] : flag;
    const long = name.startsWith("--");
    const attached = long ? `${quote(name)}=*` : `${quote(name)}?*`;
    const value = long ? "${__received[__at]#*=}" : "${__received[__at]:2}";
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

/**
 * Conditions -> bash lists whose status is 0 when the condition holds.
 *
 * A fact that can't be had makes an expression neither true nor false, as an error does in CEL. So each
 * condition has two translations, "is surely true" and "is surely false", and a negation swaps them:
 * `a || b` is surely true when one of them is, and surely false when both are.
 */
import type { Comparison, Condition, Int, Text } from "../../policy/policy.ts";
import { quote } from "../quote.ts";

/** The shell's names for what conditions ask about. */
export interface Variables {
  option(name: string): string;
  flag(name: string): string;
  /** A command that finds out a fact, and fails where it can't be had. */
  fact(name: string): string;
}

/** Variables that bash makes up when the caller gives none. */
export const givenByBash = [
  "BASH_LOADABLES_PATH",
  "HOSTNAME",
  "HOSTTYPE",
  "MACHTYPE",
  "OSTYPE",
  "PATH",
  "SHELL",
  "TERM",
];

/** Holds what the caller gave of such a variable. */
export const callerVariable = (name: string): string => `__env_${name}`;
export const factVariable = (name: string): string => `__fact_${name}`;

export function holds(condition: Condition, variables: Variables): string {
  return list(condition, true, variables).code;
}

export function failsSurely(condition: Condition, variables: Variables): string {
  return list(condition, false, variables).code;
}

/** Whether some text is measured, which takes a helper in the wrapper. */
export function measures(condition: Condition): boolean {
  switch (condition.kind) {
    case "compareInt":
      return condition.left.kind === "size" || condition.right.kind === "size";
    case "oneOfInts":
      return condition.value.kind === "size";
    case "and":
    case "or":
      return measures(condition.left) || measures(condition.right);
    case "not":
      return measures(condition.of);
    default:
      return false;
  }
}

/** A text as a word inside double brackets. */
export function textWord(text: Text, variables: Variables): string {
  switch (text.kind) {
    case "literal":
      return literalWord(text.value);
    case "lower":
    case "upper": {
      const inner = withoutCase(text);
      if (inner.kind === "literal") {
        return literalWord(text.kind === "lower" ? lowerAscii(inner.value) : upperAscii(inner.value));
      }
      return `"\${${parameter(inner, variables)}${text.kind === "lower" ? ",," : "^^"}}"`;
    }
    default: {
      const name = parameter(text, variables);
      return `"\${${name}-}"`;
    }
  }
}

// ---

/** Inside double brackets a bare -f, or -z, would be an operator. */
const literalWord = (value: string): string =>
  value.startsWith("-") && quote(value) === value ? `'${value}'` : quote(value);

/** A list and how tightly it binds: a single command, or commands joined by && or by ||. */
interface List {
  code: string;
  joined: "single" | "&&" | "||";
}

const opposite: Record<Comparison, Comparison> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};

function list(condition: Condition, wanted: boolean, variables: Variables): List {
  switch (condition.kind) {
    case "constant":
      return single(condition.value === wanted ? "true" : "false");
    case "flag":
      return test(`${wanted ? "" : "! "}$${variables.flag(condition.name)}`);
    case "compareText": {
      const operator = wanted ? condition.operator : opposite[condition.operator];
      return test(
        compareTexts(textWord(condition.left, variables), operator, textWord(condition.right, variables)),
      );
    }
    case "oneOf": {
      const value = textWord(condition.value, variables);
      if (condition.list.length === 0) return single(wanted ? "false" : "true");
      const [operator, joint] = wanted ? ["==", " || "] : ["!=", " && "];
      return test(
        condition.list.map((item) => `${value} ${operator} ${textWord(item, variables)}`).join(joint),
      );
    }
    case "startsWith":
    case "endsWith":
    case "contains": {
      const part = textWord(condition.part, variables);
      const pattern = `${condition.kind === "startsWith" ? "" : "*"}${part}${condition.kind === "endsWith" ? "" : "*"}`;
      return test(`${textWord(condition.value, variables)} ${wanted ? "==" : "!="} ${pattern}`);
    }
    case "compareInt": {
      const operator = wanted ? condition.operator : opposite[condition.operator];
      const both = condition.left.kind === "size" && condition.right.kind === "size";
      const left = intTerm(condition.left, both ? "__left" : "__size", variables);
      const right = intTerm(condition.right, "__size", variables);
      return all([...left.before, ...right.before, `((${left.term} ${operator} ${right.term}))`]);
    }
    case "oneOfInts": {
      const value = intTerm(condition.value, "__size", variables);
      const items = condition.list.map((item) => intTerm(item, "__size", variables).term);
      if (items.length === 0) return all([...value.before, wanted ? "false" : "true"]);
      const [operator, joint] = wanted ? ["==", " || "] : ["!=", " && "];
      return all([
        ...value.before,
        `((${items.map((item) => `${value.term} ${operator} ${item}`).join(joint)}))`,
      ]);
    }
    case "not":
      return list(condition.of, !wanted, variables);
    case "and":
    case "or": {
      const joined = (condition.kind === "and") === wanted ? "&&" : "||";
      return join(list(condition.left, wanted, variables), joined, list(condition.right, wanted, variables));
    }
  }
}

const single = (code: string): List => ({ code, joined: "single" });
const test = (expression: string): List => single(`[[ ${expression} ]]`);
const all = (commands: string[]): List => ({
  code: commands.join(" && "),
  joined: commands.length > 1 ? "&&" : "single",
});

/** In a shell && and || bind alike, so a list of the other kind goes into braces. */
function join(left: List, joined: "&&" | "||", right: List): List {
  const part = (item: List) =>
    item.joined === "single" || item.joined === joined ? item.code : `{ ${item.code}; }`;
  return { code: `${part(left)} ${joined} ${part(right)}`, joined };
}

function compareTexts(left: string, operator: Comparison, right: string): string {
  switch (operator) {
    case "<=":
      return `! ${left} > ${right}`;
    case ">=":
      return `! ${left} < ${right}`;
    default:
      return `${left} ${operator} ${right}`;
  }
}

/** @param scratch the variable that holds a size: __size, or another one when a second size is to come */
function intTerm(value: Int, scratch: string, variables: Variables): { before: string[]; term: string } {
  switch (value.kind) {
    case "literal":
      return { before: [], term: String(value.value) };
    case "fact":
      return { before: [variables.fact(value.name)], term: factVariable(value.name) };
    case "size": {
      const keep = scratch === "__size" ? [] : [`${scratch}=$__size`];
      return { before: [`__size_of ${textWord(value.of, variables)}`, ...keep], term: scratch };
    }
  }
}

/** The parameter that holds a text which is not constant. */
function parameter(text: Text, variables: Variables): string {
  switch (text.kind) {
    case "operand":
      return `__operands[${text.index}]`;
    case "option":
      return variables.option(text.name);
    case "env":
      return givenByBash.includes(text.name) ? callerVariable(text.name) : text.name;
    default:
      throw new TypeError(`no parameter holds a ${text.kind}`);
  }
}

/** The innermost text: of several changes of case, the outermost decides. */
const withoutCase = (text: Text): Text =>
  text.kind === "lower" || text.kind === "upper" ? withoutCase(text.of) : text;

const lowerAscii = (value: string): string => value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const upperAscii = (value: string): string => value.replace(/[a-z]/g, (letter) => letter.toUpperCase());

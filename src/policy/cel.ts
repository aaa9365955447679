/**
 * Conditions in CEL: parsing, type checking, and lowering to the small language that a shell can decide
 * exactly. What can't be decided exactly is a finding here, when the file is read.
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import type { Finding } from "../finding/finding.ts";
import { suggest } from "../spec/suggest.ts";
import { type Comparison, type Condition, type Fact, type Int, optionForm, type Text } from "./policy.ts";
import { printConstant } from "./print.ts";
import { parseQuantity } from "./quantity.ts";

type FactTypes = readonly Pick<Fact, "name" | "kind">[];

/** Functions of a condition, beside CEL's own. */
const functions = ["operand", "option", "flag", "env", "quantity", "duration", "size"];
const methods = ["startsWith", "endsWith", "contains", "lowerAscii", "upperAscii", "size"];

/** A long condition is a hundred parts; every walk over one is recursive. */
const mostParts = 2000;

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Thrown inside this room; `compileCondition` turns it into a finding. */
class Unsupported extends Error {
  readonly finding: Omit<Finding, "place">;
  constructor(finding: Omit<Finding, "place">) {
    super(finding.code);
    this.finding = finding;
  }
}

export type Compiled<Value> = { ok: true; value: Value } | { ok: false; finding: Omit<Finding, "place"> };

/** @param facts names and kinds of the facts that the condition may ask about */
export function compileCondition(source: string, facts: FactTypes): Compiled<Condition> {
  return compile(source, facts, "bool", (node, scope) => condition(node, scope));
}

/** Compiles the expression of a fact: text that names a file. It can't ask about other facts. */
export function compileText(source: string): Compiled<Text> {
  return compile(source, [], "string", (node, scope) => text(node, scope));
}

/** The environment that conditions are checked in; tests give it the handlers to use it as an oracle. */
export function celEnvironment(
  facts: FactTypes,
  handlers: Partial<Record<"operand" | "option" | "env", (key: never) => string>> & {
    flag?: (name: string) => boolean;
  } = {},
): Environment {
  const environment = new Environment({ limits: { maxAstNodes: mostParts } })
    .registerFunction("operand(int): string", handlers.operand ?? (() => ""))
    .registerFunction("option(string): string", handlers.option ?? (() => ""))
    .registerFunction("env(string): string", handlers.env ?? (() => ""))
    .registerFunction("flag(string): bool", handlers.flag ?? (() => false))
    .registerFunction("quantity(string): int", (written: string) => {
      const bytes = parseQuantity(written);
      if (bytes === undefined)
        throw new Error(`quantity(${JSON.stringify(written)}) is not a whole number of bytes`);
      return bytes;
    });
  for (const fact of facts) {
    environment.registerVariable(
      fact.name,
      fact.kind === "mediaDuration" ? "google.protobuf.Duration" : "int",
    );
  }
  return environment;
}

// ---

interface Scope {
  source: string;
  environment: Environment;
  facts: FactTypes;
}

function compile<Value>(
  source: string,
  facts: FactTypes,
  type: "bool" | "string",
  lower: (node: ASTNode, scope: Scope) => Value,
): Compiled<Value> {
  try {
    const environment = celEnvironment(facts);
    const parsed = environment.parse(source);
    const checked = parsed.check();
    if (!checked.valid) return { ok: false, finding: celFinding(source, checked.error, facts) };
    if (checked.type !== type) {
      const args = { found: String(checked.type), expected: type };
      return { ok: false, finding: { code: "cel-result", args, excerpt: whole(source) } };
    }
    return { ok: true, value: lower(parsed.ast, { source, environment, facts }) };
  } catch (error) {
    if (error instanceof Unsupported) return { ok: false, finding: error.finding };
    return { ok: false, finding: celFinding(source, error, facts) };
  }
}

function celFinding(source: string, error: unknown, facts: FactTypes): Omit<Finding, "place"> {
  const { summary, message, range } = error as {
    summary?: string;
    message?: string;
    range?: { start: number; end: number };
  };
  const said = summary ?? message ?? String(error);
  const excerpt = range
    ? {
        text: source,
        from: Math.min(range.start, source.length),
        width: Math.max(1, range.end - range.start),
      }
    : whole(source);
  const unknown = /^Unknown variable: (.+)$/.exec(said)?.[1];
  if (unknown !== undefined) {
    const known = facts.map((fact) => fact.name);
    const near = suggest(unknown, known);
    const args = { name: unknown, near: near ?? "", known: known.join(", ") || "none" };
    return { code: near === undefined ? "unknown-name" : "unknown-name-near", args, excerpt };
  }
  const called = /^found no matching overload for '(?:[^'.]*\.)?(\w+)\(/.exec(said)?.[1];
  const callable = [...new Set([...functions, ...methods])];
  if (called !== undefined && !callable.includes(called)) {
    const near = suggest(called, callable);
    const args = { name: called, near: near ?? "", known: callable.join(", ") };
    return { code: near === undefined ? "unknown-function" : "unknown-function-near", args, excerpt };
  }
  return { code: "cel-error", args: { message: said.replace(/\.$/, "") }, excerpt };
}

const whole = (source: string) => ({ text: source, from: 0, width: Math.max(1, source.length) });

const excerptOf = (node: ASTNode, scope: Scope) => ({
  text: scope.source,
  from: node.range.start,
  width: Math.max(1, node.range.end - node.range.start),
});

function unsupported(node: ASTNode, scope: Scope, what: string, instead: string): never {
  const excerpt = excerptOf(node, scope);
  throw new Unsupported({ code: "cel-unsupported", args: { what, instead }, excerpt });
}

const comparisons = ["==", "!=", "<", "<=", ">", ">="];
const isComparison = (operator: string): operator is Comparison => comparisons.includes(operator);

function condition(node: ASTNode, scope: Scope): Condition {
  const folded = fold(node, scope);
  if (typeof folded === "boolean") return { kind: "constant", value: folded };
  switch (node.op) {
    case "&&":
    case "||":
      return {
        kind: node.op === "&&" ? "and" : "or",
        left: condition(node.args[0], scope),
        right: condition(node.args[1], scope),
      };
    case "!_":
      return { kind: "not", of: condition(node.args, scope) };
    case "in":
      return membership(node, node.args[0], node.args[1], scope);
    case "call":
      if (node.args[0] === "flag") return { kind: "flag", name: optionArgument(node, scope) };
      break;
    case "rcall": {
      const [method, receiver, args] = node.args;
      if (method === "startsWith" || method === "endsWith" || method === "contains") {
        if (args[0]) return search(method, text(receiver, scope), text(args[0], scope));
      }
      break;
    }
    default:
      if (isComparison(node.op)) return comparison(node, node.op, scope);
  }
  if (node.op === "?:") unsupported(node, scope, "`? :`", "write two routes, or `a && b || !a && c`");
  return unsupported(node, scope, "this", "use comparisons, &&, ||, !, in, and the functions of the README");
}

function comparison(node: ASTNode, operator: Comparison, scope: Scope): Condition {
  const [left, right] = node.args as [ASTNode, ASTNode];
  const type = typeOf(left, scope);
  if (type === "string") return compareTexts(operator, text(left, scope), text(right, scope));
  if (type === "bool" && (operator === "==" || operator === "!=")) {
    const a = condition(left, scope);
    const b = condition(right, scope);
    const same: Condition = {
      kind: "or",
      left: { kind: "and", left: a, right: b },
      right: { kind: "and", left: { kind: "not", of: a }, right: { kind: "not", of: b } },
    };
    return operator === "==" ? same : { kind: "not", of: same };
  }
  return { kind: "compareInt", operator, left: int(left, scope), right: int(right, scope) };
}

/** CEL orders text by code points, which is the order of its bytes in UTF-8. */
function compareTexts(operator: Comparison, left: Text, right: Text): Condition {
  if (left.kind !== "literal" || right.kind !== "literal") {
    return { kind: "compareText", operator, left, right };
  }
  const order = Buffer.compare(Buffer.from(left.value), Buffer.from(right.value));
  const holds = { "==": order === 0, "!=": order !== 0, "<": order < 0, "<=": order <= 0, ">": order > 0 };
  return { kind: "constant", value: operator === ">=" ? order >= 0 : holds[operator] };
}

function search(kind: "startsWith" | "endsWith" | "contains", value: Text, part: Text): Condition {
  if (value.kind !== "literal" || part.kind !== "literal") return { kind, value, part };
  const method = kind === "contains" ? "includes" : kind;
  return { kind: "constant", value: value.value[method](part.value) };
}

function membership(node: ASTNode, value: ASTNode, list: ASTNode, scope: Scope): Condition {
  if (list.op !== "list") return unsupported(node, scope, "`in` with this", 'use a list: ["a", "b"]');
  if (typeOf(value, scope) === "string") {
    const sought = text(value, scope);
    const items = list.args.map((item) => text(item, scope));
    if (sought.kind === "literal") {
      // One of them may be known already; a list of what is not is left.
      const open = items.filter((item) => item.kind !== "literal");
      const known = items.some((item) => item.kind === "literal" && item.value === sought.value);
      if (known || open.length === 0) return { kind: "constant", value: known };
      return { kind: "oneOf", value: sought, list: open };
    }
    return { kind: "oneOf", value: sought, list: items };
  }
  if (typeOf(value, scope) === "bool") unsupported(node, scope, "`in` with true and false", "use && and ||");
  const ints = list.args.map((item) => int(item, scope));
  if (ints.some((item) => item.kind !== "literal")) {
    unsupported(list, scope, "a list with something that is not constant", "use == and ||");
  }
  return { kind: "oneOfInts", value: int(value, scope), list: ints };
}

function text(node: ASTNode, scope: Scope): Text {
  const folded = fold(node, scope);
  if (typeof folded === "string") return { kind: "literal", value: withoutNul(node, scope, folded) };
  if (node.op === "call") {
    const [name, args] = node.args;
    if (name === "operand" && args[0]) {
      const index = fold(args[0], scope);
      if (typeof index !== "bigint")
        return unsupported(node, scope, "operand of something not constant", "use a number");
      if (index < 0n || index > 999n) return unsupported(node, scope, "this operand", "use 0 to 999");
      return { kind: "operand", index: Number(index) };
    }
    if (name === "option") return { kind: "option", name: optionArgument(node, scope) };
    if (name === "env") {
      const variable = constantArgument(node, scope);
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
        return unsupported(
          node,
          scope,
          `the variable ${JSON.stringify(variable)}`,
          "use letters, digits and _",
        );
      }
      return { kind: "env", name: variable };
    }
  }
  if (node.op === "rcall") {
    const [method, receiver] = node.args;
    if (method === "lowerAscii") return inCase("lower", text(receiver, scope));
    if (method === "upperAscii") return inCase("upper", text(receiver, scope));
  }
  return unsupported(
    node,
    scope,
    "this text",
    "use operand(), option(), env(), lowerAscii(), upperAscii() or a constant",
  );
}

function inCase(kind: "lower" | "upper", of: Text): Text {
  if (of.kind !== "literal") return { kind, of };
  const value =
    kind === "lower"
      ? of.value.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
      : of.value.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return { kind: "literal", value };
}

function int(node: ASTNode, scope: Scope): Int {
  const folded = fold(node, scope);
  if (isDuration(folded)) return inRange(node, scope, folded.seconds * 1_000_000_000n + BigInt(folded.nanos));
  if (typeof folded === "bigint") return inRange(node, scope, folded);
  if (folded !== undefined)
    unsupported(node, scope, "a number with a fraction", "use whole numbers or durations");
  if (node.op === "id") return { kind: "fact", name: node.args };
  if (node.op === "call" && node.args[0] === "size" && node.args[1][0]) {
    return { kind: "size", of: text(node.args[1][0], scope) };
  }
  if (node.op === "rcall" && node.args[0] === "size") return { kind: "size", of: text(node.args[1], scope) };
  if (node.op === "call" || node.op === "rcall") {
    unsupported(node, scope, `${node.args[0]}()`, "use comparisons and the functions of the README");
  }
  return unsupported(node, scope, "arithmetic on what is known only when called", "compare with a constant");
}

function inRange(node: ASTNode, scope: Scope, value: bigint): Int {
  // The smallest integer can't be written as a literal in a shell.
  if (value <= int64.min || value > int64.max)
    unsupported(node, scope, "a number of more than 64 bits", "use a smaller one");
  return { kind: "literal", value };
}

function constantArgument(node: ASTNode, scope: Scope): string {
  const argument = node.op === "call" ? node.args[1][0] : undefined;
  const value = argument ? fold(argument, scope) : undefined;
  if (typeof value !== "string")
    return unsupported(node, scope, "a name that is not constant", "write the name in quotes");
  return withoutNul(node, scope, value);
}

function optionArgument(node: ASTNode, scope: Scope): string {
  const name = constantArgument(node, scope);
  if (!optionForm.test(name)) {
    return unsupported(
      node,
      scope,
      `the option ${JSON.stringify(name)}`,
      "write it with its dashes, as in --model or -m",
    );
  }
  return name;
}

function withoutNul(node: ASTNode, scope: Scope, value: string): string {
  if (value.includes("\0"))
    unsupported(node, scope, "a NUL in a string", "no argument can hold one: take it out");
  return value;
}

/** CEL's duration as cel-js holds it: whole seconds, and nanoseconds of the same sign. */
interface Duration {
  seconds: bigint;
  nanos: number;
}

const isDuration = (value: unknown): value is Duration =>
  typeof value === "object" && value !== null && "seconds" in value && "nanos" in value;

/** The value of an expression that asks about nothing, or nothing. */
function fold(node: ASTNode, scope: Scope): string | bigint | boolean | number | Duration | undefined {
  if (!isConstant(node, scope)) return undefined;
  const value = constantOf(node, scope);
  if (isDuration(value)) return value;
  if (
    typeof value === "string" ||
    typeof value === "bigint" ||
    typeof value === "boolean" ||
    typeof value === "number"
  ) {
    return value;
  }
  return unsupported(
    node,
    scope,
    "this kind of constant",
    "use text, whole numbers, durations, true and false",
  );
}

function constantOf(node: ASTNode, scope: Scope): unknown {
  try {
    return scope.environment.evaluate(printConstant(node));
  } catch (error) {
    // The error's own range is one of the printed text.
    throw new Unsupported({
      ...celFinding(scope.source, error, scope.facts),
      excerpt: excerptOf(node, scope),
    });
  }
}

const askers = ["operand", "option", "env", "flag"];

/**
 * Left out is what cel-js does in another way than CEL: it changes the case of every alphabet, and orders
 * text by UTF-16 units.
 */
function isConstant(node: ASTNode, scope: Scope): boolean {
  const constant = (part: ASTNode) => isConstant(part, scope);
  switch (node.op) {
    case "value":
      return true;
    case "call":
      return !askers.includes(node.args[0]) && node.args[1].every(constant);
    case "rcall": {
      const [method, receiver, args] = node.args;
      return !["lowerAscii", "upperAscii"].includes(method) && constant(receiver) && args.every(constant);
    }
    case "!_":
    case "-_":
      return constant(node.args);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return node.args.every(constant) && typeOf(node.args[0], scope) !== "string";
    case "==":
    case "!=":
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
    case "&&":
    case "||":
    case "?:":
      return node.args.every(constant);
    default:
      return false;
  }
}

/** The type of a part of an expression that was checked as a whole; `other` for what no wrapper decides. */
function typeOf(node: ASTNode, scope: Scope): "string" | "bool" | "number" | "other" {
  const folded = fold(node, scope);
  if (typeof folded === "string") return "string";
  if (typeof folded === "boolean") return "bool";
  if (folded !== undefined) return "number";
  switch (node.op) {
    case "id":
      return "number";
    case "call":
      if (node.args[0] === "flag") return "bool";
      return askers.includes(node.args[0]) ? "string" : "other";
    case "rcall": {
      const method = node.args[0];
      if (method === "lowerAscii" || method === "upperAscii") return "string";
      return ["startsWith", "endsWith", "contains"].includes(method) ? "bool" : "other";
    }
    case "!_":
    case "&&":
    case "||":
    case "in":
      return "bool";
    default:
      return isComparison(node.op) ? "bool" : "other";
  }
}

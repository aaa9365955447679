/**
 * What is decided about a call, typed and free of YAML, of CEL and of any shell. The wrapper compiler
 * reads it, and nothing else about what the user wrote.
 */

/** An option as a command line has it; a short one is one byte, so that what follows it can be told. */
export const optionForm = /^(-[!-,.-<>-~]|--[^\s=\0-\x1f\x7f-\x9f\ud800-\udfff]+)$/;

/** A string that a call has. Absent ones are the empty string. */
export type Text =
  | { kind: "literal"; value: string }
  | { kind: "operand"; index: number }
  | { kind: "option"; name: string }
  | { kind: "env"; name: string }
  | { kind: "lower" | "upper"; of: Text };

/** A 64-bit signed integer; durations are in nanoseconds, sizes in bytes. */
export type Int =
  | { kind: "literal"; value: bigint }
  | { kind: "fact"; name: string }
  | { kind: "size"; of: Text };

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

export type Condition =
  | { kind: "constant"; value: boolean }
  | { kind: "flag"; name: string }
  | { kind: "compareText"; operator: Comparison; left: Text; right: Text }
  | { kind: "compareInt"; operator: Comparison; left: Int; right: Int }
  | { kind: "oneOf"; value: Text; list: Text[] }
  | { kind: "oneOfInts"; value: Int; list: Int[] }
  | { kind: "startsWith" | "endsWith" | "contains"; value: Text; part: Text }
  | { kind: "and" | "or"; left: Condition; right: Condition }
  | { kind: "not"; of: Condition };

/** A fact about a file that a call names; `mediaDuration` in nanoseconds, `fileSize` in bytes. */
export interface Fact {
  name: string;
  kind: "mediaDuration" | "fileSize";
  of: Text;
}

export interface Edits {
  prepend: string[];
  append: string[];
  set: { name: string; value: string }[];
  remove: string[];
  env: { name: string; value: string | null }[];
}

export interface Route {
  name: string;
  /** Absent: every call that gets this far. */
  when?: Condition;
  /** The condition as the user wrote it. */
  source?: string;
  action: { kind: "pass"; edits: Edits } | { kind: "deny"; exit: number; message: string };
}

export interface Policy {
  name: string;
  withValue: string[];
  facts: Fact[];
  routes: Route[];
  /** The route of a call where a fact that a condition needs can't be had. */
  onError?: string;
  always: Edits;
  log: Log;
}

export interface Log {
  /** Whether nothing is logged at all. */
  none: boolean;
  /** Where each user's directory of logs is made. */
  dir: string;
  /** A log with so many bytes is turned over. */
  size: number;
  /** So many that were turned over are kept. */
  keep: number;
  /** Nothing is logged while less than this share of the file system is free, in percent. */
  free: number;
  /** Options whose values stay out of it. */
  redact: string[];
  /** Whether a record has all words, however many. */
  full: boolean;
}

/** What the argument scan has to find out for a policy. */
export interface Needs {
  operands: number[];
  options: string[];
  flags: string[];
  /** Names of environment variables. */
  variables: string[];
  /** Whether anything depends on where a `--` terminator is. */
  terminator: boolean;
}

export function needsOf(policy: Policy): Needs {
  const operands = new Set<number>();
  const options = new Set<string>();
  const flags = new Set<string>();
  const variables = new Set<string>();

  const text = (value: Text): void => {
    if (value.kind === "operand") operands.add(value.index);
    else if (value.kind === "option") options.add(value.name);
    else if (value.kind === "env") variables.add(value.name);
    else if (value.kind === "lower" || value.kind === "upper") text(value.of);
  };
  const int = (value: Int): void => {
    if (value.kind === "size") text(value.of);
  };
  const condition = (value: Condition): void => {
    switch (value.kind) {
      case "flag":
        flags.add(value.name);
        break;
      case "compareText":
        text(value.left);
        text(value.right);
        break;
      case "compareInt":
        int(value.left);
        int(value.right);
        break;
      case "oneOf":
        text(value.value);
        value.list.forEach(text);
        break;
      case "oneOfInts":
        int(value.value);
        break;
      case "startsWith":
      case "endsWith":
      case "contains":
        text(value.value);
        text(value.part);
        break;
      case "and":
      case "or":
        condition(value.left);
        condition(value.right);
        break;
      case "not":
        condition(value.of);
        break;
    }
  };

  for (const fact of usedFacts(policy)) text(fact.of);
  for (const route of policy.routes) if (route.when) condition(route.when);
  const edits = allEdits(policy);
  return {
    operands: [...operands].sort((a, b) => a - b),
    options: [...options],
    flags: [...flags],
    variables: [...variables],
    terminator: edits.some((edit) => edit.append.length + edit.set.length + edit.remove.length > 0),
  };
}

/** The facts that some condition asks about, in the order of the file. */
export function usedFacts(policy: Policy): Fact[] {
  const names = new Set(policy.routes.flatMap((route) => (route.when ? factsIn(route.when) : [])));
  return policy.facts.filter((fact) => names.has(fact.name));
}

/** Names of the facts in a condition, each once. */
export function factsIn(condition: Condition): string[] {
  const ints = (value: Int): string[] => (value.kind === "fact" ? [value.name] : []);
  switch (condition.kind) {
    case "compareInt":
      return [...new Set([...ints(condition.left), ...ints(condition.right)])];
    case "oneOfInts":
      return ints(condition.value);
    case "and":
    case "or":
      return [...new Set([...factsIn(condition.left), ...factsIn(condition.right)])];
    case "not":
      return factsIn(condition.of);
    default:
      return [];
  }
}

/** Routes whose calls get another environment; null is the route of a policy without routes. */
export function environmentRoutesOf(policy: Policy): (string | null)[] {
  const routes = [null, ...policy.routes.map((route) => route.name)];
  return routes.filter((route) => {
    const taken = policy.routes.find(({ name }) => name === route);
    if (taken?.action.kind === "deny") return false;
    return [taken?.action.edits, policy.always].some((edits) => (edits?.env.length ?? 0) > 0);
  });
}

/** Whether there are calls that it doesn't pass on as they come. */
export const changesCalls = (policy: Policy): boolean =>
  policy.routes.some(({ action }) => action.kind === "deny") ||
  allEdits(policy).some((edits) => Object.values(edits).some(({ length }) => length > 0));

export function allEdits(policy: Policy): Edits[] {
  const routes = policy.routes.flatMap((route) => (route.action.kind === "pass" ? [route.action.edits] : []));
  return [...routes, policy.always];
}

/**
 * What a policy decides about a call, worked out anew in plain TypeScript from what the documentation says,
 * with cel-js as the judge of conditions. It shares nothing with the wrapper but the file.
 */
import type { Environment } from "@marcbachmann/cel-js";
import { celEnvironment } from "../../src/policy/cel.ts";

/** A condition as a file has it, and in the words of the oracle's own CEL. */
export interface Both {
  cel: string;
  oracle: string;
}

export interface EditsModel {
  prepend: string[];
  append: string[];
  set: Record<string, string>;
  remove: string[];
}

export interface RouteModel extends EditsModel {
  name: string;
  when?: Both;
  deny?: { exit: number; message: string };
}

export interface PolicyModel {
  withValue: string[];
  facts: { name: string; kind: "mediaDuration" | "fileSize"; of: Both }[];
  routes: RouteModel[];
  onError?: string;
  always: EditsModel;
}

export interface CallModel {
  words: string[];
  env: Record<string, string>;
}

/** A file of a call: its bytes, and its nanoseconds when it is a recording. */
export type FileModel = { bytes: number; nanoseconds?: bigint };

export type Decision =
  | { route: string; denied: { exit: number; message: string } }
  | { route: string; words: string[] };

export function decide(
  policy: PolicyModel,
  call: CallModel,
  files: ReadonlyMap<string, FileModel>,
): Decision {
  const valued = new Set([...policy.withValue, ...askedOptions(policy)]);
  for (const edits of [...policy.routes, policy.always]) {
    for (const name of Object.keys(edits.set)) valued.add(name);
  }
  const parsed = parse(call.words, valued);
  const environment = environmentFor(policy, call, parsed);
  const facts = factsFor(policy, environment, files);

  for (const route of policy.routes) {
    const held = route.when === undefined || evaluate(environment, route.when, facts);
    if (held === true) return outcome(route, policy, call, valued);
    const fallback = policy.routes.find(({ name }) => name === policy.onError);
    if (held === undefined && fallback) return outcome(fallback, policy, call, valued);
  }
  return outcome(undefined, policy, call, valued);
}

// ---

type Part =
  /** An option; `rest` is what the same word says of its value, `value` the next word. */
  | { kind: "option"; name: string; joint: "=" | "" | "alone"; rest?: string; value?: string }
  | { kind: "operand"; word: string }
  | { kind: "end" };

/** The words as parts; a word that is no option of ours is an option of some other program's kind. */
function parse(words: string[], valued: ReadonlySet<string>): Part[] {
  const parts: Part[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === "--") {
      parts.push({ kind: "end" }, ...left.map((operand): Part => ({ kind: "operand", word: operand })));
      return parts;
    }
    if (word === "-" || !word.startsWith("-")) {
      parts.push({ kind: "operand", word });
      continue;
    }
    const equals = word.indexOf("=");
    if (word.startsWith("--") && equals > 0) {
      parts.push({ kind: "option", name: word.slice(0, equals), joint: "=", rest: word.slice(equals + 1) });
    } else if (!word.startsWith("--") && word.length > 2 && valued.has(word.slice(0, 2))) {
      parts.push({ kind: "option", name: word.slice(0, 2), joint: "", rest: word.slice(2) });
    } else {
      const value = valued.has(word) ? left.shift() : undefined;
      parts.push({ kind: "option", name: word, joint: "alone", ...(value === undefined ? {} : { value }) });
    }
  }
  return parts;
}

/** Options that conditions, and the facts in them, ask the value of. */
function askedOptions(policy: PolicyModel): string[] {
  const conditions = policy.routes.map((route) => route.when?.cel ?? "").join("\n");
  const used = policy.facts.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(conditions));
  const sources = [conditions, ...used.map(({ of }) => of.cel)].join("\n");
  return [...sources.matchAll(/option\("([^"]*)"\)/g)].map(([, name]) => name ?? "");
}

/** cel-js with the functions that it does in another way than CEL under names of their own. */
function environmentFor(policy: PolicyModel, call: CallModel, parts: Part[]): Environment {
  const operands = parts.flatMap((part) => (part.kind === "operand" ? [part.word] : []));
  const options = parts.flatMap((part) => (part.kind === "option" ? [part] : []));
  const lastOf = (name: string) =>
    options
      .filter((option) => option.name === name)
      .map(({ rest, value }) => rest ?? value)
      .findLast((value) => value !== undefined);
  return celEnvironment(policy.facts, {
    operand: (index: bigint) => operands[Number(index)] ?? "",
    option: (name: string) => lastOf(name) ?? "",
    flag: (name: string) => options.some((option) => option.name === name),
    env: (name: string) => call.env[name] ?? "",
  })
    .registerFunction("string.asciiLower(): string", (text: string) =>
      text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    )
    .registerFunction("string.asciiUpper(): string", (text: string) =>
      text.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
    )
    .registerFunction("order(string, string): int", (left: string, right: string) => {
      const [a, b] = [[...left], [...right]].map((chars) => chars.map((char) => char.codePointAt(0) ?? 0));
      for (let at = 0; ; at++) {
        const [one, other] = [a?.[at] ?? -1, b?.[at] ?? -1];
        if (one !== other) return one < other ? -1n : 1n;
        if (one === -1) return 0n;
      }
    });
}

function factsFor(
  policy: PolicyModel,
  environment: Environment,
  files: ReadonlyMap<string, FileModel>,
): Record<string, unknown> {
  const known: Record<string, unknown> = {};
  for (const { name, kind, of } of policy.facts) {
    const file = files.get(environment.evaluate(of.oracle) as string);
    if (kind === "fileSize" && file) known[name] = BigInt(file.bytes);
    if (kind === "mediaDuration" && file?.nanoseconds !== undefined) {
      known[name] = environment.evaluate(`duration("${file.nanoseconds}ns")`);
    }
  }
  return known;
}

/** Nothing when a fact is missing where it would decide. */
function evaluate(environment: Environment, when: Both, facts: Record<string, unknown>): boolean | undefined {
  try {
    return environment.evaluate(when.oracle, facts) === true;
  } catch (error) {
    if (/Unknown variable/.test(String(error))) return undefined;
    throw error;
  }
}

function outcome(
  route: RouteModel | undefined,
  policy: PolicyModel,
  call: CallModel,
  valued: ReadonlySet<string>,
): Decision {
  const name = route?.name ?? "";
  if (route?.deny) return { route: name, denied: route.deny };
  const all = [policy.always, ...(route ? [route] : [])];
  const set = new Map([...Object.entries(route?.set ?? {}), ...Object.entries(policy.always.set)]);
  const remove = new Set(all.flatMap((edits) => edits.remove));
  const parts = parse(call.words, valued).filter((part) => part.kind !== "option" || !remove.has(part.name));

  const given = new Set<string>();
  const words: string[] = [];
  let end: number | undefined;
  for (const part of parts) {
    if (part.kind === "end") {
      end ??= words.length;
      words.push("--");
    } else if (part.kind === "operand") {
      words.push(part.word);
    } else {
      const value = set.get(part.name);
      if (value !== undefined) given.add(part.name);
      const own = value ?? part.rest ?? part.value;
      if (part.joint === "alone") words.push(part.name, ...(own === undefined ? [] : [own]));
      else words.push(`${part.name}${part.joint}${own}`);
    }
  }
  const missing = [...set].filter(([option]) => !given.has(option)).flat();
  const appended = [...missing, ...(route?.append ?? []), ...policy.always.append];
  words.splice(end ?? words.length, 0, ...appended);
  return { route: name, words: [...policy.always.prepend, ...(route?.prepend ?? []), ...words] };
}

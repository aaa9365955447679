/** Conditions and values -> the prefix form that wrapper/expression.c evaluates. */
import type { Condition, Int, Text } from "../../policy/policy.ts";
import { quoted } from "./escape.ts";

export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case "constant":
      return String(condition.value);
    case "flag":
      return list("flag", quoted(condition.name));
    case "compareText":
      return list(condition.operator, textText(condition.left), textText(condition.right));
    case "compareInt":
      return list(condition.operator, intText(condition.left), intText(condition.right));
    case "oneOf":
      return list("in", textText(condition.value), ...condition.list.map(textText));
    case "oneOfInts":
      return list("in", intText(condition.value), ...condition.list.map(intText));
    case "startsWith":
      return list("starts", textText(condition.value), textText(condition.part));
    case "endsWith":
      return list("ends", textText(condition.value), textText(condition.part));
    case "contains":
      return list("contains", textText(condition.value), textText(condition.part));
    case "not":
      return list("not", conditionText(condition.of));
    case "and":
    case "or":
      return list(condition.kind, ...parts(condition, condition.kind).map(conditionText));
  }
}

export function textText(text: Text): string {
  switch (text.kind) {
    case "literal":
      return quoted(text.value);
    case "operand":
      return list("operand", String(text.index));
    case "option":
    case "env":
      return list(text.kind, quoted(text.name));
    case "lower":
    case "upper":
      return list(text.kind, textText(text.of));
  }
}

// ---

const list = (...words: string[]): string => `(${words.join(" ")})`;

function intText(int: Int): string {
  switch (int.kind) {
    case "literal":
      return String(int.value);
    case "fact":
      return list("fact", int.name);
    case "size":
      return list("size", textText(int.of));
  }
}

/** `a && b && c` is one list, however it was put together: depth is bounded, length isn't. */
const parts = (condition: Condition, kind: "and" | "or"): Condition[] =>
  condition.kind === kind ? [...parts(condition.left, kind), ...parts(condition.right, kind)] : [condition];

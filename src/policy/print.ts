/**
 * A constant part of a condition -> CEL that means the same, with every parenthesis. The part of the source
 * that a node covers won't do: its range leaves parentheses out.
 */
import type { ASTNode } from "@marcbachmann/cel-js";

/** @param node made of literals, operators and calls */
export function printConstant(node: ASTNode): string {
  switch (node.op) {
    case "value":
      return literal(node.args);
    case "!_":
      return `!(${printConstant(node.args)})`;
    case "-_":
      return node.args.op === "value" ? `(-${literal(node.args.args)})` : `(-(${printConstant(node.args)}))`;
    case "call":
      return `${node.args[0]}(${list(node.args[1])})`;
    case "rcall":
      return `(${printConstant(node.args[1])}).${node.args[0]}(${list(node.args[2])})`;
    case "?:":
      return `(${node.args.map(printConstant).reduce((a, b, at) => `${a} ${at === 1 ? "?" : ":"} ${b}`)})`;
    case "id":
    case "list":
    case "map":
    case ".":
    case ".?":
    case "[]":
    case "[?]":
      throw new TypeError(`no constant is a ${node.op}`);
    default:
      return `(${printConstant(node.args[0])} ${node.op} ${printConstant(node.args[1])})`;
  }
}

// ---

const list = (nodes: ASTNode[]): string => nodes.map(printConstant).join(", ");

function literal(value: (ASTNode & { op: "value" })["args"]): string {
  if (typeof value === "string") return `"${[...value].map(escaped).join("")}"`;
  if (value instanceof Uint8Array) return `b"${[...value].map(byte).join("")}"`;
  if (typeof value === "number") return Number.isInteger(value) ? `${value.toFixed(1)}` : String(value);
  if (typeof value === "object" && value !== null) return `${value.value}u`;
  return String(value);
}

const escaped = (char: string): string =>
  /[\w ]/.test(char) ? char : `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`;

const byte = (value: number): string => `\\x${value.toString(16).padStart(2, "0")}`;

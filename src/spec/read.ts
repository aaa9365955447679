/** YAML text -> a valid `SpecFile`, or findings with line and column. */
import { isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import type { Finding, Place } from "../finding/finding.ts";
import { type SpecFile, specSchema } from "./schema.ts";
import { suggest } from "./suggest.ts";

export type SpecPath = readonly (string | number)[];

/** Where in the file a value, or the key that it belongs to, is written. */
export type Locate = (path: SpecPath, part?: "value" | "key") => Place;

export type Reading = { ok: true; file: SpecFile; locate: Locate } | { ok: false; findings: Finding[] };

/** @param source the file's name for findings */
export function readSpecFile(text: string, source: string): Reading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });

  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: source, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const locate: Locate = (path, part = "value") => placeAt(offsetOf(document.contents, path, part));

  if (document.errors.length > 0) {
    const findings = document.errors.map((error): Finding => {
      const place = placeAt(error.pos[0]);
      return {
        code: "yaml-syntax",
        args: { message: error.message.replace(/\s+/g, " ") },
        place,
        ...excerptOf(text, place),
      };
    });
    return { ok: false, findings };
  }

  const result = specSchema.safeParse(toPlain(document), { reportInput: true });
  if (result.success) return { ok: true, file: result.data, locate };
  const findings = result.error.issues.flatMap((issue) => findingsOf(issue, locate));
  return { ok: false, findings };
}

/** Aliases are allowed a hundredfold growth, so that a small file can't become a large one. */
function toPlain(document: ReturnType<typeof parseDocument>): unknown {
  return document.contents === null ? {} : document.toJS({ maxAliasCount: 100 });
}

function findingsOf(issue: z.core.$ZodIssue, locate: Locate): Finding[] {
  const path = issue.path.filter((step): step is string | number => typeof step !== "symbol");
  const key = showPath(path);
  const place = locate(path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((unknown): Finding => {
        const known = keysAt(path);
        const near = suggest(unknown, known);
        return {
          code: near === undefined ? "unknown-key" : "unknown-key-near",
          args: {
            key: showPath([...path, unknown]),
            near: near ?? "",
            known: known.join(", "),
          },
          place: locate([...path, unknown], "key"),
        };
      });
    case "invalid_type": {
      const found = describe(issue.input);
      if (issue.input === undefined) return [{ code: "missing-key", args: { key }, place }];
      const quotable = issue.expected === "string" && /^(a number|true or false)/.test(found);
      return [
        {
          code: quotable ? "quote-it" : "wrong-type",
          args: { key, expected: nounOf(issue.expected), found, value: String(issue.input) },
          place,
        },
      ];
    }
    case "invalid_union": {
      if (key.startsWith("facts.")) return [{ code: "unknown-fact", args: { key }, place }];
      return [
        {
          code: "wrong-type",
          args: { key, expected: "text", found: describe(issue.input), value: "" },
          place,
        },
      ];
    }
    case "invalid_value":
      return [
        {
          code: "not-one-of",
          args: { key, found: String(issue.input), allowed: issue.values.map(String).join(", ") },
          place,
        },
      ];
    case "invalid_key":
      return [
        {
          code: "bad-form",
          args: { key, form: "name", found: String(path.at(-1) ?? "") },
          place: locate(path, "key"),
        },
      ];
    case "too_big":
    case "too_small":
      return [
        {
          code: "out-of-range",
          args: {
            key,
            bound: `${issue.code === "too_big" ? "at most" : "at least"} ${
              issue.code === "too_big" ? issue.maximum : issue.minimum
            }`,
          },
          place,
        },
      ];
    default: {
      const found = "input" in issue && typeof issue.input === "string" ? issue.input : "";
      return [{ code: "bad-form", args: { key, form: issue.message, found }, place }];
    }
  }
}

/** Path in the words of jq and of most editors: `routes[0].when`. */
export function showPath(path: SpecPath): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}

// ---

const nounOf = (expected: string): string =>
  ({
    string: "text",
    array: "a list",
    object: "a map",
    record: "a map",
    boolean: "true or false",
    int: "a whole number",
    number: "a whole number",
  })[expected] ?? expected;

function describe(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return "a number";
  if (typeof value === "boolean") return "true or false";
  if (typeof value === "object") return "a map";
  return "text";
}

/** The keys that the schema knows in the map at a path. */
function keysAt(path: SpecPath): string[] {
  let schema: unknown = specSchema;
  for (const step of path) schema = childOf(unwrap(schema), step);
  const shape = (unwrap(schema) as { shape?: Record<string, unknown> }).shape;
  return shape ? Object.keys(shape) : ["mediaDuration", "fileSize"];
}

interface SchemaDef {
  def: { type: string; innerType?: unknown; element?: unknown; valueType?: unknown };
  shape?: Record<string, unknown>;
}

function unwrap(schema: unknown): SchemaDef {
  let current = schema as SchemaDef;
  while (current.def.innerType) current = current.def.innerType as SchemaDef;
  return current;
}

function childOf(schema: SchemaDef, step: string | number): unknown {
  return schema.shape?.[step] ?? schema.def.element ?? schema.def.valueType;
}

function offsetOf(root: Node | null, path: SpecPath, part: "value" | "key"): number {
  let node: unknown = root;
  let offset = isNode(root) ? (root.range?.[0] ?? 0) : 0;
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (!isPair(pair)) return offset;
      const target = last && part === "key" ? pair.key : (pair.value ?? pair.key);
      if (isNode(target) && target.range) offset = target.range[0];
      node = pair.value;
    } else if (isNode(node) && "items" in node && Array.isArray(node.items)) {
      node = node.items[Number(step)];
      if (isNode(node) && node.range) offset = node.range[0];
    } else {
      return offset;
    }
  }
  return offset;
}

function excerptOf(text: string, place: Place): Pick<Finding, "excerpt"> {
  const line = text.split(/\r?\n/, place.line)[place.line - 1];
  if (line === undefined || line.length > 200) return {};
  return { excerpt: { text: line, from: place.column - 1, width: 1 } };
}

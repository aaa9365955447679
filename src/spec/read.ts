/** YAML text -> a valid `SpecFile`, or findings with line and column. */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import type * as z from "zod";
import type { Finding, Place } from "../finding/finding.ts";
import { tooDeep } from "./depth.ts";
import { type SpecFile, specSchema } from "./schema.ts";
import { suggest } from "./suggest.ts";

export type SpecPath = readonly (string | number)[];

/** Where in the file a value, or the key that it belongs to, is written. */
export type Locate = (path: SpecPath, part?: "value" | "key") => Place;

export type Reading = { ok: true; file: SpecFile; locate: Locate } | { ok: false; findings: Finding[] };

/** @param source the file's name for findings */
export function readSpecFile(text: string, source: string): Reading {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: source, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const notYaml = (message: string, offset: number): Finding => {
    const place = placeAt(offset);
    return { code: "yaml-syntax", args: { message }, place, ...excerptOf(text, place) };
  };

  const deep = tooDeep(text, lines);
  if (deep !== undefined) {
    return {
      ok: false,
      findings: [notYaml(`lists and maps are nested more than ${deep.limit} deep`, deep.offset)],
    };
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: "error",
  });
  // A warning is about a tag: a condition that starts with ! would be one, and lost.
  const slips = [...document.warnings, ...document.errors];
  if (slips.length > 0) {
    const findings = slips.slice(0, mostSyntaxErrors).map((error) => notYaml(messageOf(error), error.pos[0]));
    return { ok: false, findings };
  }
  const locate: Locate = (path, part = "value") =>
    placeAt(nodeAt(document.contents, path, part)?.range?.[0] ?? 0);
  const written: Written = (path) => {
    const node = nodeAt(document.contents, path, "value");
    return isScalar(node) ? node.source : undefined;
  };

  const lost = dropped(document, placeAt);
  if (lost.length > 0) return { ok: false, findings: lost };
  const plain = toPlain(document);
  if (!plain.ok) return { ok: false, findings: [notYaml(plain.message, plain.offset)] };
  const result = specSchema.safeParse(plain.value, { reportInput: true });
  if (result.success) return { ok: true, file: result.data, locate };
  return { ok: false, findings: firstOf(result.error.issues, locate, written) };
}

function messageOf({ code, message }: YAMLError): string {
  if (code === "MULTIPLE_DOCS") return "a second document starts here, and a file holds one interception";
  if (code === "TAG_RESOLVE_FAILED") return "text that starts with ! has to be in quotes";
  return message.replace(/\s+/g, " ").replace(/\.$/, "");
}

/** So many problems of a file are told. */
export const mostProblems = 20;
export const more = (count: number): Omit<Finding, "place"> => ({
  code: "more-problems",
  args: { count: count - mostProblems },
});

/** One slip can make an error of every line after it. */
const mostSyntaxErrors = 10;

/** A scalar as it is written, without its quotes: 1.0, and not the number 1. */
type Written = (path: SpecPath) => string | undefined;

/** The one key that a JavaScript object doesn't take, and that would be gone without a word. */
function dropped(document: Document.Parsed, placeAt: (offset: number) => Place): Finding[] {
  const found: Finding[] = [];
  visit(document, {
    Pair(_key, { key }) {
      if (!isScalar(key) || key.value !== "__proto__") return;
      const place = placeAt(key.range?.[0] ?? 0);
      found.push({
        code: "unknown-key",
        args: { key: "__proto__", known: "any other name", near: "" },
        place,
      });
    },
  });
  return found;
}

type Plain = { ok: true; value: unknown } | { ok: false; message: string; offset: number };

/** Aliases are allowed a hundredfold growth, so that a small file can't become a large one. */
function toPlain(document: Document.Parsed): Plain {
  let unresolved: { message: string; offset: number } | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document)) return undefined;
      unresolved = {
        message: `nothing is marked &${alias.source} before this`,
        offset: alias.range?.[0] ?? 0,
      };
      return visit.BREAK;
    },
  });
  if (unresolved) return { ok: false, ...unresolved };
  try {
    return { ok: true, value: document.contents === null ? {} : document.toJS({ maxAliasCount: 100 }) };
  } catch {
    return { ok: false, message: "its aliases stand for too much", offset: 0 };
  }
}

/** As many as a person reads; where each is, and what was meant by it, takes its time to find out. */
function firstOf(issues: z.core.$ZodIssue[], locate: Locate, written: Written): Finding[] {
  const findings: Finding[] = [];
  for (const issue of issues)
    if (findings.length < mostProblems) findings.push(...findingsOf(issue, locate, written));
  const count = issues.reduce((sum, issue) => sum + ("keys" in issue ? issue.keys.length : 1), 0);
  return count > mostProblems ? [...findings.slice(0, mostProblems), more(count)] : findings;
}

function findingsOf(issue: z.core.$ZodIssue, locate: Locate, written: Written): Finding[] {
  const path = issue.path.filter((step): step is string | number => typeof step !== "symbol");
  const key = showPath(path);
  const place = locate(path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.slice(0, mostProblems).map((unknown): Finding => {
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
          args: {
            key,
            expected: nounOf(issue.expected),
            found,
            value: quotable ? (written(path) ?? String(issue.input)) : "",
          },
          place,
        },
      ];
    }
    case "invalid_union": {
      const within = key === "log" && isPlainMap(issue.input) ? issue.errors.at(-1) : undefined;
      if (within) {
        return within.flatMap((inner) =>
          findingsOf({ ...inner, path: [...path, ...inner.path] } as z.core.$ZodIssue, locate, written),
        );
      }
      if (key.startsWith("facts.")) return [{ code: "unknown-fact", args: { key }, place }];
      return [
        {
          code: "wrong-type",
          args: {
            key,
            expected: key === "log" ? "a map, or none" : "text",
            found: describe(issue.input),
            value: "",
          },
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
          args: {
            key,
            form: issue.issues[0]?.message ?? "name",
            found: String(path.at(-1) ?? ""),
          },
          place: locate(path, "key"),
        },
      ];
    case "too_big":
    case "too_small":
      if (issue.origin === "string") return [{ code: "bad-form", args: { key, form: "not-empty" }, place }];
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
  if (path.length === 0) return "the file";
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}

// ---

const isPlainMap = (value: unknown): boolean => describe(value) === "a map";

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
  const { shape } = mapIn(unwrap(schema));
  return shape ? Object.keys(shape) : ["mediaDuration", "fileSize"];
}

interface SchemaDef {
  def: { type: string; innerType?: unknown; element?: unknown; valueType?: unknown; options?: unknown[] };
  shape?: Record<string, unknown>;
}

function unwrap(schema: unknown): SchemaDef {
  let current = schema as SchemaDef;
  while (current.def.innerType) current = current.def.innerType as SchemaDef;
  return current;
}

/** Of a word or a map, the map. */
const mapIn = (schema: SchemaDef): SchemaDef =>
  (schema.def.options?.map(unwrap).find(({ shape }) => shape) as SchemaDef | undefined) ?? schema;

function childOf(schema: SchemaDef, step: string | number): unknown {
  return schema.shape?.[step] ?? schema.def.element ?? schema.def.valueType;
}

/** The node at a path, or the nearest one around it. */
function nodeAt(root: Node | null, path: SpecPath, part: "value" | "key"): Node | null {
  let node = root;
  let nearest = root;
  for (const [index, step] of path.entries()) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (!isPair(pair)) return nearest;
      const last = index === path.length - 1;
      if (isNode(pair.key)) nearest = pair.key;
      if (last && part === "key") return nearest;
      next = pair.value;
    } else if (isSeq(node)) {
      next = node.items[Number(step)];
    }
    if (!isNode(next)) return nearest;
    node = nearest = next;
  }
  return nearest;
}

function excerptOf(text: string, place: Place): Pick<Finding, "excerpt"> {
  const line = text.split(/\r?\n/, place.line)[place.line - 1];
  if (line === undefined || line.length > 200) return {};
  return { excerpt: { text: line, from: place.column - 1, width: 1 } };
}

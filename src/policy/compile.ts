/** A spec with defaults -> the typed policy, or everything that is wrong with it. */
import type { Finding } from "../finding/finding.ts";
import type { SpecPath } from "../spec/read.ts";
import type { EditsFile, RouteFile } from "../spec/schema.ts";
import type { Spec } from "../spec/spec.ts";
import { suggest } from "../spec/suggest.ts";
import { type Compiled, compileCondition, compileText } from "./cel.ts";
import { type Edits, type Fact, needsOf, type Policy, type Route } from "./policy.ts";

/** A finding that knows which part of the spec it is about; the reader of the file adds line and column. */
export interface PolicyFinding {
  path: SpecPath;
  finding: Omit<Finding, "place">;
}

export type PolicyResult = { ok: true; policy: Policy } | { ok: false; findings: PolicyFinding[] };

export function compilePolicy(spec: Spec): PolicyResult {
  const findings: PolicyFinding[] = [];
  const report = (path: SpecPath, code: Finding["code"], args: Finding["args"]) =>
    findings.push({ path, finding: { code, args } });

  const take = <Value>(path: SpecPath, compiled: Compiled<Value>): Value | undefined => {
    if (compiled.ok) return compiled.value;
    findings.push({ path, finding: compiled.finding });
    return undefined;
  };

  const facts: Fact[] = [];
  for (const [name, written] of Object.entries(spec.facts)) {
    const kind = "mediaDuration" in written ? "mediaDuration" : "fileSize";
    const source = "mediaDuration" in written ? written.mediaDuration : written.fileSize;
    if (reservedWords.includes(name)) report(["facts", name], "reserved-name", { name });
    const of = take(["facts", name, kind], compileText(source));
    facts.push({ name, kind, of: of ?? { kind: "literal", value: "" } });
  }

  const routes = spec.routes.map((route, index): Route => {
    const when =
      route.when === undefined
        ? undefined
        : take(["routes", index, "when"], compileCondition(route.when, facts));
    return {
      name: route.name,
      ...(when === undefined ? {} : { when }),
      ...(route.when === undefined ? {} : { source: route.when }),
      action: route.deny
        ? { kind: "deny", exit: route.deny.exit, message: route.deny.message }
        : { kind: "pass", edits: editsOf(route) },
    };
  });
  checkRoutes(spec, report);
  spec.routes.forEach((route, index) => {
    checkEdits(route, ["routes", index], report);
  });
  checkEdits(spec.always, ["always"], report);

  if (findings.length > 0) return { ok: false, findings };
  const policy: Policy = {
    name: spec.name,
    withValue: [],
    facts,
    routes,
    ...(spec.onError === undefined ? {} : { onError: spec.onError }),
    always: editsOf(spec.always),
    log: spec.log,
  };
  return { ok: true, policy: { ...policy, withValue: withValueOf(spec, policy) } };
}

// ---

type Report = (path: SpecPath, code: Finding["code"], args: Finding["args"]) => void;

/** Words that CEL keeps, and the names of the functions of a condition. */
const reservedWords = [
  ...[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
  ],
  ...["namespace", "null", "package", "return", "true", "var", "void", "while"],
  ...[
    "operand",
    "option",
    "flag",
    "env",
    "quantity",
    "duration",
    "size",
    "int",
    "uint",
    "double",
    "string",
    "bool",
  ],
  ...[
    "bytes",
    "list",
    "map",
    "type",
    "dyn",
    "timestamp",
    "google",
    "has",
    "all",
    "exists",
    "exists_one",
    "filter",
  ],
];

function checkRoutes(spec: Spec, report: Report): void {
  const { routes } = spec;
  const names = routes.map((route) => route.name);
  routes.forEach((route, index) => {
    const last = index === routes.length - 1;
    if (names.indexOf(route.name) !== index)
      report(["routes", index, "name"], "duplicate-route", { name: route.name });
    if (route.when === undefined && !last) {
      report(["routes", index], "unreachable-routes", { name: route.name, next: names[index + 1] ?? "" });
    }
    if (route.when !== undefined && last)
      report(["routes", index, "when"], "no-last-route", { name: route.name });
    const edits = (["append", "prepend", "set", "remove", "env"] as const).filter(
      (key) => route[key] !== undefined,
    );
    if (route.deny && edits[0])
      report(["routes", index, edits[0]], "deny-with-edits", { name: route.name, key: edits[0] });
  });
  if (spec.onError !== undefined && !names.includes(spec.onError)) {
    const near = suggest(spec.onError, names);
    const args = { name: spec.onError, near: near ?? "", known: names.join(", ") || "none" };
    report(["onError"], near === undefined ? "unknown-route" : "unknown-route-near", args);
  }
}

function checkEdits(edits: EditsFile, at: SpecPath, report: Report): void {
  for (const name of Object.keys(edits.set ?? {})) {
    const index = edits.remove?.indexOf(name) ?? -1;
    if (index >= 0) report([...at, "remove", index], "set-and-removed", { name });
  }
}

function editsOf(written: EditsFile | RouteFile): Edits {
  return {
    prepend: written.prepend ?? [],
    append: written.append ?? [],
    set: Object.entries(written.set ?? {}).map(([name, value]) => ({ name, value })),
    remove: written.remove ?? [],
    env: Object.entries(written.env ?? {}).map(([name, value]) => ({ name, value })),
  };
}

/** An option that is given a value by `set`, asked for its value, or kept out of the log takes one, listed or not. */
function withValueOf(spec: Spec, policy: Policy): string[] {
  const set = [...spec.routes, spec.always].flatMap((edits) => Object.keys(edits.set ?? {}));
  return [...new Set([...spec.withValue, ...set, ...needsOf(policy).options, ...spec.log.redact])];
}

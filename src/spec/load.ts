/** A file's text -> spec and policy, with every problem placed in the file. */
import { basename, dirname, normalize } from "node:path/posix";
import { type Finding, usageError } from "../finding/finding.ts";
import { bashLimits } from "../policy/bash-limits.ts";
import { compilePolicy } from "../policy/compile.ts";
import type { Policy } from "../policy/policy.ts";
import { more, mostProblems, readSpecFile, type SpecPath } from "./read.ts";
import { type Spec, withDefaults } from "./spec.ts";

export interface Loaded {
  spec: Spec;
  policy: Policy;
  /** The file as it was read. */
  text: string;
  /** What keeps it from being a bash script; empty where nothing does. */
  bashLimits: Finding[];
}

const largestFile = 256 * 1024;

/**
 * @param bytes the file as it is on disk
 * @param source its path, for findings, for the default name and for the wrapper's header
 * @throws InterposeError with exit code 2 and all findings
 */
export function loadSpec(bytes: Buffer, source: string): Loaded {
  const place = { file: source, line: 1, column: 1 };
  if (bytes.length > largestFile) {
    throw usageError({ code: "file-too-large", args: { bytes: bytes.length, limit: largestFile }, place });
  }
  const text = decoded(bytes);
  if (text === undefined) throw usageError({ code: "not-utf8", args: {}, place });
  const reading = readSpecFile(text, source);
  if (!reading.ok) throw usageError(...inOrder(reading.findings));

  const spec = withDefaults(reading.file, source);
  const at = (path: SpecPath, finding: Omit<Finding, "place">): Finding => ({
    ...finding,
    place: reading.locate(path),
  });
  const findings = checkPaths(spec, reading.file.wrapper !== undefined).map(({ path, finding }) =>
    at(path, finding),
  );
  if (reading.file.host !== undefined && spec.hosts !== undefined)
    findings.push(at(["hosts"], { code: "host-and-hosts", args: {} }));
  const compiled = compilePolicy(spec);
  if (!compiled.ok) findings.push(...compiled.findings.map(({ path, finding }) => at(path, finding)));
  const limits = compiled.ok
    ? bashLimits(spec, compiled.policy).map(({ path, finding }) => at(path, finding))
    : [];
  if (spec.runtime === "bash") findings.push(...limits);
  if (findings.length > 0 || !compiled.ok) throw usageError(...firstOf(inOrder(findings)));
  return { spec, policy: compiled.policy, text, bashLimits: inOrder(limits) };
}

// ---

const firstOf = (findings: Finding[]): Finding[] =>
  findings.length > mostProblems ? [...findings.slice(0, mostProblems), more(findings.length)] : findings;

/** As they stand in the file. */
const inOrder = (findings: Finding[]): Finding[] =>
  findings.toSorted(({ place: one }, { place: other }) =>
    one && other ? one.line - other.line || one.column - other.column : 0,
  );

/** A byte order mark at the start is no part of the text. */
function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Longest first line of a script that every kernel since 5.1 reads; bytes, the newline not counted. */
const longestFirstLine = 254;
const longestFileName = 255;

type Located = { path: SpecPath; finding: Omit<Finding, "place"> };

function checkPaths(spec: Spec, wrapperWritten: boolean): Located[] {
  const found: Located[] = [];
  const report = (path: SpecPath, code: Finding["code"], args: Finding["args"]) =>
    found.push({ path, finding: { code, args } });
  const wrapperPath: SpecPath = wrapperWritten ? ["wrapper"] : ["binary"];

  if (spec.name === "") {
    report([], "no-name", { source: spec.source });
    if (!wrapperWritten) return found;
  }
  if (normalize(spec.binary) !== spec.binary || spec.binary.endsWith("/")) {
    report(["binary"], "not-plain-path", {
      path: spec.binary,
      plain: normalize(spec.binary).replace(/\/$/, ""),
    });
  }
  if (normalize(spec.wrapper) !== spec.wrapper || spec.wrapper.endsWith("/")) {
    report(wrapperPath, "not-plain-path", {
      path: spec.wrapper,
      plain: normalize(spec.wrapper).replace(/\/$/, ""),
    });
  }
  const { script } = spec;
  if (script !== undefined && (normalize(script) !== script || script.endsWith("/"))) {
    const plain = normalize(script).replace(/\/$/, "");
    report(["script"], "not-plain-path", { path: script, plain });
  }
  if (script !== undefined && [spec.binary, spec.wrapper, spec.real].includes(script)) {
    report(["script"], "script-is-other", { path: script });
  }
  if (spec.wrapper === spec.binary) report(wrapperPath, "wrapper-is-binary", { path: spec.binary });
  if (spec.wrapper === spec.real) report(wrapperPath, "wrapper-is-real", { path: spec.real });
  if (/[\n\s]$|\n/.test(spec.wrapper))
    report(wrapperPath, "wrapper-path-form", { path: JSON.stringify(spec.wrapper) });
  const firstLine = Buffer.byteLength(`#!/bin/bash ${spec.wrapper}`);
  if (firstLine > longestFirstLine) {
    report(wrapperPath, "first-line-too-long", {
      path: spec.wrapper,
      bytes: firstLine,
      limit: longestFirstLine,
    });
  }
  for (const [path, name] of [
    [["binary"], basename(spec.real)],
    [wrapperPath, `.${basename(spec.wrapper)}.name`],
  ] as const) {
    const bytes = Buffer.byteLength(name);
    if (bytes > longestFileName) {
      report(path, "name-too-long", { name, bytes, limit: longestFileName, folder: dirname(spec.binary) });
    }
  }
  return found;
}

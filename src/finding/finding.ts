/** Everything that can be wrong, as data. `words.ts` is the one place that turns it into sentences. */

/** A place in a user's file; line and column count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

export interface Finding {
  code: FindingCode;
  /** What the sentence is about: paths, names, values as they were found. */
  args: Record<string, string | number>;
  place?: Place;
  /** A source line and the column (from 0) and width of the part in it that is meant. */
  excerpt?: { text: string; from: number; width: number };
}

/** Things to know that are no problem. */
const notes: readonly FindingCode[] = [
  "real-upgraded",
  "old-kept",
  "binary-replaced",
  "real-kept",
  "uninstalled",
  "by-hand-left",
  "by-hand-no-exec",
  "by-hand-knows-name",
  "removed-given-back",
  "made-by-other",
  "file-changed",
];

export const severityOf = ({ code }: Finding): "problem" | "note" =>
  notes.includes(code) ? "note" : "problem";

export type FindingCode = keyof typeof import("./words.ts").words;

/** Exit codes of the command-line tool; part of the interface. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An expected failure: findings to show, and the exit code of the command that meets it. */
export class InterposeError extends Error {
  readonly findings: Finding[];
  readonly exitCode: ExitCode;

  constructor(findings: Finding[], exitCode: ExitCode, options?: ErrorOptions) {
    super(findings.map((finding) => finding.code).join(", "), options);
    this.name = "InterposeError";
    this.findings = findings;
    this.exitCode = exitCode;
  }
}

export const usageError = (...findings: Finding[]): InterposeError =>
  new InterposeError(findings, exitCodes.usage);

export const failure = (...findings: Finding[]): InterposeError =>
  new InterposeError(findings, exitCodes.failed);

export const unreachable = (...findings: Finding[]): InterposeError =>
  new InterposeError(findings, exitCodes.unreachable);

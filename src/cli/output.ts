/** What a command prints: sentences for people, or one JSON document for machines. */
import { createColors } from "picocolors";
import { type Finding, type InterposeError, severityOf } from "../finding/finding.ts";
import type { Said } from "../finding/say.ts";
import { inWords } from "../finding/words.ts";
import { displayed, displayedJson } from "../wrapper/quote.ts";

export interface Output {
  json: boolean;
  /** What a command needs to go to the host that this is about: nothing, or ` --host NAME`. */
  on: string;
  paint: ReturnType<typeof createColors>;
  /** A line for people; nothing in JSON mode. What could do something to a terminal is shown, but for colours. */
  line(text?: string): void;
  /** What is being done now; shown only where such a line is rewritten in place. */
  now(doing: string): void;
  /** A line for people on standard error; nothing in JSON mode. */
  note(text: string): void;
  /** A script or a document for people: its bytes as they are, unless a terminal would obey them. */
  text(text: string): void;
  /** The document for machines; nothing otherwise. */
  document(value: unknown): void;
}

export function createOutput({ json }: { json: boolean }): Output {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const colour = !NO_COLOR && (Boolean(FORCE_COLOR) || (process.stdout.isTTY === true && TERM !== "dumb"));
  return {
    json,
    on: "",
    paint: createColors(colour),
    line: (text = "") => {
      if (!json) process.stdout.write(`${fitting(text, colour)}\n`);
    },
    now: () => {},
    note: (text) => {
      if (!json) process.stderr.write(`${fitting(text, colour)}\n`);
    },
    text: (text) => {
      if (!json) process.stdout.write(`${process.stdout.isTTY ? shownText(text) : text}\n`);
    },
    document: (value) => {
      if (json) process.stdout.write(`${displayedJson(JSON.stringify(value, jsonValue, 2))}\n`);
    },
  };
}

/** A finding for machines: its data and its words. */
export function findingDocument(finding: Finding, { on }: Pick<Output, "on">): object {
  return {
    code: finding.code,
    severity: severityOf(finding),
    ...finding.args,
    ...(finding.place ? { place: finding.place } : {}),
    ...wordsOn(finding, on),
  };
}

/** A finding for people: where, what, the place with a caret under it, and what to do. */
export function findingLines(finding: Finding, { paint, on }: Output): string[] {
  const { what, todo, run = [] } = wordsOn(finding, on);
  const { place, excerpt } = finding;
  const where = place ? `${displayed(place.file)}:${place.line}:${place.column}: ` : "";
  const label = severityOf(finding) === "note" ? paint.yellow("note:") : paint.red("problem:");
  const lines = [`${paint.bold(where)}${label} ${displayed(what)}`];
  if (excerpt) {
    const carets = "^".repeat(Math.max(1, Math.min(excerpt.width, excerpt.text.length - excerpt.from || 1)));
    lines.push(`    ${displayed(excerpt.text)}`, `    ${" ".repeat(excerpt.from)}${paint.red(carets)}`);
  }
  if (todo !== "") lines.push(`  ${displayed(todo)}`);
  for (const command of run) lines.push(`    $ ${displayed(command)}`);
  return lines;
}

/** A finding in words whose commands go to the host that it is about. */
export function wordsOn(finding: Finding, on: Output["on"]): Said {
  const { what, todo, run } = inWords(finding);
  const aimed = (text: string) => text.replace(commands, (command) => `${command}${on}`);
  return { what: aimed(what), todo: aimed(todo), ...(run ? { run: run.map(aimed) } : {}) };
}

export function reportError(error: InterposeError, output: Output): void {
  if (output.json) output.document({ findings: error.findings.map((one) => findingDocument(one, output)) });
  for (const finding of error.findings) for (const line of findingLines(finding, output)) output.note(line);
}

// ---

/** Commands for a host in a sentence, with a name or a file as it ends within one, unless they name their host. */
const commands =
  /\binterpose (?:(?:adopt|apply|doctor|logs|prune|repair|rollback|services|verify) (?:'[^']*'|[\w./@-]*\w)|status(?: --all)?)(?! --host)/g;

/** The colours that picocolors makes are let through, where there are any. */
const unfit = /\x1b\[(?:[0-57]|9|2[1-9]|3[0-79]|9[0-7])m|(?![ \n])[\p{C}\p{Z}]/gu;
const fitting = (text: string, colour: boolean): string =>
  text.replace(unfit, (found) => (colour && found.length > 2 ? found : displayed(found)));

const shownText = (text: string): string => text.replace(/(?![ \n\t])[\p{C}\p{Z}]/gu, displayed);

const jsonValue = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

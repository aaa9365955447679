/** The text of a new file, with comments that say what can be in it. */
import { writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { usageError } from "../finding/finding.ts";

export interface NewFile {
  host: string;
  /** When it isn't the default. */
  sudo?: string | undefined;
  name: string;
  binary: string;
  wrapper: string;
  realSuffix: string;
  recipe: string | undefined;
}

export function writeSpecFile({ host, sudo, name, binary, wrapper, realSuffix, recipe }: NewFile): string {
  const line = (key: string, value: string) => stringify({ [key]: value }, { lineWidth: 0 }).trimEnd();
  return `${[
    "# An interception. What it would do: interpose plan; what a call would become: interpose explain.",
    "# yaml-language-server: $schema=https://unpkg.com/interpose/dist/schema.json",
    "",
    line("name", name),
    line("host", host),
    ...(sudo === undefined ? [] : [line("sudo", sudo)]),
    `# The path that callers use; the real binary is kept as ${binary}${realSuffix}.`,
    line("binary", binary),
    line("wrapper", wrapper),
    line("realSuffix", realSuffix),
    "",
    ...(recipe === undefined ? emptyPolicy : [recipe.trimEnd()]),
  ].join("\n")}\n`;
}

/** @throws InterposeError (exit 2) when it can't be written, or is there already */
export function writeFile(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw usageError({ code: "file-exists", args: { path: file } });
    throw usageError({ code: "file-unreadable", args: { path: file, reason: message } });
  }
}

// ---

const emptyPolicy = [
  "# Services that call it, for example: [nginx.service]",
  "services: []",
  "",
  "# Options whose value is the next word, so that the first operand is really found.",
  "arguments:",
  "  withValue: []",
  "",
  "# Tried in order; the first whose condition holds is taken, and the last one has none. For example:",
  "#   - name: verbose",
  '#     when: flag("--verbose") && !(option("--level") in ["debug", "trace"])',
  "#     append: [--level, debug]",
  "#   - name: no-root",
  '#     when: env("USER") == "root"',
  "#     deny: { exit: 77, message: not as root }",
  "routes:",
  "  - name: pass",
  "",
  "# Edits for every call: prepend, append, set, remove, env.",
  "always: {}",
];

/** Lines and processes that have to do with a binary -> who calls it. Pure. */
import { basename } from "node:path/posix";
import type { Line, Uses } from "./look.ts";

export interface Service {
  kind: "unit" | "user-unit" | "cron" | "supervisor" | "script" | "process";
  /** The unit, the cron table, the program of supervisor's, the script, or the process's command. */
  name: string;
  /** How it was found, for people. */
  how: string;
  /** The script by way of which it gets to the binary. */
  via?: string;
  pid?: number;
}

export function servicesOf({ lines, instances, running }: Uses, binary: string): Service[] {
  const scripts = lines.filter(({ kind, text }) => kind === "script" && calls(text, binary));
  const ways = new Set(scripts.map(({ file }) => file));
  const found: Service[] = [];
  const add = (service: Service) => {
    const known = found.some(
      ({ kind, name, via }) => kind === service.kind && name === service.name && via === service.via,
    );
    if (!known) found.push(service);
  };
  for (const line of lines) {
    if (line.kind === "script") continue;
    const command = commandIn(line);
    if (command === undefined) continue;
    const via = calls(command, binary) ? undefined : [...ways].find((way) => calls(command, way));
    if (via === undefined && !calls(command, binary)) continue;
    const how = `line ${line.number} of ${line.file}: ${line.text.trim()}`;
    const name = nameOf(line, lines);
    // A template is no service itself.
    const made = instances.filter(
      (unit) => unit.kind === line.kind && unit.name.replace(/@.+(?=\.service$)/, "@") === name,
    );
    for (const unit of made.length > 0 ? made : [{ name }])
      add({ kind: line.kind, name: unit.name, how, ...(via === undefined ? {} : { via }) });
  }
  for (const { file, number, text } of scripts)
    add({ kind: "script", name: file, how: `line ${number}: ${text.trim()}` });
  for (const { pid, command, unit, parent } of running) {
    const of = unit === "" ? `started by process ${parent}` : `of ${unit}, started by process ${parent}`;
    found.push({ kind: "process", name: command, how: `process ${pid}, ${of}`, pid });
  }
  return found;
}

// ---

/** Whether a command names a program: by its path anywhere, or by its name where a command begins. */
function calls(command: string, path: string): boolean {
  const [whole, name] = [path, basename(path)].map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return (
    new RegExp(`(^|[^\\w./-])${whole}($|[^\\w./-])`).test(command) ||
    new RegExp(
      `(^|[;&|(\`{]|\\b(?:exec|if|elif|while|until|then|do|else|env|nice|ionice|timeout \\S+|sudo|xargs)\\s)\\s*["']?${name}($|["'\\s;&|)\`}])`,
    ).test(command)
  );
}

/** What is run there; nothing where a line has another meaning. */
function commandIn({ kind, file, text }: Line): string | undefined {
  const line = text.trim();
  if (/^[#;]/.test(line)) return undefined;
  switch (kind) {
    case "unit":
    case "user-unit":
      return /^Exec\w+\s*=\s*[-@:+!|]*(.*)$/.exec(line)?.[1];
    case "supervisor":
      return /^command\s*=\s*(.*)$/.exec(line)?.[1];
    case "cron": {
      const times = /^(?:@\w+|(?:\S+\s+){4}\S+)\s+(.*)$/.exec(line)?.[1];
      // The machine's tables have the user before the command.
      return file.startsWith("/var/spool/") ? times : times?.replace(/^\S+\s+/, "");
    }
    default:
      return line;
  }
}

function nameOf({ kind, file, number }: Line, lines: Line[]): string {
  if (kind === "unit" || kind === "user-unit")
    return /([^/]+\.service)(?:\.d\/[^/]*)?$/.exec(file)?.[1] ?? basename(file);
  if (kind === "cron") return file;
  const section = lines
    .filter((line) => line.kind === kind && line.file === file && line.number < number)
    .map(({ text }) => /^\s*\[program:([^\]]+)\]/.exec(text)?.[1])
    .findLast((name) => name !== undefined);
  return section ?? basename(file);
}

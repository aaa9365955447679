/** Why calls go past the wrapper: facts -> findings. Pure. */
import { basename } from "node:path/posix";
import type { Finding } from "../finding/finding.ts";
import { describeStanding } from "../foreign/describe.ts";
import type { Standing } from "../foreign/standing.ts";
import type { Caller, Mention } from "./facts.ts";
import type { Patient } from "./patient.ts";

export function pastTheWrapper(patient: Patient): Finding[] {
  return [...shadowed(patient), ...namesReal(patient), ...runsOldFile(patient)];
}

// ---

/** Another program of that name comes first on the PATH of a caller. */
function shadowed({ around, calledSince, others }: Patient): Finding[] {
  const { binary, callers } = around;
  const findings: Finding[] = [];
  for (const caller of callers) {
    if (caller.found === "" || caller.same) continue;
    // Who doesn't search the binary's folder may well call it by its path, or not at all.
    const means = {
      ...{ login: false, units: false, here: false, sudo: false },
      cron: around.mentions.some((mention) => mention.file === caller.who && calls(mention, binary)),
      service: !calledSince,
    }[caller.kind];
    if (!caller.searched && !means) continue;
    const known = findings.find(({ args }) => args.other === caller.found);
    if (known) {
      known.args.caller = `${known.args.caller}, ${callerName(caller)}`;
      continue;
    }
    findings.push({
      code: "shadowed",
      args: {
        caller: callerName(caller),
        ...{ other: caller.found, path: binary, kind: kindOf(caller, others), search: caller.path },
      },
    });
  }
  return findings;
}

function callerName({ kind, who }: Caller): string {
  const names = {
    ...{ login: "login shells", units: "systemd's services", here: "this shell", sudo: "calls by sudo" },
    ...{ cron: `the jobs of ${who}`, service: `calls of ${who}` },
  };
  return names[kind];
}

function kindOf({ found, firstLine }: Caller, others: Map<string, Standing>): string {
  const standing = others.get(found);
  if (standing && standing.kind !== "none") return describeStanding(standing);
  if (firstLine.startsWith("#!")) return "a script";
  return "a program";
}

/** Whether one of the lines calls the program by its bare name. */
function calls({ lines }: Mention, binary: string): boolean {
  const name = escaped(basename(binary));
  const bare = new RegExp(`(^|[\\s;|&(\`"'])${name}($|[\\s;|&)\`"'])`);
  return lines.some(({ text }) => !isComment(text) && bare.test(text));
}

/** Places where the real binary, or the file that it leads to, is called by its own path. */
function namesReal({ around, interception: { layout } }: Patient): Finding[] {
  const { binary, real, target } = around;
  const paths = [...new Set([real, layout.namedReal, target])];
  const own = new Set([...Object.values(layout), target]);
  const overridden = overriddenUnits(around.mentions);
  const findings: Finding[] = [];
  for (const mention of around.mentions) {
    const { kind, file, lines } = mention;
    // The units of `guard` name what they guard.
    const ours = own.has(file) || basename(file).startsWith("interpose-");
    if (kind === "profile" || ours || overridden.has(file)) continue;
    const found = lines.flatMap(({ number, text }) => {
      const named = paths.find((path) => pattern(path).test(text));
      return named === undefined || isComment(text) ? [] : [{ number, text: text.trim(), named }];
    });
    const [first] = found;
    if (!first) continue;
    const named = new Set(found.map((one) => one.named));
    const edit = [...named].map((path) => replacing(path, binary)).join(";");
    const { number, text } = first;
    const args = { file, named: first.named, line: number, text, path: binary, edit };
    findings.push({ code: "names-real", args });
  }
  return findings;
}

/** A unit of the system's is nothing to systemd where one of that name is in a folder that comes first. */
function overriddenUnits(mentions: Mention[]): Set<string> {
  const units = mentions.filter(({ kind }) => kind === "unit").map(({ file }) => file);
  const hidden = units.filter((file) =>
    units.some((other) => other !== file && basename(other) === basename(file) && rank(other) < rank(file)),
  );
  return new Set(hidden);
}

const rank = (file: string): number =>
  ["/etc/systemd/", "/run/systemd/", "/usr/local/lib/"].findIndex((folder) => file.startsWith(folder)) + 1 ||
  9;

const isComment = (text: string): boolean => /^\s*[#;]/.test(text);

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/&]/g, "\\$&");

/** A path as a whole, not as part of a longer one. */
const pattern = (path: string): RegExp =>
  new RegExp(`(^|[^A-Za-z0-9._/-])${escaped(path)}($|[^A-Za-z0-9._/-])`);

/** The same for sed -E. */
const replacing = (path: string, by: string): string =>
  `s/(^|[^A-Za-z0-9._/-])${escaped(path)}($|[^A-Za-z0-9._/-])/\\1${by.replace(/[\\/&]/g, "\\$&")}\\2/g`;

/** Processes that were started by the binary's path when that was another file. */
function runsOldFile({ around, clock, swapped }: Patient): Finding[] {
  return around.processes
    .filter(({ how, start, logged }) => {
      if (how !== "runs") return true;
      // Of a link's target nothing shows by which path it was called; its start does, to a second or so.
      const known = around.target !== around.real && swapped !== undefined && clock.started > 0;
      return known && !logged && clock.started + start / clock.ticks < swapped - 2;
    })
    .slice(0, 20)
    .map(({ pid, command, unit }) => ({
      code: "runs-old-file",
      args: { pid, command, unit: unit || "no service" },
    }));
}

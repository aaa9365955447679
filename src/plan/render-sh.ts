/** A plan -> one POSIX sh script: what `apply` runs, and what `plan --as sh` prints. */
import { othersFunctions, othersParts } from "../host/others.ts";
import readerPart from "../log/reader.sh?raw";
import { hereDocument } from "../wrapper/here-document.ts";
import { displayed, quote } from "../wrapper/quote.ts";
import { paddingOf, type Wrapper } from "../wrapper/wrapper.ts";
import actPart from "./parts/act.sh?raw";
import type { Command, Plan } from "./plan.ts";

export function renderShell(plan: Plan): string {
  return `${[
    "#!/bin/sh",
    `# ${purposes[plan.action]}: interception ${displayed(plan.name)}, on ${displayed(plan.host)}. Written by interpose.`,
    "# Each step is checked by its gate, and undone when that fails. Nothing happens before the last line.",
    "LC_ALL=C",
    "export LC_ALL",
    "",
    `action=${plan.action}`,
    `state=${quote(plan.state)}`,
    `fallback=${plan.fallback}`,
    `planned_for=${quote(plan.seen ?? "any")}`,
    `wrapper_name=${quote(plan.wrapperName)}`,
    `environment_routes='${plan.environmentRoutes.map((route) => JSON.stringify(route)).join(" ")}'`,
    `policy_changes=${plan.policyChanges ? "yes" : "no"}`,
    `steps='${plan.steps.map((step) => step.id).join(" ")}'`,
    `begun='${undoneAnyway(plan).join(" ")}'`,
    `probes='${plan.probe.map((_, index) => index).join(" ")}'`,
    "",
    readerPart.trimEnd(),
    "",
    actPart.trimEnd(),
    "",
    ...othersParts.flatMap((part) => [part.trimEnd(), ""]),
    ...othersFunctions(plan.places, plan.programs),
    "",
    "# Decided already.",
    "decide() { :; }",
    "",
    ...probeArguments(plan.probe),
    "",
    ...plan.steps.flatMap((step) => [
      "",
      `# ${step.number}. ${displayed(step.title)}`,
      ...shellFunction(`run_${step.id}`, step.run),
      ...shellFunction(`gate_${step.id}`, step.gate),
      ...shellFunction(`undo_${step.id}`, step.undo),
    ]),
    ...plan.earlier.flatMap((step) => ["", ...shellFunction(`undo_${step.id}`, step.undo)]),
    "",
    ...prepare(plan),
    "",
    "act",
  ].join("\n")}\n`;
}

/** A command as it stands in the script; a here-document's text follows its line. */
export function commandLines(command: Command): { head: string; document?: string } {
  if (typeof command === "string") return { head: command };
  return hereDocument(command.command, command.text);
}

// ---

const purposes: Record<Plan["action"], string> = {
  apply: "Puts a wrapper in front of a binary",
  repair: "Puts an interception right",
  rollback: "Takes a wrapper away from a binary",
  guard: "Keeps an interception in place, or no longer",
  prune: "Removes older binaries that were kept",
};

function shellFunction(name: string, commands: Command[]): string[] {
  if (commands.length === 0) return [`${name}() { :; }`];
  const lines = commands.flatMap((command, index) => {
    const { head, document } = commandLines(command);
    const joint = index < commands.length - 1 ? " &&" : "";
    const body = head
      .split("\n")
      .map((line) => `\t${line}`)
      .join("\n");
    return [`${body}${joint}`, ...(document === undefined ? [] : [document])];
  });
  return [`${name}() {`, ...lines, "}"];
}

/** Where a run goes on that was cut off: what a failure undoes whether this run began it or not, the last first. */
function undoneAnyway({ steps, earlier }: Plan): string[] {
  if (earlier.length === 0) return [];
  const undone = new Set([...steps, ...earlier].filter(({ undo }) => undo.length > 0).map(({ id }) => id));
  return undoOrder.filter((id) => undone.has(id));
}

/** Calls have to be given back to the real binary before anything that the wrapper needs is gone. */
const undoOrder = ["swap", "name", "write", "divert", "keep"];

/** The manifest goes to its place in one rename, before anything else changes. */
function prepare({ manifest, repair, wrapper, paths, fallback }: Plan): string[] {
  if (manifest === undefined || repair === undefined || wrapper === undefined)
    return shellFunction("prepare", []);
  const keep = {
    previous: 'rm -f "$state"/*.previous && remember',
    earlier: 'if ! [ -f "$state/manifest.previous" ]; then remember; fi',
    none: 'rm -f "$state/manifest.previous" "$state/repair.previous" "$state/wrapper.previous"',
  };
  return shellFunction("prepare", [
    keep[fallback],
    { command: 'cat >"$state/manifest.new"', text: manifest, about: "the manifest" },
    { command: 'cat >"$state/paths"', text: paths.map((path) => `${path}\n`).join(""), about: "its paths" },
    { command: 'cat >"$state/repair.new"', text: repair, about: "what puts things right later" },
    ...writing(wrapper, '"$state/wrapper.new"'),
    'flush "$state/manifest.new" "$state/paths" "$state/repair.new" "$state/wrapper.new"',
    'mv -f "$state/wrapper.new" "$state/wrapper"',
    'mv -f "$state/repair.new" "$state/repair.sh"',
    'mv -f "$state/manifest.new" "$state/manifest.json"',
  ]);
}

/** Commands that write the wrapper's file. @param path as a word of a shell */
export function writing(wrapper: Wrapper, path: string): Command[] {
  if (wrapper.runtime === "bash")
    return [
      { command: `cat >${path}`, text: wrapper.text, about: "the text that `interpose compile` prints" },
    ];
  const { program, policy } = wrapper;
  const encoded = `${program.bytes.toString("base64").replace(/.{76}/g, "$&\n").trimEnd()}\n`;
  return [
    { command: `base64 -d >${path}`, text: encoded, about: `interpose's program for ${program.machine}` },
    { command: `cat >>${path}`, text: policy, about: "the text that `interpose compile` prints" },
    `head -c ${paddingOf(wrapper)} /dev/zero >>${path}`,
  ];
}

/** A function, so that an argument can hold anything; the patterns are those of the wrapper's record. */
export function probeArguments(probe: readonly string[]): string[] {
  const branches = probe.map((argument, index) => {
    const received = `"argv":[${JSON.stringify(argument)}],"argc":1,`;
    const passed = `${received}"execArgv":[${JSON.stringify(argument)}]`;
    return `\t${index}) value=${quote(argument)} received=${quote(received)} received_and_passed=${quote(passed)} ;;`;
  });
  return [
    "# probe_argument NUMBER: sets value to that argument, and how the log shows a call with it.",
    "probe_argument() {",
    "\tcase $1 in",
    ...branches,
    "\t*) return 1 ;;",
    "\tesac",
    "}",
  ];
}

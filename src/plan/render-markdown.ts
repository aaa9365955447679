/** A plan -> a runbook for a person, with the commands that `apply` would run. */
import { displayed } from "../wrapper/quote.ts";
import type { Command, Plan, Step } from "./plan.ts";

export function renderMarkdown(plan: Plan, file: string): string {
  const title = plan.action === "apply" ? "Interception" : "Rollback";
  return `${[
    `# ${title} \`${displayed(plan.name)}\` on ${displayed(plan.host)}`,
    "",
    `Made from \`${displayed(file)}\`. \`interpose plan --as sh\` prints the same as one script, which holds the words`,
    "`probe`, `keeps_name`, `answers_as_before`, `note_unlogged`, `quiesce` and `flush` that stand below.",
    "",
    ...(plan.steps.length === 0 ? ["Nothing is to be done."] : []),
    ...plan.already.map((done) => `- done already: ${displayed(done)}`),
    ...plan.steps.flatMap(section),
    ...plan.notes.flatMap((note) => ["", `## ${displayed(note)}`]),
  ].join("\n")}\n`;
}

// ---

function section(step: Step): string[] {
  return [
    "",
    `## ${step.number}. ${displayed(step.title)}`,
    "",
    ...code(step.run),
    ...(step.gate.length > 0
      ? ["", `Gate, each of which must succeed. ${step.todo}`, "", ...code(step.gate)]
      : []),
    ...(step.undo.length > 0 ? ["", "Undo:", "", ...code(step.undo)] : []),
  ];
}

const code = (commands: Command[]): string[] => [
  "```sh",
  ...commands.flatMap((command) => shown(command).split("\n").map(forReaders)),
  "```",
];

/** Tabs stay. */
const forReaders = (line: string): string => line.split("\t").map(displayed).join("\t");

/** A command for a person: what it reads is named, not repeated. */
export function shown(command: Command): string {
  return typeof command === "string" ? command : `${command.command}   # ${command.about}`;
}

/** How a plan and its run look on a terminal. */
import { type Finding, failure, unreachable } from "../finding/finding.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { shown } from "../plan/render-markdown.ts";
import type { PlanEvent, PlanResult } from "../plan/run.ts";
import { displayed } from "../wrapper/quote.ts";
import { onHost } from "./hosts.ts";
import { findingDocument, type Output } from "./output.ts";

export function planLines(plan: Plan, { paint }: Output): string[] {
  const lines: string[] = [];
  for (const done of plan.already) lines.push(`${paint.dim("done already:")} ${displayed(done)}`);
  for (const step of plan.steps) {
    if (lines.length > 0) lines.push("");
    lines.push(paint.bold(`${step.number}. ${displayed(step.title)}`));
    const rows: [string, Step["run"]][] = [
      ["run", step.run],
      ["gate", step.gate],
      ["undo", step.undo],
    ];
    for (const [name, commands] of rows) {
      for (const command of commands) {
        for (const line of shown(command).split("\n"))
          lines.push(`   ${paint.dim(name.padEnd(5))} ${displayed(line.replaceAll("\t", "  "))}`);
      }
    }
  }
  if (plan.steps.length > 0) for (const note of plan.notes) lines.push("", paint.bold(displayed(note)));
  if (plan.steps.length === 0) lines.push(`Nothing is to be done: ${plan.name} is in place.`);
  return lines;
}

export function planDocument(plan: Plan): object {
  return {
    action: plan.action,
    name: plan.name,
    host: plan.host,
    already: plan.already,
    notes: plan.notes,
    steps: plan.steps.map(({ id, number, title, run, gate, undo }) => ({
      ...{ id, number, title },
      run: run.map(shown),
      gate: gate.map(shown),
      undo: undo.map(shown),
    })),
  };
}

/** A line for each step as it ends, and what it is while it lasts. */
export function progress(plan: Plan, output: Output): (event: PlanEvent) => void {
  const { paint } = output;
  const titles = new Map(plan.steps.map((step) => [step.id, `${step.number}. ${displayed(step.title)}`]));
  return ({ kind, step, text }) => {
    const title = titles.get(step) ?? step;
    if (kind === "begin") output.now(title);
    if (kind === "done") output.line(`${paint.green("ok")}    ${title}`);
    if (kind === "failed-run" || kind === "failed-gate") {
      output.line(`${paint.red("no")}    ${title}`);
      output.now(`back from ${title}`);
    }
    if (kind === "note") output.note(displayed(text.trim()));
    if (kind === "undone") output.line(`${paint.yellow("back")}  ${title}`);
  };
}

/** @throws InterposeError when the run did not reach its end */
export function assertDone(plan: Plan, result: PlanResult): void {
  if (result.outcome === "done") return;
  const findings: Finding[] = [];
  const failed = result.events.find(({ kind }) => kind === "failed-run" || kind === "failed-gate");
  // Such a host can't be used for now.
  const full = failed !== undefined && /No space left on device/.test(failed.text);
  if (failed) {
    const step = plan.steps.find(({ id }) => id === failed.step);
    findings.push({
      code: failed.kind === "failed-gate" ? "gate-failed" : "step-failed",
      args: {
        number: step?.number ?? 0,
        title: step?.title ?? `write to ${plan.state}`,
        saw: failed.text.trim() || "it did not hold",
        todo: step?.todo || "Mend what is named above, and run the command again.",
      },
    });
  }
  if (result.outcome === "locked") {
    const holder = result.events.find(({ kind }) => kind === "locked")?.text ?? "unknown";
    findings.push({ code: "locked", args: { name: plan.name, pid: holder } });
  } else if (result.outcome === "outdated") {
    findings.push({ code: "plan-outdated", args: { name: plan.name } });
  } else if (result.outcome === "stuck") {
    const stuck = result.events.find(({ kind }) => kind === "stuck");
    const step = plan.steps.find(({ id }) => id === stuck?.step);
    findings.push({
      code: "undo-failed",
      args: { title: step?.title ?? "", saw: stuck?.text.trim() ?? "", name: plan.name },
    });
  } else if (result.outcome === "cut-off") {
    findings.push({
      code: "cut-off",
      args: { said: result.stderr || "the shell ended early", name: plan.name },
    });
  } else if (plan.action === "apply") {
    findings.push({ code: "all-undone", args: {} });
  }
  throw full && result.outcome === "undone" ? unreachable(...findings) : failure(...findings);
}

export function resultDocument(plan: Plan, changed: boolean, findings: Finding[] = []): object {
  return {
    name: plan.name,
    host: plan.host,
    action: plan.action,
    changed,
    steps: plan.steps.map(({ number, id, title }) => ({ number, id, title })),
    findings: findings.map((finding) => findingDocument(finding, { on: onHost({ name: plan.host }) })),
  };
}

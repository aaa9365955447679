/** Runs a plan on a host and reports its events as they come. */
import type { Host } from "../host/host.ts";
import type { Plan } from "./plan.ts";
import { renderShell } from "./render-sh.ts";

export interface PlanEvent {
  kind:
    | "situation"
    | "planned"
    | "begin"
    | "done"
    | "failed-run"
    | "failed-gate"
    | "note"
    | "undone"
    | "stuck"
    | "locked"
    | "finished";
  /** The step's id; empty where an event belongs to none. */
  step: string;
  text: string;
}

export interface PlanResult {
  /** `undone`: a step failed, and all is as before. `stuck`: it failed, and so did its undoing. */
  outcome: "done" | "undone" | "stuck" | "locked" | "cut-off";
  events: PlanEvent[];
  /** Exit status of the shell. */
  status: number;
  /** What the shell itself complained about. */
  stderr: string;
}

export const runPlan = (
  host: Host,
  plan: Plan,
  onEvent: (event: PlanEvent) => void = () => {},
): Promise<PlanResult> => runEvents(host, renderShell(plan), onEvent);

/** Runs a script that tells events as act.sh does. */
export async function runEvents(
  host: Host,
  script: string,
  onEvent: (event: PlanEvent) => void,
): Promise<PlanResult> {
  const events: PlanEvent[] = [];
  const onLine = (line: Buffer) => {
    const [kind, step, text] = line.toString("utf8").split("\u001f");
    if (text === undefined) return;
    const event = { kind, step, text } as PlanEvent;
    events.push(event);
    onEvent(event);
  };
  const { status, stderr } = await host.run(script, { onLine });
  const outcomes: Record<number, PlanResult["outcome"]> = { 0: "done", 1: "undone", 4: "stuck", 5: "locked" };
  const finished = events.some((event) => event.kind === "finished" || event.kind === "locked");
  return {
    status,
    outcome: finished ? (outcomes[status] ?? "cut-off") : "cut-off",
    events,
    stderr: stderr.toString("utf8").trim(),
  };
}

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
    | "outdated"
    | "finished";
  /** The step's id; empty where an event belongs to none. */
  step: string;
  text: string;
}

export interface PlanResult {
  /**
   * `undone`: a step failed, and all is as before. `stuck`: it failed, and so did its undoing. `outdated`: another
   * run came in between, and nothing was done.
   */
  outcome: "done" | "undone" | "stuck" | "locked" | "outdated" | "cut-off";
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
  const outcomes: Record<number, PlanResult["outcome"]> = {
    0: "done",
    1: "undone",
    4: "stuck",
    5: "locked",
    6: "outdated",
  };
  const finished = events.some((event) => ["finished", "locked", "outdated"].includes(event.kind));
  return {
    status,
    outcome: finished ? (outcomes[status] ?? "cut-off") : "cut-off",
    events,
    stderr: stderr.toString("utf8").trim(),
  };
}

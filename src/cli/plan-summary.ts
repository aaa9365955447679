/** A plan for a person: what calls will do, what appears, what is run to look, and the steps; twenty lines or so. */
import type { Prepared } from "../plan/prepare.ts";
import { probeNote } from "../plan/probes.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import { displayed, quote } from "../wrapper/quote.ts";
import type { Output } from "./output.ts";

export function planSummary(
  { spec }: Loaded,
  { plan, runtime, facts }: Prepared,
  { paint }: Output,
): string[] {
  const { binary, wrapper, target, nameFolder, apart } = layoutOf(spec);
  if (plan.steps.length === 0) return [`Nothing is to be done: ${plan.name} is in place.`];
  const kind = runtime.runtime === "native" ? "a native program" : "a bash script";
  const row = (name: string, text: string) => `  ${paint.dim(name.padEnd(10))} ${displayed(text)}`;
  const log = spec.log.none ? "nowhere" : `${spec.log.dir}/interpose-UID/${spec.name}.log`;
  const files = [
    ...(apart === undefined ? [] : [`${apart}/`]),
    ...[wrapper, spec.real, ...(spec.keepName === "no" ? [] : [`${nameFolder}/`])],
  ];
  const fresh = plan.fallback === "none";
  return [
    paint.bold(`${displayed(plan.name)} on ${displayed(plan.host)}`),
    row("calls of", binary),
    row("go through", `${wrapper}, ${kind}: ${runtime.why}`),
    row("and end in", target),
    row("logged in", log),
    ...(fresh ? [row("new files", `${files.join(" ")} ${plan.state}/`)] : []),
    row("is run", probeNote(spec, plan.probe, facts)),
    ...plan.already.map((done) => row("done", done)),
    ...plan.steps.map((step) => `${step.number}. ${displayed(step.title)}`),
    ...plan.notes.map(displayed),
    paint.dim(`The commands of each step: interpose plan ${displayed(quote(spec.source))} --verbose`),
  ];
}

/** Which arguments the binary is run with to see what it answers, and what is said of that before. Pure. */
import type { HostFacts } from "../host/look.ts";
import type { Spec } from "../spec/spec.ts";
import type { Interception } from "../state/manifest.ts";
import { quote } from "../wrapper/quote.ts";

/**
 * What the file says; else what can be expected to do no more than answer: of a package's program, and of nothing else,
 * since that may do its job whatever it is asked. One that is in place keeps what was found then.
 */
export function probesFor(spec: Spec, facts: HostFacts, existing: Interception | undefined): string[] {
  if (spec.probe) return spec.probe;
  if (existing) return existing.manifest.probe;
  return facts.packages.has(spec.binary) ? (facts.probes.get(spec.binary) ?? []) : [];
}

/** For the readers of a plan, before anything is run. */
export function probeNote(spec: Spec, probe: readonly string[], { user }: HostFacts): string {
  if (probe.length > 0) {
    const calls = probe.map((argument) => `${quote(spec.binary)} ${quote(argument)}`).join(" and ");
    return `${calls}, twice each, as ${user}: before and after. A script is run by both its names, and what answers otherwise twice more`;
  }
  const why = spec.probe
    ? "`probe` is empty"
    : "no package has it, or its text reads neither --version nor --help";
  return `nothing, to see that it answers as before: ${why}`;
}

/** Gates for what others have put in place: the script that a file names. */
import type { Finding } from "../finding/finding.ts";
import { factsOf, type HostFacts } from "../host/look.ts";
import type { Spec } from "../spec/spec.ts";

export function checkForeign(spec: Spec, facts: HostFacts): Finding[] {
  return checkScript(spec, facts);
}

// ---

function checkScript({ script, binary, wrapper, real }: Spec, facts: HostFacts): Finding[] {
  if (script === undefined) return [];
  const { kind, executable, resolved } = factsOf(facts, script);
  if (kind !== "file" || !executable) return [{ code: "script-unusable", args: { path: script, real } }];
  const others = [binary, wrapper, real].map((path) => factsOf(facts, path).resolved);
  // What was adopted leads to the script still.
  return others.slice(1).includes(resolved) ? [{ code: "script-is-other", args: { path: script } }] : [];
}

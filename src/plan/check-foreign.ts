/** Gates for what others have put in place: at the binary's path, and at that of the script which a file names. */
import type { Finding } from "../finding/finding.ts";
import { standingAt } from "../foreign/standing.ts";
import { factsOf, type HostFacts } from "../host/look.ts";
import type { Spec } from "../spec/spec.ts";
import type { Interception } from "../state/manifest.ts";

export function checkForeign(spec: Spec, facts: HostFacts, existing: Interception | undefined): Finding[] {
  return [...(existing ? [] : checkStanding(spec.binary, facts)), ...checkScript(spec, facts)];
}

// ---

/** Links of npm's are taken as they are: an upgrade that writes one anew is mended by a repair. */
function checkStanding(path: string, facts: HostFacts): Finding[] {
  const standing = standingAt(path, facts);
  switch (standing.kind) {
    case "by-hand": {
      const { script, real, realThere } = standing;
      return [{ code: realThere ? "made-by-hand" : "by-hand-real-lost", args: { path, script, real } }];
    }
    case "alternative":
      return [{ code: "is-alternative", args: { path, name: standing.name, target: standing.target } }];
    case "shim": {
      const { manager, programs } = standing;
      const name = path.slice(path.lastIndexOf("/") + 1);
      const target = programs[0] ?? "";
      return [{ code: target === "" ? "is-shim" : "is-shim-of", args: { path, manager, name, target } }];
    }
    // A diversion has a gate of its own, which knows ours.
    case "diverted":
    case "ours":
    case "npm":
    case "none":
      return [];
  }
}

function checkScript({ script, wrapper, real }: Spec, facts: HostFacts): Finding[] {
  if (script === undefined) return [];
  const { kind, executable, resolved } = factsOf(facts, script);
  if (kind !== "file" || !executable) return [{ code: "script-unusable", args: { path: script, real } }];
  const isOther = [wrapper, real].some((path) => factsOf(facts, path).resolved === resolved);
  return isOther ? [{ code: "script-is-other", args: { path: script } }] : [];
}

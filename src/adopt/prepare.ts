/** A hand-made interception and the file that was made of it -> the plan that takes it under management. */
import { type Finding, failure, InterposeError } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { factsOf, type HostFacts, look } from "../host/look.ts";
import { planApply } from "../plan/apply.ts";
import { checkHost, pathsOf } from "../plan/check.ts";
import { securedPaths } from "../plan/check-security.ts";
import { originalOf } from "../plan/original.ts";
import type { Plan } from "../plan/plan.ts";
import { wrapperFor } from "../plan/prepare.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf, type Spec } from "../spec/spec.ts";
import { type Interception, stateFolder } from "../state/manifest.ts";

/** @throws InterposeError when something is in the way; nothing was changed then */
export async function prepareAdoption(loaded: Loaded, host: Host): Promise<Plan> {
  const { spec, policy } = loaded;
  const layout = layoutOf(spec);
  const facts = await look(host, {
    paths: pathsOf(layout),
    packages: [layout.binary],
    secured: securedPaths(layout, spec.log.dir),
  });
  const taken = checkTaken(spec, facts);
  if (taken.length > 0) throw failure(...taken);
  const existing = begun(spec, facts);
  const { wrapper, choice } = wrapperFor(loaded, facts, existing);
  const needs = { ffprobe: false, bash: wrapper.runtime === "bash" };
  const { findings, exitCode } = checkHost(forNow(spec), facts, existing, needs);
  if (findings.length > 0) throw new InterposeError(findings, exitCode);
  return planApply({ spec, policy, wrapper, choice, facts, existing });
}

// ---

/** What an adoption makes must not be there. */
function checkTaken(spec: Spec, facts: HostFacts): Finding[] {
  const { wrapper, nameFolder, byHand } = layoutOf(spec);
  const codes: [string, Finding["code"]][] = [
    [wrapper, "wrapper-taken"],
    [nameFolder, "name-folder-taken"],
    [byHand, "by-hand-taken"],
  ];
  return codes.flatMap(([path, code]) =>
    factsOf(facts, path).kind === "none" ? [] : [{ code, args: { path } }],
  );
}

/** A script that stood at the binary's path gets its new one only by the plan. */
function forNow(spec: Spec): Spec {
  if (spec.script !== layoutOf(spec).byHand) return spec;
  const { script: _, ...rest } = spec;
  return rest;
}

/** As a run that was cut off at its start leaves it: the originals are recorded, and nothing is done yet. */
function begun(spec: Spec, facts: HostFacts): Interception {
  const { name, source, binary, wrapper, real, script, keepName, probe = [], services } = spec;
  return {
    manifest: {
      ...{ v: 1, name, file: source, binary, wrapper, real, keepName, probe, services },
      ...(script === undefined ? {} : { script }),
      original: originalOf(factsOf(facts, real)),
      adopted: originalOf(factsOf(facts, binary)),
      wrappers: [],
    },
    layout: layoutOf(spec),
    folder: stateFolder(facts, name),
    kept: [],
    guard: "",
    leftover: false,
    journal: [{ time: facts.now, what: "apply", event: "begin" }],
  };
}

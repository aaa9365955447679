/** A loaded file and a host -> a plan, after all checks. */
import { type Finding, InterposeError } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { type HostFacts, look } from "../host/look.ts";
import { usedFacts } from "../policy/policy.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import { cutOffAt, type Interception, interceptionsOf } from "../state/manifest.ts";
import { compileWrapper } from "../wrapper/compile.ts";
import { planApply } from "./apply.ts";
import { checkHost, pathsOf } from "./check.ts";
import { securedPaths } from "./check-security.ts";
import type { Plan } from "./plan.ts";

export interface Prepared {
  plan: Plan;
  facts: HostFacts;
  existing: Interception | undefined;
  /** Things to know that stop nothing. */
  notes: Finding[];
}

/** The wrapper's text for a file: the same bytes for the same file. */
export function wrapperOf({ spec, policy }: Loaded): string {
  return compileWrapper({
    policy,
    layout: layoutOf(spec),
    keepName: spec.keepName !== "no",
    source: spec.source,
  });
}

/**
 * A repair that was cut off has to be finished first.
 * @throws InterposeError when something is in the way; nothing was changed then
 */
export async function prepareApply(
  loaded: Loaded,
  host: Host,
): Promise<Prepared | { unfinishedRepair: Interception }> {
  const layout = layoutOf(loaded.spec);
  const wanted = {
    ...{ paths: pathsOf(layout), packages: [layout.binary], secured: securedPaths(layout) },
    standings: [layout.binary],
  };
  return prepareFrom(loaded, await look(host, wanted));
}

/** The same with facts that are at hand. Pure. */
export function prepareFrom(loaded: Loaded, facts: HostFacts): Prepared | { unfinishedRepair: Interception } {
  const { spec, policy } = loaded;
  const layout = layoutOf(spec);
  const existing = interceptionsOf(facts, layoutOf).interceptions.find(
    ({ manifest }) =>
      manifest.name === spec.name &&
      manifest.binary === layout.binary &&
      manifest.wrapper === layout.wrapper &&
      manifest.real === layout.real,
  );
  if (existing && cutOffAt(existing)?.run === "repair") return { unfinishedRepair: existing };
  const asksMedia = usedFacts(policy).some(({ kind }) => kind === "mediaDuration");
  const { findings, exitCode } = checkHost(spec, facts, existing, asksMedia);
  if (findings.length > 0) throw new InterposeError(findings, exitCode);
  return {
    plan: planApply({ spec, policy, wrapper: wrapperOf(loaded), facts, existing }),
    facts,
    existing,
    notes: [],
  };
}

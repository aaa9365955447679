/** A loaded file and a host -> a plan, after all checks. */
import { dirname } from "node:path/posix";
import { type Finding, failure, InterposeError, usageError } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { factsOf, type HostFacts, look, type PathFacts } from "../host/look.ts";
import { usedFacts } from "../policy/policy.ts";
import type { Loaded } from "../spec/load.ts";
import { type Layout, layoutOf } from "../spec/spec.ts";
import { cutOffAt, type Interception, interceptionsOf } from "../state/manifest.ts";
import { version } from "../version.ts";
import { type Choice, chooseRuntime } from "../wrapper/choose.ts";
import { compileWrapper } from "../wrapper/compile.ts";
import { nativeWrapper } from "../wrapper/native/native.ts";
import { programsFor } from "../wrapper/native/programs.ts";
import type { Wrapper } from "../wrapper/wrapper.ts";
import { diversionOf, planApply } from "./apply.ts";
import { checkHost, pathsOf } from "./check.ts";
import { securedPaths } from "./check-security.ts";
import type { Plan } from "./plan.ts";

export interface Prepared {
  plan: Plan;
  facts: HostFacts;
  existing: Interception | undefined;
  /** What the wrapper is, and why. */
  runtime: Choice;
  /** Things to know that stop nothing. */
  notes: Finding[];
}

/**
 * The bash wrapper's text for a file: the same bytes for the same file.
 * @throws InterposeError (exit 2) when it has what only the program can do
 */
export function bashTextOf({ spec, policy, bashLimits }: Loaded): string {
  if (bashLimits.length > 0) throw usageError(...bashLimits);
  return compileWrapper({
    policy,
    layout: layoutOf(spec),
    keepName: spec.keepName !== "no",
    source: spec.source,
  });
}

/**
 * The wrapper that a host gets, and why it is of that kind.
 * @throws InterposeError when the file asks for the program, and there is none that it could be
 */
export function wrapperFor(
  loaded: Loaded,
  facts: HostFacts,
  existing?: Interception,
): { wrapper: Wrapper; choice: Choice } {
  const { spec, policy, text } = loaded;
  const layout = layoutOf(spec);
  const programs = programsFor(facts.machine);
  const real = factsOf(facts, existing ? layout.real : layout.binary);
  const circumstances = {
    ...{ wanted: spec.runtime, machine: facts.machine, programs, forbids: facts.forbids },
    ...{ wrapper: layout.wrapper, realIsScript: real.firstLine.startsWith("#!") },
  };
  const choice = chooseRuntime(circumstances);
  const bash = (): Wrapper => ({ runtime: "bash", text: bashTextOf(loaded) });
  if (choice.runtime === "bash") return { wrapper: bash(), choice };
  const diversion = existing?.manifest.diversion ?? diversionOf(spec, facts);
  const native = nativeWrapper(
    {
      ...{ policy, layout, named: spec.keepName !== "no", source: spec.source, file: text, version },
      ...(diversion ? { diversion } : {}),
      ...(findsItsParts(real, layout) && spec.keepName !== "no" ? { called: layout.namedReal } : {}),
    },
    programs,
  );
  if (native) return { wrapper: native, choice };
  if (spec.runtime === "native") {
    throw failure({ code: "no-program", args: { machine: facts.machine, name: spec.name } });
  }
  const why = programs.length === 0 ? choice.why : "the policy is too large for the program";
  return { wrapper: bash(), choice: { runtime: "bash", why } };
}

/**
 * Whether the binary is a program behind a link into another directory: such a one may find its parts by following the
 * links of argv[0], as gcc, a relocated Python and TeX do.
 */
const findsItsParts = ({ link, resolved, firstLine }: PathFacts, { binary }: Layout): boolean =>
  link !== "" && !firstLine.startsWith("#!") && dirname(resolved) !== dirname(binary);

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
    ...{
      paths: pathsOf(layout),
      packages: [layout.binary],
      secured: securedPaths(layout, loaded.spec.log.dir),
    },
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
  const { wrapper, choice } = wrapperFor(loaded, facts, existing);
  const { findings, exitCode } = checkHost(spec, facts, existing, {
    ffprobe: asksMedia,
    bash: choice.runtime === "bash",
  });
  if (findings.length > 0) throw new InterposeError(findings, exitCode);
  return {
    plan: planApply({ spec, policy, wrapper, choice, facts, existing }),
    facts,
    existing,
    runtime: choice,
    notes: [],
  };
}

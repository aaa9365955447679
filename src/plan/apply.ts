/** Facts and a compiled policy -> the steps that are still to be done. Pure. */
import { createHash } from "node:crypto";
import { dirname, join, relative } from "node:path/posix";
import { factsOf, type HostFacts } from "../host/look.ts";
import { placesOf, programsOf } from "../host/others.ts";
import { changesCalls, environmentRoutesOf, type Policy } from "../policy/policy.ts";
import { defaultLogDir, type Layout, layoutOf, type Spec } from "../spec/spec.ts";
import {
  beforeOf,
  cutOffAt,
  type Diversion,
  type Interception,
  type Manifest,
  since,
  stateFolder,
} from "../state/manifest.ts";
import { version } from "../version.ts";
import type { Choice } from "../wrapper/choose.ts";
import { hashOf, policyHashOf, type Wrapper } from "../wrapper/wrapper.ts";
import { type Context, divert, keep, keepName, locate, swap, test, writeWrapper } from "./apply-steps.ts";
import { logNotes, privilegeNotes } from "./check-security.ts";
import { asSeen, currentOriginal, isOriginal, originalOf } from "./original.ts";
import { type Plan, type Step, seenState } from "./plan.ts";
import { probesFor } from "./probes.ts";
import { renderRepair } from "./repair.ts";
import { handOverProgram, handOverText } from "./shell-tests.ts";

export interface ApplyInput {
  spec: Spec;
  policy: Policy;
  wrapper: Wrapper;
  choice: Choice;
  facts: HostFacts;
  existing: Interception | undefined;
}

/** Texts of our own that a manifest remembers; more than one while an older wrapper is being replaced. */
const rememberedWrappers = 5;

export function planApply({ spec, policy, wrapper, choice, facts, existing }: ApplyInput): Plan {
  const layout = layoutOf(spec);
  const hash = hashOf(wrapper);
  const binary = factsOf(facts, layout.binary);
  const atPaths = [binary, factsOf(facts, layout.real), factsOf(facts, layout.byHand)];
  const original = existing ? currentOriginal(existing, facts) : originalOf(binary);
  const diversion = existing?.manifest.diversion ?? diversionOf(spec, facts);
  const handed = handedOver(layout, wrapper, spec.name, facts);
  const known = (existing?.manifest.wrappers ?? []).filter((text) => ![hash, handed].includes(text));
  const wrappers = [...known, ...(handed === undefined ? [] : [handed]), hash];
  const probe = probesFor(spec, facts, existing);
  const manifest: Manifest = {
    ...manifestOf({ ...spec, probe }, choice),
    ...(wrapper.runtime === "native" ? { policy: policyHashOf(wrapper) } : {}),
    original,
    ...(diversion ? { diversion } : {}),
    ...(existing?.manifest.adopted ? { adopted: asSeen(existing.manifest.adopted, atPaths) } : {}),
    wrappers: wrappers.slice(-rememberedWrappers),
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;

  const before = beforeOf(manifest, layout);
  const atBinary = isOriginal(binary, before.original);
  const swapped = binary.link === layout.wrapper;
  const kept = isOriginal(factsOf(facts, before.path), before.original);
  const written = factsOf(facts, layout.wrapper).sha256 === hash;
  const cut = existing && cutOffAt(existing);
  const complete = existing !== undefined && cut === undefined && !existing.leftover;
  // A first run, or one that goes on with such a run, or with a rollback, has nothing to fall back to.
  const first = !existing || (cut !== undefined && (cut.run === "rollback" || since(existing) === undefined));
  const context: Context = {
    ...{ layout, spec, original, before, facts, first, diversion, cutOff: cut !== undefined },
    former: existing && layoutOf(existing.manifest).target,
    state: stateFolder(facts, spec.name),
    texts: manifest.wrappers,
    handsOver: handed !== undefined,
  };

  const already: string[] = [];
  const changes: Step[] = [];
  const earlier: Step[] = [];
  const add = (isDone: boolean, what: string, step: () => Step) => {
    if (!isDone) {
      changes.push(step());
      return;
    }
    already.push(what);
    const made = step();
    if (cut && (first || made.id === "write")) earlier.push(made);
  };
  const sameName =
    existing?.manifest.keepName === spec.keepName &&
    existing.manifest.script === spec.script &&
    (spec.keepName !== "yes" || factsOf(facts, layout.namedReal).kind === "file");
  const what = manifest.adopted ? "what was made by hand" : "the real binary";
  add(kept, `${before.path} is ${what}`, () => keep(context));
  const diverted = !diversion || facts.diversions.get(layout.binary)?.to === diversion.to;
  if (diversion) add(diverted, `upgrades go to ${diversion.to}`, () => divert(context));
  add(written, `${layout.wrapper} is the wrapper of this policy`, () => writeWrapper(context, wrapper, hash));
  add(complete && sameName && swapped, "how the real binary is named", () => keepName(context));
  add(swapped, `${layout.binary} leads to the wrapper`, () => swap(context));
  const environmentRoutes = environmentRoutesOf(policy);
  const policyChanges = changesCalls(policy);
  const plan: Plan = {
    action: "apply",
    name: spec.name,
    host: spec.host,
    already,
    steps: [],
    earlier,
    fallback: first ? "none" : cut ? "earlier" : "previous",
    state: context.state,
    seen: seenState(facts, context.state),
    manifest: text,
    wrapper,
    repair: renderRepair({
      ...{ manifest, layout, diversion, environmentRoutes, policyChanges },
      state: context.state,
    }),
    places: placesOf(layout),
    programs: programsOf(layout),
    paths: [...new Set(Object.values(layout))],
    probe,
    wrapperName: spec.name,
    environmentRoutes,
    policyChanges,
    notes: [
      ...privilegeNotes(layout, facts),
      ...packageNotes(spec, facts),
      ...serviceNotes(spec),
      ...logNotes(spec, facts),
    ],
  };
  if (changes.length === 0 && complete) return plan;
  const named = factsOf(facts, layout.namedReal).kind === "file";
  // A script that comes new, or goes, may change what is printed.
  const other = context.former !== undefined && context.former !== layout.target;
  const same = atBinary ? spec.script === undefined || manifest.adopted !== undefined : !other;
  const where = atBinary ? layout.binary : named && !other ? layout.namedReal : layout.target;
  return { ...plan, steps: [locate(context, where), ...changes, test(context, same)] };
}

/** What a manifest has from the file alone. */
export function manifestOf(
  spec: Spec & { probe: string[] },
  { runtime, why }: Choice,
): Pick<Manifest, Exclude<keyof Manifest, "original" | "adopted" | "diversion" | "wrappers" | "policy">> {
  const { wrapper, real } = layoutOf(spec);
  return {
    v: 1,
    name: spec.name,
    file: spec.source,
    binary: spec.binary,
    wrapper,
    real,
    ...(spec.script === undefined ? {} : { script: spec.script }),
    keepName: spec.keepName,
    probe: spec.probe,
    services: spec.services,
    tool: version,
    runtime,
    runtimeWhy: why,
    ...(spec.log.none ? { logs: false } : {}),
    ...(spec.log.none || spec.log.dir === defaultLogDir ? {} : { logDir: spec.log.dir }),
  };
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

// ---

/** Where dpkg has the binary; nothing when none of its packages does. */
export function diversionOf({ binary, real }: Spec, facts: HostFacts): Diversion | undefined {
  const owner = facts.packages.get(binary);
  if (owner?.manager !== "dpkg") return undefined;
  return { path: owner.path, to: join(dirname(owner.path), relative(dirname(binary), real)) };
}

/** SHA-256 of what is at the wrapper's path while a program takes a script's place there; nothing where none does. */
function handedOver(layout: Layout, wrapper: Wrapper, name: string, facts: HostFacts): string | undefined {
  const program = handOverProgram(layout.wrapper, name);
  const isScript = factsOf(facts, layout.wrapper).firstLine.startsWith("#!");
  // A first line can't hold every path.
  if (wrapper.runtime !== "native" || !isScript || !/^[\w./@%+,:-]{1,120}$/.test(program)) return undefined;
  return sha256(handOverText(program));
}

function packageNotes({ name, binary }: Spec, facts: HostFacts): string[] {
  const owner = facts.packages.get(binary);
  if (owner?.manager !== "rpm") return [];
  return [
    `${binary} is from the package ${owner.name}. An upgrade of it takes the wrapper away, since rpm has no diversions: interpose repair ${name} puts it back, and interpose guard install does so by itself.`,
  ];
}

const serviceNotes = ({ name, services }: Spec): string[] =>
  services.map(
    (service) =>
      `6. ${service} goes through the wrapper from its next call on, without a restart; interpose logs ${name} shows its calls.`,
  );

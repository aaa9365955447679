/** Gates that come before everything: what is wrong with a host for an interception, from facts alone. */
import { basename, dirname } from "node:path/posix";
import type { ExitCode, Finding } from "../finding/finding.ts";
import { exitCodes, severityOf } from "../finding/finding.ts";
import { merged } from "../foreign/standing.ts";
import { factsOf, type HostFacts, mountOf } from "../host/look.ts";
import { otherMachine } from "../host/machine.ts";
import { type Layout, layoutOf, type Spec } from "../spec/spec.ts";
import { accountOf } from "../state/account.ts";
import { cutOffAt, type Interception, interceptionsOf, rootsOf } from "../state/manifest.ts";
import { checkForeign } from "./check-foreign.ts";
import { checkSecurity } from "./check-security.ts";
import { currentBefore, currentOriginal, isBridge, isKept, isOriginal } from "./original.ts";

/** The paths that a check, and the plan after it, want to know about. */
export function pathsOf(layout: Layout): string[] {
  return [...new Set(Object.values(layout))];
}

export interface Checked {
  findings: Finding[];
  exitCode: ExitCode;
}

/** @param needs what the wrapper needs there: ffprobe for the duration of media, bash for one that is a script */
export function checkHost(
  spec: Spec,
  facts: HostFacts,
  existing: Interception | undefined,
  needs: { ffprobe: boolean; bash: boolean },
): Checked {
  const roots = checkRoots(spec, facts);
  if (roots.length > 0) return { findings: roots, exitCode: exitCodes.failed };
  const foreign = checkForeign(spec, facts, existing);
  if (foreign.length > 0) return { findings: foreign, exitCode: exitCodes.failed };
  const failed = [
    ...(existing && !cutOffAt(existing)
      ? checkInPlace(existing, facts)
      : [...checkBinary(spec, facts, existing), ...checkTaken(spec, facts, existing)]),
    ...checkOthers(spec, facts),
    ...checkDiversion(spec, facts, existing),
  ];
  const unusable = [...(needs.bash ? checkBash(facts) : []), ...checkMachine(spec, facts)];
  if (needs.ffprobe && facts.ffprobe === "") failed.push({ code: "no-ffprobe", args: {} });
  if (failed.length > 0) return { findings: [...failed, ...unusable], exitCode: exitCodes.failed };
  // Nothing is wrong with what is there; the host can't be used.
  if (unusable.length > 0) return { findings: unusable, exitCode: exitCodes.unreachable };
  const privileges = checkPrivileges(spec, facts, existing);
  const placeProblems = [...checkPlaces(spec, facts), ...checkSecurity(spec, facts)];
  if (placeProblems.length > 0) return { findings: placeProblems, exitCode: exitCodes.failed };
  return { findings: privileges, exitCode: privileges.length > 0 ? exitCodes.unreachable : exitCodes.done };
}

// ---

/** What status says of one that is in place, but for what this run puts right, or its file has another word on. */
function checkInPlace(existing: Interception, facts: HostFacts): Finding[] {
  const { layout } = existing;
  const givenBack = isOriginal(factsOf(facts, layout.binary), currentBefore(existing, facts).original);
  return accountOf(existing, facts).findings.filter((finding) => {
    const { code, args } = finding;
    if (severityOf(finding) === "note" || code === "diversion-lost" || code === "script-missing")
      return false;
    if (code === "binary-given-back") return !givenBack;
    return args.path !== layout.namedReal;
  });
}

function checkBinary(spec: Spec, facts: HostFacts, existing: Interception | undefined): Finding[] {
  const binary = factsOf(facts, spec.binary);
  const path = spec.binary;
  if (binary.kind === "none") return [{ code: "binary-missing", args: { path } }];
  if (binary.kind === "dangling") return [{ code: "binary-dangling", args: { path, link: binary.link } }];
  if (binary.kind === "loop") return [{ code: "binary-loops", args: { path, link: binary.link } }];
  if (binary.kind === "folder") return [{ code: "binary-is-folder", args: { path } }];
  if (binary.kind === "other") return [{ code: "binary-is-special", args: { path } }];
  if (!binary.executable && !existing) {
    const mount = mountOf(facts, binary.resolved);
    if (mount?.options.includes("noexec")) return [{ code: "noexec", args: { path, folder: mount.folder } }];
    return [{ code: "binary-not-executable", args: { path, mode: binary.id?.mode ?? "?" } }];
  }
  const ours = binary.link === spec.wrapper || isBridge(binary, spec.wrapper, existing);
  const before = existing && currentBefore(existing, facts);
  // A repair has recorded the new binary, and was cut off before its journal said so.
  const recorded = existing && isKept(factsOf(facts, spec.real), existing) && !cutOffAt(existing);
  if (before && !ours && (recorded || !isOriginal(binary, before.original))) {
    return [{ code: "binary-overwritten", args: { path, name: spec.name } }];
  }
  if (!existing && (binary.resolved === spec.wrapper || binary.resolved === spec.real)) {
    const code = binary.resolved === spec.wrapper ? "foreign-interception" : "binary-leads-to-real";
    return [{ code, args: { path, wrapper: binary.resolved, real: spec.real } }];
  }
  return [];
}

/** Paths that ours would stand at, with something there that isn't. */
function checkTaken(spec: Spec, facts: HostFacts, existing: Interception | undefined): Finding[] {
  const findings: Finding[] = [];
  const { nameFolder, apart } = layoutOf(spec);
  const real = factsOf(facts, spec.real);
  const wrapper = factsOf(facts, spec.wrapper);
  if (!existing && real.kind !== "none") {
    const link = factsOf(facts, spec.binary).link;
    const byHand = link !== "" && factsOf(facts, spec.binary).firstLine.startsWith("#!");
    findings.push(
      byHand
        ? { code: "foreign-interception", args: { path: spec.binary, wrapper: link, real: spec.real } }
        : { code: "real-taken", args: { path: spec.real, suffix: spec.realSuffix } },
    );
  }
  if (existing && real.kind === "none" && factsOf(facts, spec.binary).link === spec.wrapper) {
    const todo = "Put the real binary there, or reinstall its package.";
    const args = { path: spec.real, expected: "the real binary", found: "not there", todo };
    findings.push({ code: "chain-broken", args });
  }
  const known = existing && (isOriginal(real, currentOriginal(existing, facts)) || isKept(real, existing));
  if (existing && real.kind !== "none" && !known) {
    findings.push({ code: "real-changed", args: { path: spec.real, name: spec.name } });
  }
  const ours = existing?.manifest.wrappers.includes(wrapper.sha256) ?? false;
  if (wrapper.kind !== "none" && !ours) {
    findings.push({
      code: existing ? "wrapper-edited" : "wrapper-taken",
      args: { path: spec.wrapper, name: spec.name, ...(existing && { state: existing.folder }) },
    });
  }
  if (!existing && factsOf(facts, nameFolder).kind !== "none") {
    findings.push({ code: "name-folder-taken", args: { path: nameFolder } });
  }
  if (!existing && apart !== undefined && factsOf(facts, apart).kind !== "none") {
    findings.push({ code: "name-folder-taken", args: { path: apart } });
  }
  return findings;
}

/** A path of both, whichever of its names it has. */
function sharedPath(spec: Spec, other: Pick<Spec, "binary" | "wrapper" | "real">, facts: HostFacts) {
  const known = [other.binary, other.wrapper, other.real].map((path) => merged(path, facts));
  return [spec.binary, spec.wrapper, spec.real].find((path) => known.includes(merged(path, facts)));
}

/** What root has put in place there. */
const checkRoots = (spec: Spec, facts: HostFacts): Finding[] =>
  rootsOf(facts).flatMap((manifest): Finding[] => {
    const path = sharedPath(spec, manifest, facts);
    return path === undefined ? [] : [{ code: "intercepted-by-root", args: { path, name: manifest.name } }];
  });

/** Other interceptions that this one would collide with. */
function checkOthers(spec: Spec, facts: HostFacts): Finding[] {
  const { interceptions } = interceptionsOf(facts, layoutOf);
  return interceptions.flatMap(({ manifest }): Finding[] => {
    if (manifest.name === spec.name) {
      const same =
        manifest.binary === spec.binary && manifest.wrapper === spec.wrapper && manifest.real === spec.real;
      if (same) return [];
      return [
        {
          code: "moved",
          args: { name: spec.name, binary: manifest.binary, wrapper: manifest.wrapper, real: manifest.real },
        },
      ];
    }
    const shared = sharedPath(spec, manifest, facts);
    return shared === undefined
      ? []
      : [{ code: "already-intercepted", args: { path: shared, name: manifest.name } }];
  });
}

/** A diversion of somebody else's, who then decides what is at the path. */
function checkDiversion(
  { binary, real }: Spec,
  facts: HostFacts,
  existing: Interception | undefined,
): Finding[] {
  const found = facts.diversions.get(binary);
  if (!found) return [];
  const ours = existing?.manifest.diversion?.to === found.to || found.to === real;
  if (found.by === "LOCAL" && existing && ours) return [];
  const by = found.by === "LOCAL" ? "an administrator" : `the package ${found.by}`;
  return [{ code: "diverted", args: { path: binary, by, to: found.to } }];
}

function checkBash(facts: HostFacts): Finding[] {
  if (facts.bash === "") return [{ code: "no-bash", args: {} }];
  const [major, minor] = facts.bash.split(".").map(Number);
  const recent = (major ?? 0) > 4 || (major === 4 && (minor ?? 0) >= 4);
  return recent ? [] : [{ code: "old-bash", args: { version: facts.bash } }];
}

/** A program that this machine can't run; where it is intercepted already, a wrapper is at its path. */
function checkMachine(spec: Spec, facts: HostFacts): Finding[] {
  const found = facts.security.machine && otherMachine(facts.security.machine);
  if (!found || spec.accept.includes("other-machine")) return [];
  return [{ code: "other-machine", args: { path: spec.binary, ...found } }];
}

/** The directory that the wrapper is in, or the one that its own is made in. */
function wrapperPlace(spec: Spec, facts: HostFacts): string {
  const place = dirname(spec.wrapper);
  const { apart } = layoutOf(spec);
  return place === apart && factsOf(facts, apart).kind === "none" ? dirname(apart) : place;
}

function checkPlaces(spec: Spec, facts: HostFacts): Finding[] {
  const findings: Finding[] = [];
  const place = wrapperPlace(spec, facts);
  const binary = factsOf(facts, spec.binary);
  const attributes = [
    { path: spec.binary, letters: binary.attributes },
    { path: dirname(spec.binary), letters: facts.folders.get(dirname(spec.binary))?.attributes ?? "" },
    { path: place, letters: facts.folders.get(place)?.attributes ?? "" },
  ];
  const fixed = attributes.find(({ letters }) => /[ia]/.test(letters));
  if (fixed) {
    findings.push({
      code: "immutable",
      args: { path: fixed.path, letter: fixed.letters.includes("i") ? "i" : "a" },
    });
  }
  for (const folder of new Set([dirname(spec.binary), place])) {
    const mount = mountOf(facts, folder);
    if (mount?.options.includes("ro"))
      findings.push({ code: "read-only", args: { path: folder, folder: mount.folder } });
    else if (mount?.options.includes("noexec") && folder === place) {
      findings.push({ code: "noexec", args: { path: spec.wrapper, folder: mount.folder } });
    }
  }
  const folder = facts.folders.get(place);
  if (folder && !folder.exists) findings.push({ code: "folder-missing", args: { path: folder.path } });
  return findings;
}

function checkPrivileges(spec: Spec, facts: HostFacts, existing: Interception | undefined): Finding[] {
  const findings: Finding[] = [];
  for (const folder of new Set([dirname(spec.binary), wrapperPlace(spec, facts)])) {
    if (facts.folders.get(folder)?.writable === false) {
      findings.push({ code: "folder-not-writable", args: { path: folder, user: facts.user } });
    }
  }
  const { path, writable } = facts.stateBase;
  if (!writable) findings.push({ code: "folder-not-writable", args: { path, user: facts.user } });
  const binary = factsOf(facts, spec.binary);
  const foreign = facts.uid !== 0 && binary.id?.uid !== facts.uid;
  if (findings.length === 0 && !existing && foreign && facts.protectedHardlinks) {
    findings.push({
      code: "hard-link-refused",
      args: {
        path: spec.binary,
        owner: binary.id?.owner ?? "?",
        user: facts.user,
        real: basename(spec.real),
      },
    });
  }
  return findings;
}

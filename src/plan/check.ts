/** Gates that come before everything: what is wrong with a host for an interception, from facts alone. */
import { basename, dirname } from "node:path/posix";
import type { ExitCode, Finding } from "../finding/finding.ts";
import { exitCodes } from "../finding/finding.ts";
import { factsOf, type HostFacts, mountOf, type PathFacts } from "../host/look.ts";
import { otherMachine } from "../host/machine.ts";
import { type Layout, layoutOf, type Spec } from "../spec/spec.ts";
import {
  type Before,
  beforeOf,
  cutOffAt,
  type Interception,
  interceptionsOf,
  type Original,
} from "../state/manifest.ts";
import { headerStart } from "../wrapper/header.ts";
import { checkForeign } from "./check-foreign.ts";
import { checkSecurity } from "./check-security.ts";

/** The paths that a check, and the plan after it, want to know about. */
export function pathsOf(layout: Layout): string[] {
  return [...new Set(Object.values(layout))];
}

export interface Checked {
  findings: Finding[];
  exitCode: ExitCode;
}

/** @param needsFfprobe whether the policy asks for the duration of media */
export function checkHost(
  spec: Spec,
  facts: HostFacts,
  existing: Interception | undefined,
  needsFfprobe: boolean,
): Checked {
  const foreign = checkForeign(spec, facts, existing);
  if (foreign.length > 0) return { findings: foreign, exitCode: exitCodes.failed };
  const failed = [
    ...checkBinary(spec, facts, existing),
    ...checkTaken(spec, facts, existing),
    ...checkOthers(spec, facts),
    ...checkDiversion(spec, facts, existing),
  ];
  const unusable = [...checkBash(facts), ...checkMachine(spec, facts)];
  if (needsFfprobe && facts.ffprobe === "") failed.push({ code: "no-ffprobe", args: {} });
  if (failed.length > 0) return { findings: [...failed, ...unusable], exitCode: exitCodes.failed };
  // Nothing is wrong with what is there; the host can't be used.
  if (unusable.length > 0) return { findings: unusable, exitCode: exitCodes.unreachable };
  const privileges = checkPrivileges(spec, facts, existing);
  const placeProblems = [...checkPlaces(spec, facts), ...checkSecurity(spec, facts)];
  if (placeProblems.length > 0) return { findings: placeProblems, exitCode: exitCodes.failed };
  return { findings: privileges, exitCode: privileges.length > 0 ? exitCodes.unreachable : exitCodes.done };
}

/**
 * Whether the path still is what the manifest says stood there. Many file systems get another device number when
 * they are mounted again; the rest tells enough then.
 */
export function isOriginal({ id, link, sha256 }: PathFacts, original: Original): boolean {
  if (id?.inode !== original.inode) return false;
  if (id.device === original.device) return true;
  if (id.size !== original.size || id.modified !== original.modified || link !== original.link) return false;
  // What a link leads to may have changed since.
  return link !== "" || sha256 === "" || original.sha256 === "" || sha256 === original.sha256;
}

/** The original with the device number that it has now, where it is among the paths. */
export function asSeen(original: Original, paths: PathFacts[]): Original {
  const device = paths.find((path) => isOriginal(path, original))?.id?.device;
  return device === undefined ? original : { ...original, device };
}

/** What the manifest has to say of a path. @throws RangeError when there is nothing at it */
export function originalOf({ id, link, sha256: hash }: PathFacts): Original {
  if (!id) throw new RangeError("there is nothing at the binary's path");
  return {
    link,
    device: id.device,
    inode: id.inode,
    size: id.size,
    mode: id.mode,
    uid: id.uid,
    gid: id.gid,
    modified: id.modified,
    sha256: hash,
  };
}

/**
 * The original as it is now: an upgrade may have replaced the real binary where it is, and then the new file is the
 * one that runs; also when it was given back since, or nothing is at the binary's path any more.
 */
export function currentOriginal(interception: Interception, facts: HostFacts): Original {
  const { manifest, layout } = interception;
  const [binary, real] = [factsOf(facts, layout.binary), factsOf(facts, layout.real)];
  const upgraded = isUpgraded(real, manifest.original, layout) && !isKept(real, interception);
  const ours = binary.link === layout.wrapper || isSame(binary, real) || binary.kind === "none";
  if (ours && upgraded) return originalOf(real);
  return asSeen(manifest.original, [binary, real]);
}

/** What the binary's path is given back to, as it is now. */
export function currentBefore(interception: Interception, facts: HostFacts): Before {
  const before = beforeOf(interception.manifest, interception.layout);
  const isReal = before.path === interception.layout.real;
  return isReal ? { ...before, original: currentOriginal(interception, facts) } : before;
}

const isSame = ({ id }: PathFacts, other: PathFacts): boolean =>
  id !== undefined && id.device === other.id?.device && id.inode === other.id.inode;

/** Whether there is another program than the recorded one at the real binary's path, and no way back. */
export function isUpgraded(real: PathFacts, original: Original, { wrapper }: Layout): boolean {
  return real.kind === "file" && real.executable && real.resolved !== wrapper && !isOriginal(real, original);
}

/** Whether a program was written to the wrapper's path, through the link that leads there: `cp new BINARY` does that. */
export function isWrittenThrough({ manifest, layout }: Interception, facts: HostFacts): boolean {
  const { kind, link, sha256, firstLine, executable } = factsOf(facts, layout.wrapper);
  const ours = manifest.wrappers.includes(sha256) || isFromWrapper(firstLine, layout.wrapper);
  const linked = factsOf(facts, layout.binary).link === layout.wrapper;
  return linked && kind === "file" && link === "" && executable && !ours;
}

/** @param firstLine at most 200 bytes of it */
const isFirstLineOf = (firstLine: string, wrapper: string): boolean => {
  const first = `#!/bin/bash ${wrapper}`;
  return firstLine.length < 200 ? first === firstLine : first.startsWith(firstLine);
};

/** Whether a text that begins so was made of the wrapper's: also by an editor with DOS line ends, or without the first line. */
const isFromWrapper = (firstLine: string, wrapper: string): boolean =>
  isFirstLineOf(firstLine.replace(/\r$/, ""), wrapper) || firstLine.startsWith(headerStart(wrapper));

/**
 * Whether the path is on its way from a script to the wrapper: it holds the script's text, for calls that are
 * about to read it, below a first line that leads new calls to the wrapper. See `bridge` in act.sh.
 */
export function isBridge(path: PathFacts, wrapper: string, existing: Interception | undefined): boolean {
  const begins = isForWrapper(path, wrapper) && isFirstLineOf(path.firstLine, wrapper);
  return begins && existing !== undefined && mayBeUnderWay(existing);
}

/** Whether it is a bridge to the wrapper, or what somebody made of the wrapper's text. */
export const isForWrapper = ({ kind, resolved, firstLine }: PathFacts, wrapper: string): boolean =>
  kind === "file" && resolved !== wrapper && isFromWrapper(firstLine, wrapper);

// ---

/** Whether a run was cut off, as far as the journal tells. */
const mayBeUnderWay = (interception: Interception): boolean =>
  interception.journal.length === 0 || cutOffAt(interception) !== undefined;

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
  const { nameFolder } = layoutOf(spec);
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
      args: { path: spec.wrapper, name: spec.name },
    });
  }
  if (!existing && factsOf(facts, nameFolder).kind !== "none") {
    findings.push({ code: "name-folder-taken", args: { path: nameFolder } });
  }
  return findings;
}

/** Whether it is a file that a repair replaced, or was about to when it was cut off. */
export const isKept = ({ id }: PathFacts, { kept }: Interception): boolean =>
  kept.some(({ device, inode }) => id?.device === device && id.inode === inode);

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
    const theirs = [manifest.binary, manifest.wrapper, manifest.real];
    const shared = [spec.binary, spec.wrapper, spec.real].find((path) => theirs.includes(path));
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
  const suffix = real.slice(binary.length);
  const ours = existing?.manifest.diversion?.to === found.to || found.to === `${binary}${suffix}`;
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

function checkPlaces(spec: Spec, facts: HostFacts): Finding[] {
  const findings: Finding[] = [];
  const binary = factsOf(facts, spec.binary);
  const attributes = [
    { path: spec.binary, letters: binary.attributes },
    { path: dirname(spec.binary), letters: facts.folders.get(dirname(spec.binary))?.attributes ?? "" },
    { path: dirname(spec.wrapper), letters: facts.folders.get(dirname(spec.wrapper))?.attributes ?? "" },
  ];
  const fixed = attributes.find(({ letters }) => /[ia]/.test(letters));
  if (fixed) {
    findings.push({
      code: "immutable",
      args: { path: fixed.path, letter: fixed.letters.includes("i") ? "i" : "a" },
    });
  }
  for (const folder of new Set([dirname(spec.binary), dirname(spec.wrapper)])) {
    const mount = mountOf(facts, folder);
    if (mount?.options.includes("ro"))
      findings.push({ code: "read-only", args: { path: folder, folder: mount.folder } });
    else if (mount?.options.includes("noexec") && folder === dirname(spec.wrapper)) {
      findings.push({ code: "noexec", args: { path: spec.wrapper, folder: mount.folder } });
    }
  }
  const folder = facts.folders.get(dirname(spec.wrapper));
  if (folder && !folder.exists) findings.push({ code: "folder-missing", args: { path: folder.path } });
  return findings;
}

function checkPrivileges(spec: Spec, facts: HostFacts, existing: Interception | undefined): Finding[] {
  const findings: Finding[] = [];
  for (const folder of new Set([dirname(spec.binary), dirname(spec.wrapper)])) {
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

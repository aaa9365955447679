/** Whether what stands at a path is the real binary, the wrapper, or what somebody made of them. Pure. */
import { factsOf, type HostFacts, type PathFacts } from "../host/look.ts";
import type { Layout } from "../spec/spec.ts";
import { type Before, beforeOf, cutOffAt, type Interception, type Original } from "../state/manifest.ts";
import { headerStart } from "../wrapper/header.ts";

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

/** How look.sh shows a wrapper that is a program, which has no line. */
const programMark = "interpose wrapper";

/** @param firstLine at most 200 bytes of it */
const isFirstLineOf = (firstLine: string, wrapper: string): boolean =>
  [`#!/bin/bash ${wrapper}`, `#!${wrapper}`].some((first) =>
    firstLine.length < 200 ? first === firstLine : first.startsWith(firstLine),
  );

/** Whether a text that begins so was made of the wrapper's: also by an editor with DOS line ends, or without the first line. */
export const isFromWrapper = (firstLine: string, wrapper: string): boolean =>
  isFirstLineOf(firstLine.replace(/\r$/, ""), wrapper) ||
  firstLine.startsWith(headerStart(wrapper)) ||
  firstLine === programMark;

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

/** Whether it is a file that a repair replaced, or was about to when it was cut off. */
export const isKept = ({ id }: PathFacts, { kept }: Interception): boolean =>
  kept.some(({ device, inode }) => id?.device === device && id.inode === inode);

// ---

/** Whether a run was cut off, as far as the journal tells. */
const mayBeUnderWay = (interception: Interception): boolean =>
  interception.journal.length === 0 || cutOffAt(interception) !== undefined;

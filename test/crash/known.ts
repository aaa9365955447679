/** What must be so at every moment, also while a run is cut off: the binary is there, and status knows. */
import { inWords } from "../../src/finding/words.ts";
import { factsOf } from "../../src/host/look.ts";
import { layoutOf } from "../../src/spec/spec.ts";
import { interceptionsOf } from "../../src/state/manifest.ts";
import { statusOf } from "../../src/state/status.ts";
import type { Ground } from "./ground.ts";

/** The bare binary, before anything was done. */
export interface Bare {
  inode: number | undefined;
  files: string;
}

export const bareOf = (at: Ground): Bare => ({
  inode: factsOf(at.facts(), at.layout.binary).id?.inode,
  files: at.files(),
});

/** @returns what is not as it must be */
export function wrongWith(at: Ground, bare: Bare): { lost: boolean; wrong: string[] } {
  const facts = at.facts();
  const { interceptions, unreadable } = interceptionsOf(facts, layoutOf);
  const [found] = interceptions;
  const [atBinary, atReal] = [at.layout.binary, at.layout.real].map((path) => factsOf(facts, path).id?.inode);
  const lost = atBinary !== bare.inode && atReal !== bare.inode;
  const wrong = lost ? ["the real binary is gone"] : [];
  if (unreadable.length > 0) wrong.push(`${unreadable.join()} can't be read`);
  if (!found) {
    if (atBinary !== bare.inode) wrong.push("nothing is known of what is in place");
    if (at.files() !== bare.files && !facts.remains.has("small"))
      wrong.push("nothing is said of what is left");
    return { lost, wrong };
  }
  const { state, findings } = statusOf(found, facts, "localhost");
  if (state === "intact") return { lost, wrong };
  const words = findings.map((finding) => inWords(finding).what);
  const [first = ""] = words;
  if (state !== "unfinished" || !/^The last (apply|repair|rollback) was cut off at its step \w+/.test(first))
    wrong.push(`status says ${state}: ${first}`);
  if (words.length > 1) wrong.push(`status says more: ${words.slice(1).join(" ")}`);
  return { lost, wrong };
}

/** The lines that only one of two listings has. */
export function difference(expected: string, found: string): string {
  const [old, now] = [expected, found].map((text) => text.split("\n")) as [string[], string[]];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ].join(" | ");
}

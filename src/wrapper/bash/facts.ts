/** The part of a wrapper that finds out the facts which conditions ask about. */
import { type Policy, usedFacts } from "../../policy/policy.ts";
import fileSize from "./file-size.bash?raw";
import { part } from "./lines.ts";
import mediaDuration from "./media-duration.bash?raw";

/** Functions, each a block of lines. */
export function factLines(policy: Policy): string[][] {
  const facts = usedFacts(policy);
  if (facts.length === 0) return [];
  return [
    ...(facts.some(({ kind }) => kind === "mediaDuration") ? [part(mediaDuration)] : []),
    ...(facts.some(({ kind }) => kind === "fileSize") ? [part(fileSize)] : []),
  ];
}

/** The part of a wrapper that finds out the facts which conditions ask about. */
import { type Policy, usedFacts } from "../../policy/policy.ts";
import { factFunction, factVariable, textWord, type Variables } from "./condition.ts";
import fileSize from "./file-size.bash?raw";
import findProgram from "./find-program.bash?raw";
import { part } from "./lines.ts";
import mediaDuration from "./media-duration.bash?raw";
import noteFact from "./note-fact.bash?raw";

/** Functions, each a block of lines. */
export function factLines(policy: Policy, variables: Variables): string[][] {
  const facts = usedFacts(policy);
  if (facts.length === 0) return [];
  const asks = facts.map(({ name, kind, of }) => {
    const variable = factVariable(name);
    return [
      `# ${factFunction(name)}: finds out \`${name}\` once; fails when it can't be had.`,
      `${factFunction(name)}() {`,
      `\tif [[ $${variable} == unknown ]]; then`,
      `\t\t${kind === "mediaDuration" ? "__media_duration" : "__file_size"} ${textWord(of, variables)}`,
      `\t\t__note_fact ${name}`,
      `\t\t${variable}=$__value`,
      "\tfi",
      `\t[[ $${variable} ]]`,
      "}",
    ];
  });
  return [
    ...(facts.some(({ kind }) => kind === "mediaDuration") ? [part(mediaDuration)] : []),
    ...(facts.some(({ kind }) => kind === "fileSize") ? [part(fileSize)] : []),
    part(findProgram),
    part(noteFact),
    ...asks,
  ];
}

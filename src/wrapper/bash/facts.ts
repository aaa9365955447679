/** The part of a wrapper that finds out the facts which conditions ask about. */
import { type Policy, usedFacts } from "../../policy/policy.ts";
import { factFunction, factVariable, textWord, type Variables } from "./condition.ts";
import fileSize from "./file-size.bash?raw";
import { part } from "./lines.ts";
import mediaDuration from "./media-duration.bash?raw";
import noteFact from "./note-fact.bash?raw";

export function factLines(policy: Policy, variables: Variables): string[] {
  const facts = usedFacts(policy);
  if (facts.length === 0) return [];
  const kinds = new Set(facts.map((fact) => fact.kind));
  const lines: string[] = [];
  if (kinds.has("mediaDuration")) lines.push(...part(mediaDuration), "");
  if (kinds.has("fileSize")) lines.push(...part(fileSize), "");
  lines.push(...part(noteFact));
  for (const { name, kind, of } of facts) {
    const variable = factVariable(name);
    const ask = kind === "mediaDuration" ? "__media_duration" : "__file_size";
    lines.push(
      "",
      `# ${factFunction(name)}: finds out \`${name}\` once; fails when it can't be had.`,
      `${factFunction(name)}() {`,
      `\tif [[ ! -v ${variable} ]]; then`,
      `\t\t__answer=''`,
      `\t\t${ask} ${textWord(of, variables)}`,
      `\t\t${variable}=$__answer`,
      `\t\t__note_fact ${name}`,
      "\tfi",
      `\t[[ $${variable} ]]`,
      "}",
    );
  }
  return lines;
}

/** A part of bash from its own file, as lines. What only some policies need ends with `#? word`, or `#?! word` for the others. */
export function part(text: string, has: ReadonlySet<string> = new Set()): string[] {
  return text
    .trimEnd()
    .split("\n")
    .flatMap((line) => {
      const [, kept = line, not, word = ""] = /^(.*) #\?(!?) (\w+)$/.exec(line) ?? [];
      return kept === line || has.has(word) === (not === "") ? [kept] : [];
    });
}

export const indented = (lines: string[]): string[] =>
  lines.map((line) => (line === "" ? line : `\t${line}`));

/** A part of bash from its own file, as lines. */
export const part = (text: string): string[] => text.trimEnd().split("\n");

export const indented = (lines: string[]): string[] =>
  lines.map((line) => (line === "" ? line : `\t${line}`));

/**
 * How deeply a file's lists and maps are nested, found out without recursion: composing and validating them
 * is recursive, and a few kilobytes of brackets would take the process down.
 */
import { type CST, type LineCounter, Parser } from "yaml";

/** A valid file needs five. */
const limit = 40;

/** @returns where the limit is passed, or nothing; @param lines learns where the lines up to there begin */
export function tooDeep(text: string, lines: LineCounter): { limit: number; offset: number } | undefined {
  const own: number[] = [];
  for (const token of new Parser((offset) => own.push(offset)).parse(text)) {
    const open: { token: CST.Token; depth: number }[] = [{ token, depth: 0 }];
    for (let next = open.pop(); next; next = open.pop()) {
      const { token, depth } = next;
      if (depth > limit) {
        own.forEach(lines.addNewLine);
        return { limit, offset: token.offset };
      }
      for (const child of childrenOf(token)) open.push({ token: child, depth: depth + 1 });
    }
  }
  return undefined;
}

// ---

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === "document") return token.value ? [token.value] : [];
  if (!("items" in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((child) => child != null));
}

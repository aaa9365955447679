/** What can be said of a shell script's text without running it. Pure. */

/**
 * Where words of a call are passed on so that they break: `$@` or `$*` without quotes, or "$*". Only lines count that
 * run something by exec or name one of the programs, or set the words anew.
 */
export function brokenWords(
  text: string,
  programs: readonly string[],
): { line: number; found: string; text: string } | undefined {
  for (const [index, line] of text.split("\n").entries()) {
    const passes =
      /(^|[\s;&|])(exec|set\s+--|command|nohup|nice|timeout)\s/.test(line) ||
      programs.some((program) => line.includes(program));
    if (/^\s*#/.test(line) || !passes) continue;
    const found = carelessWords(line);
    if (found) return { line: index + 1, found, text: line.trim() };
  }
  return undefined;
}

/** Whether a line ends in the real binary by exec. */
export const hasExec = (text: string): boolean =>
  text
    .split("\n")
    .some((line) => !/^\s*(#|trap\b)/.test(line) && /(^|[\s;&|'"])exec\s+(?!\d*[<>])[^{<>\s&]/.test(line));

// ---

/** A line of shell, read as far as its quotes go. */
function carelessWords(line: string): string | undefined {
  let quotes = "";
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (quotes === "'") {
      if (char === "'") quotes = "";
    } else if (char === "\\") {
      at++;
    } else if (char === '"' || (char === "'" && quotes === "")) {
      quotes = quotes === char ? "" : char;
    } else if (char === "#" && quotes === "" && /(^|\s)$/.test(line.slice(0, at))) {
      return undefined;
    } else if (char === "$") {
      const [words, kind] = /^\$(?:\{?|\{\w+\[)([@*])/.exec(line.slice(at)) ?? [];
      if (words !== undefined && (kind === "*" || quotes === "")) return `$${kind}`;
    }
  }
  return undefined;
}

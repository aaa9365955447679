/** Text from a log, fit for a terminal: whatever could move a cursor, hide or reorder something is spelt out. */
import { quote } from "../wrapper/quote.ts";

/** Controls, format characters such as the bidirectional ones, lone surrogates, and spaces that aren't a space. */
const unfit = /(?! )[\p{C}\p{Z}]/u;
const everyUnfit = new RegExp(unfit, "gu");

/** A word as a shell would need it; as bash's $'...' when there is something in it to spell out. */
export function shellWord(word: string): string {
  if (!unfit.test(word)) return quote(word);
  return `$'${spelt(word.replace(/[\\']/g, "\\$&"))}'`;
}

/** A text that is no shell word: names, messages. */
export const visible = (text: string): string => spelt(text);

// ---

const short: Record<string, string> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

const spelt = (text: string): string => text.replace(everyUnfit, (char) => short[char] ?? byNumber(char));

function byNumber(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  // A byte that isn't UTF-8.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code & 0xff, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

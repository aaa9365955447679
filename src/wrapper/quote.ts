/**
 * The one way in which a value reaches a shell. Plain words stay as they are; everything else is put into
 * single quotes, which dash, busybox ash and bash all read byte for byte.
 * @throws RangeError for a NUL, which no shell word can hold; the reader of the file reports it earlier
 */
export function quote(word: string): string {
  if (word.includes("\0")) throw new RangeError("a shell word can't hold a NUL");
  // A leading = or ~, and words such as {a,b}, mean something in some shells, so the safe set is small.
  if (/^[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+,=-]*$/.test(word) && !reserved.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Words that end or start a command, also as a pattern or where a reader would take them for one. */
const reserved = /^(case|coproc|do|done|elif|else|esac|fi|for|function|if|in|select|then|time|until|while)$/;

export const quoteAll = (words: readonly string[]): string => words.map(quote).join(" ");

/**
 * Text for a comment or a message: what could end the line, move a cursor, or hide and reorder what is read
 * (controls, format characters such as the bidirectional ones, spaces that aren't a space) is shown as in JSON.
 */
export function displayed(text: string): string {
  return text.replace(/(?! )[\p{C}\p{Z}]/gu, (char) =>
    Array.from({ length: char.length }, (_, index) => byNumber(char.charCodeAt(index))).join(""),
  );
}

/** The same for JSON, which stays the same document. */
export const displayedJson = (json: string): string =>
  json.replace(/(?![ \n])[\p{C}\p{Z}]/gu, (char) => displayed(char));

const byNumber = (code: number): string => `\\u${code.toString(16).padStart(4, "0")}`;

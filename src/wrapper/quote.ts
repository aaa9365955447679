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

/** Text for a comment or a message: control characters, which could end the line or move a cursor, are shown. */
export function displayed(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** How text is written in a policy: wrapper/policy.c reads it. */

/**
 * A value on a line of its own. What could end the line, move a cursor, or hide and reorder what is read is written by
 * its bytes, and so is a space that an editor could lose.
 */
export const escaped = (text: string): string =>
  text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replace(/(?! )[\p{C}\p{Z}]|^ | $/gu, bytesOf);

/** The same as a text of an expression. */
export const quoted = (text: string): string => `"${escaped(text).replaceAll('"', '\\"')}"`;

// ---

const bytesOf = (char: string): string =>
  [...Buffer.from(char)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");

/**
 * A command with a text that it reads, as two parts of a script: its line, and what follows that line.
 * @param descriptor the one that the text is read from; standard input unless it is given
 */
export function hereDocument(
  command: string,
  text: string,
  descriptor = "",
): { head: string; document: string } {
  const word = delimiter(text);
  return { head: `${command} ${descriptor}<<'${word}'`, document: `${text}${word}` };
}

/** A line that is not in the text, to end it with. */
function delimiter(text: string): string {
  const lines = new Set(text.split("\n"));
  for (let count = 0; ; count++) {
    const word = count === 0 ? "END_OF_TEXT" : `END_OF_TEXT_${count}`;
    if (!lines.has(word)) return word;
  }
}

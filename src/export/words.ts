/** Findings and titles of steps -> functions of a shell that print them; what is known only there comes as arguments. */
import type { Finding, FindingCode } from "../finding/finding.ts";
import { inWords } from "../finding/words.ts";
import { displayed, quote } from "../wrapper/quote.ts";

/** What a script can say: a finding, of whose arguments some are known now, and the others, in order, when it runs. */
export interface Sayable {
  code: FindingCode;
  known?: Finding["args"];
  later?: string[];
}

/**
 * `words CODE ARGUMENT...`, which prints a sentence and, below it, what to do; nothing for other words.
 * @param sayable by the word that the script has for it
 * @param plain lines without anything to fill in, by their word
 */
export function wordsFunction(sayable: Record<string, Sayable>, plain: Record<string, string>): string[] {
  const branches = Object.entries(sayable).flatMap(([word, { code, known = {}, later = [] }]) => {
    const marks = Object.fromEntries(later.map((name, index) => [name, mark(index)]));
    const { what, todo } = inWords({ code, args: { ...known, ...marks } });
    const texts = [what, todo].filter((text) => text !== "").map((text) => shellText(text));
    return [`\t${word}) printf '%s\\n' ${texts.join(" ")} ;;`];
  });
  const lines = Object.entries(plain).map(
    ([word, text]) => `\t${word}) printf '%s\\n' ${quote(displayed(text))} ;;`,
  );
  return [
    "# words WORD ARGUMENT...: says it, and what to do.",
    "words() {",
    "\tword=$1",
    "\tshift",
    "\tcase $word in",
    ...branches,
    ...lines,
    "\tesac",
    "}",
  ];
}

/** `title STEP`, which prints what a step does. @param titles by the step's id, or `ACTION-ID` for one action only */
export function titleFunction(titles: Record<string, string>): string[] {
  return [
    "# title STEP: what it does.",
    "title() {",
    "\tcase $action-$1 in",
    ...Object.entries(titles).map(
      ([id, title]) => `\t${id.includes("-") ? id : `*-${id}`}) printf '%s\\n' ${quote(displayed(title))} ;;`,
    ),
    "\t*) printf '%s\\n' \"$1\" ;;",
    "\tesac",
    "}",
  ];
}

/** `machine_name BYTES`, for the order of bytes and the number of the machine as gates.sh has them. */
export function machineFunction(names: Record<string, string>): string[] {
  const bytesOf = (key: string) => {
    const [number, order] = key.split(" ");
    const hex = Number(number).toString(16).padStart(4, "0");
    return order === "big" ? `02 ${hex}` : `01 ${hex.slice(2)}${hex.slice(0, 2)}`;
  };
  return [
    "# machine_name BYTES: what people call it.",
    "machine_name() {",
    "\tcase $1 in",
    ...Object.entries(names).map(
      ([key, name]) => `\t${quote(bytesOf(key))}) printf '%s\\n' ${quote(displayed(name))} ;;`,
    ),
    "\t*) printf 'the machine %s of ELF\\n' \"$1\" ;;",
    "\tesac",
    "}",
  ];
}

// ---

const mark = (index: number): string => `\u0001${index + 1}\u0001`;

/** A word of the shell in which each mark is one of the function's arguments. */
const shellText = (text: string): string =>
  text
    .split(/\u0001(\d)\u0001/)
    .map((piece, index) =>
      index % 2 === 1 ? `"\${${piece}-}"` : piece === "" ? "" : quote(displayed(piece)),
    )
    .join("");

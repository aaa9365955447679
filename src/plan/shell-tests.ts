/** Tests that steps are made of, in POSIX sh. */
import { dirname, join } from "node:path/posix";
import { quote, quoteAll } from "../wrapper/quote.ts";

/** A file by its device and inode: as numbers, or in a variable of the script that finds it out as it runs. */
export type Identity = { device: number; inode: number } | { variable: string };

/** True when the path is the very file, or the very link, that stood at the binary's path. */
export const isFile = (path: string, identity: Identity): string =>
  `[ "$(stat -c %d:%i ${quote(path)})" = ${idWord(identity)} ]`;

/** Device and inode as a word of the script. */
export const idWord = (identity: Identity): string =>
  "variable" in identity ? `"$${identity.variable}"` : `${identity.device}:${identity.inode}`;

/** True when both paths are the same file, or the same link, themselves. */
export const isSameFile = (path: string, other: string): string =>
  `[ "$(stat -c %d:%i ${quote(path)})" = "$(stat -c %d:%i ${quote(other)} || echo none)" ]`;

/** True when the file at the path has one of the contents, by their SHA-256. */
export const hasContent = (path: string, hashes: string[]): string =>
  hashes.length === 1
    ? `[ "$(sha256sum <${quote(path)})" = '${hashes[0]}  -' ]`
    : `case $(sha256sum <${quote(path)}) in ${hashes.map((hash) => `'${hash}  -'`).join(" | ")}) ;; *) false ;; esac`;

/** Waits until the names of the paths are on disk. */
export const flushNames = (...paths: string[]): string =>
  `flush ${quoteAll([...new Set(paths.map((path) => dirname(path)))])}`;

/** Where something is made before it takes its place in one rename; the same name again, so that none is left over. */
export const temporary = (path: string, name: string): string =>
  join(dirname(path), `.${name}.interpose-new`);

/** Where the program is while a bash wrapper is replaced by it; see hand_over in act.sh. */
export const handOverProgram = (wrapper: string, name: string): string =>
  join(dirname(wrapper), `.${name}.interpose-program`);
/** What is at the wrapper's path meanwhile. */
export const handOverText = (program: string): string =>
  `#!${program}\nexec -a "$1" "${program}" "\${@:2}"\n`;

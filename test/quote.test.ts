/** A quoted word is the same word to every shell that the project's scripts meet. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quote, quoteAll } from "../src/wrapper/quote.ts";

/** Words of any text but NUL, and often of what a shell looks at. */
const special = fc.constantFrom(
  ..."'\"\\$`!*?[]{}()<>|&;~#=%^ \t\n\r\x01\x7f\x1b-+@:,/.",
  ..."aZ09_é😀\u2028",
  ...["$(", "${", "\\n", "--", "-n", "esac", "if", "then", "EOF", "\\'", "'\\''", "\\\n"],
);
const word = fc.oneof(
  fc.array(special, { maxLength: 12 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 20 }).filter((text) => !text.includes("\0")),
  fc.constantFrom("case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function"),
  fc.constantFrom("if", "in", "select", "then", "time", "until", "while", "!", "{", "}", "[[", "]]"),
);

const shells = [
  { name: "dash", command: ["dash"] },
  { name: "busybox sh", command: ["busybox", "sh"] },
  { name: "bash", command: ["bash"] },
  { name: "bash as sh", command: ["bash", "--posix"] },
];

describe.each(shells)("$name", ({ name, command: [program = "", ...options] }) => {
  test("reads quoted words as they were", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 200 }), (words) => {
        // Each as an argument, in an assignment, and as a pattern that matches itself alone.
        const script = words
          .map(
            (one) =>
              `w=${quote(one)}; case $w in ${quote(one)}) ;; *) printf different ;; esac; printf '%s\\0' "$w" ${quote(one)}`,
          )
          .join("\n");
        const run = spawnSync(program, options, { input: `${script}\nprintf '%s\\0' ${quoteAll(words)}\n` });
        if (run.error) throw new Error(`${name} is needed for this test`, { cause: run.error });
        expect(run.stderr.toString()).toBe("");
        const expected = [...words.flatMap((one) => [one, one]), ...words];
        expect(run.stdout.toString()).toBe(expected.map((one) => `${one}\0`).join(""));
      }),
      { numRuns: 40 },
    );
  });
});

test("what no shell word can hold is refused", () => {
  expect(() => quote("a\0b")).toThrow(RangeError);
});

test("plain words stay plain", () => {
  for (const plain of ["a", "--model", "/usr/bin/x", "a=b", "1.5", "x@y", "%s", "a,b"]) {
    expect(quote(plain)).toBe(plain);
  }
});

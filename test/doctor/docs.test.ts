/** The table in docs/doctor.md has each code with its words. `UPDATE_DOCS=1` writes it anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { symptomNames, symptoms } from "../../src/doctor/symptoms.ts";
import { doctorWords } from "../../src/finding/doctor-words.ts";
import type { Finding } from "../../src/finding/finding.ts";
import { inWords } from "../../src/finding/words.ts";

/** Every argument is there, and is its own name in capitals. */
const namesAsValues = new Proxy({} as Finding["args"], {
  has: () => true,
  get: (_, name) => String(name).toUpperCase(),
});

const cell = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;");

const table = symptomNames
  .map((symptom) => {
    const { title, codes } = symptoms[symptom];
    const rows = codes.map((code) => {
      const { what, todo, run = [] } = inWords({ code, args: namesAsValues });
      const commands = run.map((command) => `<br>\`${cell(command)}\``).join("");
      return `| \`${code}\` | ${cell(what)} | ${cell(todo)}${commands} |`;
    });
    return `### ${title}\n\n| code | what it says | what to do |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
  })
  .join("\n");

const path = "docs/doctor.md";
const [begin, end] = [
  "<!-- the table: made from the words by test/doctor/docs.test.ts -->\n",
  "<!-- its end -->\n",
];

test("docs/doctor.md has each code, with its words", () => {
  const text = readFileSync(path, "utf8");
  const [before = "", rest = ""] = text.split(begin);
  const [, after] = rest.split(end);
  const right = `${before}${begin}\n${table}\n${end}${after}`;
  if (process.env.UPDATE_DOCS) writeFileSync(path, right);
  else expect(text, "run it with UPDATE_DOCS=1").toBe(right);
});

test("every code of doctor's own belongs to a symptom, and none to two", () => {
  const all = symptomNames.flatMap((name): string[] => [...symptoms[name].codes]);
  expect(new Set(all).size).toBe(all.length);
  for (const code of Object.keys(doctorWords)) expect(all).toContain(code);
});

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localhost } from "../src/host/local.ts";
import { loadSpec } from "../src/spec/load.ts";
import { decide } from "../src/wrapper/decide.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "interpose-decide-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const load = (file: object) =>
  loadSpec(Buffer.from(JSON.stringify({ binary: "/opt/tool", ...file })), "tool.yaml");

test.each([
  "END_OF_TEXT",
  "END_OF_WRAPPER",
  "END_OF_PROBE",
  "END_OF_TEXT_1",
])("a line %s in a policy ends nothing but itself", async (word) => {
  const word2 = `a\n${word}\ntouch ${folder}/ran\ncat <<${word} >/dev/null #\nEND_OF_TEXT`;
  const decision = await decide(localhost, load({ always: { append: [word2] } }), ["b"]);
  expect(decision.argv).toEqual(["b", word2]);
  expect(existsSync(join(folder, "ran"))).toBe(false);
});

test("a call is explained with its facts and reasons", async () => {
  const loaded = load({
    facts: { input: { fileSize: "operand(0)" } },
    routes: [
      { name: "empty", when: 'input < quantity("1")', deny: { exit: 9, message: "it is empty" } },
      { name: "other", append: ["--ok"] },
    ],
  });
  expect(await decide(localhost, loaded, ["/dev/null/none"])).toMatchObject({
    route: "other",
    argv: ["/dev/null/none", "--ok"],
    facts: { input: null },
    errors: ["input: no such file"],
  });
});

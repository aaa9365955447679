import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localhost } from "../src/host/local.ts";
import { loadSpec } from "../src/spec/load.ts";
import { decide } from "../src/verify/decide.ts";
import { type Runtime, runtimes, wrapperHere } from "./support/install.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "interpose-decide-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const load = (file: object) =>
  loadSpec(Buffer.from(JSON.stringify({ binary: "/opt/tool", ...file })), "tool.yaml");
const decided = (file: object, words: string[], runtime: Runtime) => {
  const loaded = load(file);
  return decide(localhost, loaded, words, wrapperHere(loaded, runtime));
};

describe.each(runtimes)("%s", (runtime) => {
  test.each([
    "END_OF_TEXT",
    "END_OF_WRAPPER",
    "END_OF_PROBE",
    "END_OF_TEXT_1",
  ])("a line %s in a policy ends nothing but itself", async (word) => {
    const word2 = `a\n${word}\ntouch ${folder}/ran\ncat <<${word} >/dev/null #\nEND_OF_TEXT`;
    const decision = await decided({ always: { append: [word2] } }, ["b"], runtime);
    expect(decision.argv).toEqual(["b", word2]);
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });

  test("a call is explained with its facts and reasons", async () => {
    const file = {
      facts: { input: { fileSize: "operand(0)" } },
      routes: [
        { name: "empty", when: 'input < quantity("1")', deny: { exit: 9, message: "it is empty" } },
        { name: "other", append: ["--ok"] },
      ],
    };
    expect(await decided(file, ["/dev/null/none"], runtime)).toMatchObject({
      route: "other",
      argv: ["/dev/null/none", "--ok"],
      facts: { input: null },
      errors: ["input: no such file"],
    });
  });
});

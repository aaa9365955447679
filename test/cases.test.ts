/**
 * A folder for each construct of a policy: `interception.yaml`, the exact `wrapper` that it compiles to, and
 * `calls.yaml`, what happened when that wrapper was run. After a change of the wrapper, write the golden
 * files again and read the difference: UPDATE_CASES=1 npx vitest run test/cases.test.ts
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { casesFolder, checkCalls, placeholder } from "./support/case-calls.ts";
import { callBinary, compileFile, install, runtimes } from "./support/install.ts";
import { scratchFolder } from "./support/scratch.ts";

describe.each(readdirSync(casesFolder))("%s", (name) => {
  const at = (file: string) => join(casesFolder, name, file);
  const source = readFileSync(at("interception.yaml"), "utf8");

  test("compiles to its wrapper, to the byte", () => {
    const { text } = compileFile(source, `${placeholder}/${name}.yaml`);
    if (process.env.UPDATE_CASES === "1") writeFileSync(at("wrapper"), text);
    expect(text).toBe(readFileSync(at("wrapper"), "utf8"));
  });

  test.each([
    ["bash", "-n"],
    ["shellcheck", "--norc"],
    ["shfmt", "-d"],
  ])("the wrapper passes %s %s in silence", (program, option) => {
    const { error, status, stdout, stderr } = spawnSync(program, [option, at("wrapper")]);
    if (error) throw new Error(`${program} is needed for this test`, { cause: error });
    expect({ said: `${stdout}${stderr}`, status }).toEqual({ said: "", status: 0 });
  });

  test("the wrapper has no here-string, which may be a file that a killed call leaves", () => {
    expect(readFileSync(at("wrapper"), "utf8")).not.toContain("<<<");
  });

  test.each(runtimes)("the wrapper does what calls.yaml says: %s", (runtime) => {
    const run = scratchFolder();
    checkCalls(name, run, (text) => {
      const { binary, log } = install(text, join(run, `${name}.yaml`), runtime);
      return { log, call: (...call) => callBinary(binary, ...call) };
    });
  });
});

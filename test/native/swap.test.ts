/** No call is missed while a native wrapper is put in place and taken away as fast as files can be renamed. */
import { chmodSync, copyFileSync, linkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Counts, compileCallers, startCallers } from "../support/callers.ts";
import { nativeFile } from "../support/install.ts";
import { scratchFolder, sharedFolder } from "../support/scratch.ts";

const cycles = process.env.CI ? 20_000 : 2000;
/** Each of the outcomes has to be seen so often, or nothing was shown. */
const enough = 50;
/** Milliseconds; a limit for hangs. */
const longest = 900_000;

let compiled: { real: string; caller: string };
let folder: string;
let tool: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  compiled = compileCallers(sharedFolder());
});
beforeEach(() => {
  folder = scratchFolder();
  tool = at("tool");
  copyFileSync(compiled.real, tool);
  copyFileSync(compiled.caller, at("caller"));
  for (const letter of ["a", "b"]) {
    const text = `name: swap\nbinary: ${tool}\nwrapper: ${at("wrapper")}\nlog: none\nroutes:\n  - name: ${letter}\n    append: ["--tail", ${letter}]\n`;
    writeFileSync(at(`wrapper-${letter}`), nativeFile(text, at("tool.yaml")), { mode: 0o755 });
    chmodSync(at(`wrapper-${letter}`), 0o755);
  }
});

const endings = { none: "", a: "--tail\na\n", b: "--tail\nb\n" };

/** Puts a file there in one rename, under another name of its own so that it can be put there again. */
function put(file: string, path: string): void {
  linkSync(file, at("new"));
  renameSync(at("new"), path);
}

async function underCallers(
  allowed: string[],
  cycle: () => Promise<void> | void,
  least = cycles,
): Promise<Counts> {
  const callers = startCallers(2, at("caller"), tool, allowed, ["env", "-C", folder]);
  const started = Date.now();
  try {
    const shown = () => {
      const { calls, seen } = callers.counts();
      return calls >= cycles && seen.every((times) => times > enough);
    };
    for (let number = 0; number < least || !shown(); number += 1) {
      if (Date.now() - started > longest)
        throw new Error(`hangs: ${number} cycles, ${JSON.stringify(callers.counts())}`);
      await cycle();
      // The callers' counts are read in between.
      if (number % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await callers.stop();
  }
  return callers.counts();
}

function expectNoneMissed({ calls, failures, failed, seen }: Counts): void {
  console.log(`swap: ${calls} calls, ${failures} missed, endings ${seen.join(", ")}`);
  expect(failed).toEqual([]);
  expect(failures).toBe(0);
  for (const times of seen) expect(times).toBeGreaterThan(enough);
}

describe("two callers in tight loops miss no call", { timeout: longest + 60_000 }, () => {
  test("while the wrapper itself comes to the path and goes", async () => {
    const counts = await underCallers([endings.none, endings.a], () => {
      put(tool, at("tool-real"));
      put(at("wrapper-a"), tool);
      put(at("tool-real"), tool);
      rmSync(at("tool-real"));
    });
    expectNoneMissed(counts);
  });

  test("while a link to the wrapper comes and goes, whose file stays for a path walk", async () => {
    const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const counts = await underCallers(
      [endings.none, endings.a],
      async () => {
        put(at("wrapper-a"), at("wrapper"));
        put(tool, at("tool-real"));
        symlinkSync("wrapper", at("new"));
        renameSync(at("new"), tool);
        // Long enough for calls to come through it.
        await wait(5);
        put(at("tool-real"), tool);
        rmSync(at("tool-real"));
        await wait(20);
        rmSync(at("wrapper"));
      },
      cycles / 20,
    );
    expectNoneMissed(counts);
  });

  test("while one policy is replaced by another", async () => {
    put(tool, at("tool-real"));
    put(at("wrapper-a"), tool);
    const counts = await underCallers([endings.a, endings.b], () => {
      put(at("wrapper-b"), tool);
      put(at("wrapper-a"), tool);
    });
    expectNoneMissed(counts);
  });
});

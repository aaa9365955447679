/**
 * A folder for each construct of a policy: `interception.yaml`, the exact `wrapper` that it compiles to, and
 * `calls.yaml`, what happened when that wrapper was run. After a change of the wrapper, write the golden
 * files again and read the difference: UPDATE_CASES=1 npx vitest run test/cases.test.ts
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  callBinary,
  compileFile,
  install,
  recordsIn,
  runtimes,
  writeBytes,
  writeWav,
} from "./support/install.ts";
import { scratchFolder } from "./support/scratch.ts";

/** Stands in the files for the folder of a run; golden wrappers are compiled with it as it is. */
const placeholder = "/srv/case";

/** A word, one made of many, or many: `{ numbers: 3 }` is 0 1 2. */
type Words = (string | { repeat: string; times: number } | { numbers: number })[];

interface Calls {
  files?: Record<string, { seconds: number } | { bytes: number }>;
  calls: {
    about?: string;
    words: Words;
    env?: Record<string, string>;
    /** What the real binary gets; without it the real binary isn't run. */
    argv?: Words;
    ranAs?: string;
    exit?: number;
    stderr?: string;
    /** What becomes of the environment; null: gone. */
    changes?: Record<string, string | null>;
    /** Members of the record, as they have to be. */
    log?: Record<string, unknown>;
  }[];
}

const folder = join(import.meta.dirname, "cases");

describe.each(readdirSync(folder))("%s", (name) => {
  const at = (file: string) => join(folder, name, file);
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
    const work = join(run, "cwd");
    mkdirSync(work);
    const placed = (text: string) => text.replaceAll(placeholder, run);
    const { files = {}, calls } = parse(placed(readFileSync(at("calls.yaml"), "utf8"))) as Calls;
    for (const [file, content] of Object.entries(files)) {
      if ("seconds" in content) writeWav(join(work, file), content.seconds);
      else writeBytes(work, file, content.bytes);
    }
    const { binary, log } = install(placed(source), join(run, `${name}.yaml`), runtime);
    const inherited = { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: run };

    for (const call of calls) {
      const env = { ...inherited, ...call.env };
      const seen = callBinary(binary, spell(call.words), env, work);
      const changed = Object.entries({ ...env, ...call.changes }).filter(([, value]) => value !== null);
      const about = call.about ?? JSON.stringify(call.words);
      expect(seen, about).toEqual({
        exit: call.exit ?? 0,
        stderr: call.stderr ?? "",
        ...(call.argv && {
          ran: {
            as: call.ranAs ?? expect.any(String),
            argv: spell(call.argv),
            env: Object.fromEntries(changed),
          },
        }),
      });
      const record = recordsIn(log).at(-1);
      const { argv, execArgv, ...rest } = call.log ?? {};
      expect(record, about).toMatchObject({
        ...rest,
        ...(argv ? { argv: spell(argv as Words) } : {}),
        ...(execArgv === null ? { execArgv } : execArgv ? { execArgv: spell(execArgv as Words) } : {}),
      });
    }
    expect(recordsIn(log)).toHaveLength(calls.length);
    expect(readdirSync(work).sort()).toEqual(Object.keys(files).sort());
  });
});

const spell = (words: Words): string[] =>
  words.flatMap((word) => {
    if (typeof word === "string") return [word];
    if ("repeat" in word) return [word.repeat.repeat(word.times)];
    return Array.from({ length: word.numbers }, (_, number) => String(number));
  });

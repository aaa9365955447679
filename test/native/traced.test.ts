/** Under strace and gdb a program behind a native wrapper does what it does without one. */
import { execFile, spawnSync } from "node:child_process";
import { linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { compileC } from "../support/caller.ts";
import { placeByHand } from "../support/place-by-hand.ts";
import { sharedFolder } from "../support/scratch.ts";
import { told } from "../support/told.ts";

const isThere = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

let home = "";
let [direct, wrapped] = ["", ""];

beforeAll(() => {
  home = sharedFolder();
  for (const name of ["bin", "direct", "wrapped"]) mkdirSync(join(home, name));
  direct = join(home, "direct/probe");
  wrapped = join(home, "wrapped/probe");
  compileC("witness.c", direct);
  linkSync(direct, wrapped);
  compileC("asked.c", join(home, "bin/ffprobe"), "-static");
  writeFileSync(join(home, "media.wav"), "sound");
  const file = `name: traced-${process.pid}
binary: ${wrapped}
log: none
facts:
  length: { mediaDuration: operand(0) }
routes:
  - { name: long, when: length > duration("1h"), append: [--long] }
  - { name: short }
`;
  placeByHand({ file, keepName: true, native: true });
});

async function outcome(program: string, ...before: string[]) {
  const [tool = "", ...options] = before;
  const telling = join(home, "told");
  writeFileSync(telling, "");
  const env = { PATH: `${join(home, "bin")}:/usr/bin:/bin`, HOME: home };
  const words = [...options, program, `told=${telling}`, join(home, "media.wav"), "word"];
  const ended = await promisify(execFile)(tool, words, { env }).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
  const found = told(readFileSync(telling));
  // What differs since the two programs have different paths.
  for (const name of ["pid", "name", "cmdline"]) found.delete(name);
  return { ended, told: Object.fromEntries(found) };
}

test.each([["-f"], ["-ff"]])("strace %s", async (option) => {
  const before = ["strace", option, "-o", join(home, "trace"), "-e", "trace=execve"];
  const expected = await outcome(direct, ...before);
  expect(expected.told.argument).toContain("word");
  expect(await outcome(wrapped, ...before)).toEqual(expected);
});

test.skipIf(!isThere("gdb"))("gdb", async () => {
  const before = ["gdb", "-nx", "-batch", "-ex", "run", "--args"];
  const expected = await outcome(direct, ...before);
  expect(expected.told.argument).toContain("word");
  const through = await outcome(wrapped, ...before);
  // The shell that gdb runs the program by names it in `_`.
  for (const { told } of [expected, through])
    told.environment = told.environment?.filter((entry) => !entry.startsWith("_=")) ?? [];
  expect(through).toEqual(expected);
});

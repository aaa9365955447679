/** The program of each machine, run by an emulator: the calls of test/cases have the same outcome there. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { casesFolder, checkCalls } from "../support/case-calls.ts";
import { callBinary, install } from "../support/install.ts";
import { scratchFolder, sharedFolder } from "../support/scratch.ts";

/** Machines, and the emulators that know them. */
const emulators = {
  aarch64: "qemu-aarch64-static",
  armv7l: "qemu-arm-static",
  i686: "qemu-i386-static",
  riscv64: "qemu-riscv64-static",
  x86_64: "qemu-x86_64-static",
};
const machines = Object.entries(emulators);

let programs: string;
beforeAll(() => {
  programs = sharedFolder();
  const { status, stderr } = spawnSync(process.execPath, ["scripts/programs.js", "--all", programs], {
    cwd: resolve(import.meta.dirname, "../.."),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${stderr}: npm run setup installs the compilers`);
}, 900_000);

/** The wrapper's file of this machine with another's program in it. */
function forMachine(file: Buffer, machine: string): Buffer {
  const from = file.lastIndexOf("interpose policy 1, from ");
  const room = (file.length - from) / 1024;
  return Buffer.concat([readFileSync(join(programs, `${machine}-${room}k`)), file.subarray(from)]);
}

describe.each(machines)("%s", (machine, emulator) => {
  test.each(readdirSync(casesFolder))("%s", (name) => {
    const run = scratchFolder();
    checkCalls(name, run, (text) => {
      const { binary, wrapper, log } = install(text, join(run, `${name}.yaml`), "native");
      writeFileSync(wrapper, forMachine(readFileSync(wrapper), machine));
      return {
        log,
        // The real binary is a script, which the machine itself runs.
        call: (words, env, cwd) => callBinary(emulator, ["-0", binary, binary, ...words], env, cwd),
      };
    });
  }, 300_000);

  // A file that is cut short isn't tried: the emulators themselves fail where a file has no page for a segment.
  test("a program whose policy is gone runs the real binary", () => {
    const run = scratchFolder();
    const text = `name: gone\nbinary: ${run}/tool\nroutes:\n  - name: pass\n`;
    const { binary, wrapper } = install(text, join(run, "gone.yaml"), "native");
    const file = forMachine(readFileSync(wrapper), machine);
    writeFileSync(wrapper, file.fill(0, file.lastIndexOf("interpose policy 1, from ")));
    const seen = callBinary(emulator, ["-0", binary, binary, "word"], { PATH: "/usr/bin:/bin" }, run);
    expect(seen).toMatchObject({ exit: 0, stderr: "", ran: { argv: ["word"] } });
  });
});

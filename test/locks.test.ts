/** Locks that a process has are lost when it closes any descriptor of the file: a wrapper closes none of the caller's. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { placeByHand } from "./support/place-by-hand.ts";
import { sharedFolder } from "./support/scratch.ts";

const uid = process.getuid?.() ?? 0;
const name = `locks-${process.pid}`;
const script = join(import.meta.dirname, "fixtures/locks/locked.py");
const python = realpathSync("/usr/bin/python3");

let folder = "";
beforeAll(() => {
  folder = sharedFolder();
  copyFileSync(python, join(folder, "python"));
  placeByHand({ file: `name: ${name}\nbinary: ${folder}/python\n`, keepName: false });
});
afterAll(() => {
  const logs = `/tmp/interpose-${uid}`;
  if (existsSync(logs))
    for (const file of readdirSync(logs)) if (file.startsWith(name)) rmSync(join(logs, file));
});

test.each([
  0, 1, 2, 3, 4, 5, 9, 10, 11, 63, 254, 255,
])("a lock on the file that is %i is held", (descriptor) => {
  // Now and then a call is looked at more closely.
  for (let turn = 0; turn < 30; turn++) {
    const words = [script, join(folder, "python"), script, String(descriptor), join(folder, "locked")];
    const said = execFileSync(python, words, { cwd: folder, encoding: "utf8" });
    expect(said).toBe("held");
  }
}, 120_000);

/**
 * Signals that come before the exec act as on a direct call: the call dies at once, or stops and continues, and what
 * was started for a fact dies with it. Each signal is sent at random moments, to the process or to its group; see
 * fixtures/transparency/volley.c.
 */
import { execFile } from "node:child_process";
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { compileC } from "../support/caller.ts";
import { placeByHand } from "../support/place-by-hand.ts";
import { sharedFolder } from "../support/scratch.ts";

let home = "";
const facts = `facts:
  length: { mediaDuration: operand(0) }
routes:
  - { name: long, when: length > duration("1h"), prepend: [--never] }
  - { name: drain, prepend: [drain] }
`;

beforeAll(() => {
  home = sharedFolder();
  compileC("volley.c", join(home, "volley"));
  compileC("witness.c", join(home, "witness"), "-static");
  for (const name of ["bin", "endless"]) mkdirSync(join(home, name));
  // Many signals come while it is at work.
  compileC("asked.c", join(home, "bin/ffprobe"), "-static", "-DWAIT=5000");
  compileC("asked.c", join(home, "endless/ffprobe"), "-static", "-DWAIT=-1");
  writeFileSync(join(home, "media.wav"), "sound");
});

/** A new place for a call, with a wrapper in front of the witness. */
function place(name: string, log: string, rest: string): string {
  const folder = join(home, name);
  mkdirSync(folder);
  const binary = join(folder, "probe");
  linkSync(join(home, "witness"), binary);
  const title = `volley-${process.pid}-${name}`;
  onTestFinished(() => rmSync(`/tmp/interpose-${process.getuid?.()}/${title}.log`, { force: true }));
  const file = `name: ${title}\nbinary: ${binary}\nlog: ${log}\n${rest}`;
  placeByHand({ file, keepName: true, native: true });
  return binary;
}

/** What went wrong; nothing where nothing did. Some at a time, since most of the time is spent waiting. */
async function volleys(which: "all" | "deadly", runs: number, ...call: string[]): Promise<string[]> {
  const env = { PATH: `${join(home, which === "all" ? "bin" : "endless")}:/usr/bin:/bin` };
  const some = Array.from({ length: Math.ceil(runs / atATime) }, async (_, index) => {
    const words = [which, String(atATime), String((Date.now() % 1_000_000) + index), ...call];
    return promisify(execFile)(join(home, "volley"), words, { env }).then(
      () => "",
      (error: { stdout: string; message: string }) => `${error.message}: ${error.stdout}`,
    );
  });
  return (await Promise.all(some)).filter((found) => found !== "");
}
const atATime = 640;

test("without a wrapper", async () => {
  linkSync(join(home, "witness"), join(home, "direct"));
  expect(await volleys("all", 640, join(home, "direct"), "drain")).toEqual([]);
});

test("with a wrapper that only decides", async () => {
  expect(await volleys("all", 2560, place("deciding", "{ full: true }", ""), "drain")).toEqual([]);
});

test("while a program is asked for a fact", async () => {
  const binary = place("asking", "none", facts);
  expect(await volleys("all", 2560, binary, join(home, "media.wav"))).toEqual([]);
});

test("while a program is asked that doesn't end by itself", async () => {
  const binary = place("endless-fact", "none", facts);
  expect(await volleys("deadly", 2560, binary, join(home, "media.wav"))).toEqual([]);
});

test("a wrapper that swallows signals is caught", async () => {
  const careless = join(home, "careless");
  writeFileSync(careless, `#!/bin/bash\ntrap 'exec ${join(home, "witness")} drain' EXIT\nsleep 0.002\n`, {
    mode: 0o755,
  });
  expect((await volleys("all", 640, careless)).join()).toMatch(/it doesn't die/);
});

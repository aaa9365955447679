/** A wrapper whose file was damaged runs the real binary, silently: with what was decided, or with the caller's words. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { compileFixture, type NativePlace, nativePlace, tellCall } from "../support/native-place.ts";
import { scratchFolder, sharedFolder } from "../support/scratch.ts";

/** Every so many-th byte. */
const every = process.env.CI ? 1 : 7;
const words = ["in.wav", "--model", "large", "-v", "--", "last"];

let tell: string;
let at: NativePlace;
beforeAll(() => {
  tell = compileFixture("native-tell", join(sharedFolder(), "tell"));
});
beforeEach(() => {
  at = nativePlace(
    scratchFolder(),
    tell,
    'log: none\narguments: { withValue: ["--model"] }\nroutes:\n  - name: small\n    when: operand(0) == "in.wav" && flag("-v")\n    set: { --model: small }\n    append: [--more]\n  - name: rest\n',
  );
});

const changed = ["in.wav", "--model", "small", "-v", "--more", "--", "last"];

function expectReal(about: string, passed = words): void {
  const { status, signal, stderr, argv } = tellCall(at.binary, words);
  expect({ status, signal, stderr, words: argv?.slice(1) }, about).toEqual({
    ...{ status: 0, signal: null, stderr: "" },
    words: passed,
  });
}

const within = (bytes: Buffer, from: number, byte: number): Buffer => {
  const damaged = Buffer.from(bytes);
  damaged[from] = byte;
  return damaged;
};

test("the wrapper changes the call while its file is whole", () => {
  expectReal("whole", changed);
});

test.each([
  ["a bit is wrong", (byte: number) => byte ^ 0x04],
  ["the highest bit is wrong", (byte: number) => byte ^ 0x80],
  ["a byte is zero", () => 0],
  ["a byte is a newline", () => 10],
])(
  "where %s in the policy",
  (_, damage) => {
    const { file, policyFrom, policyTo } = at;
    for (let from = policyFrom; from < policyTo; from += every) {
      at.put(within(file, from, damage(file[from] ?? 0)));
      const { status, signal, stderr, argv } = tellCall(at.binary, words);
      const about = `byte ${from - policyFrom}: ${JSON.stringify(file.toString("latin1", from - 20, from + 20))}`;
      expect({ status, signal, stderr }, about).toEqual({ status: 0, signal: null, stderr: "" });
      // No operand is lost, whatever the edits became.
      expect(argv, about).toEqual(expect.arrayContaining(["in.wav", "last"]));
      expect(argv?.[0], about).toBe(at.binary);
    }
  },
  600_000,
);

test("where the file was cut short, in or behind the policy", () => {
  const { file, policyFrom, policyTo } = at;
  const sizes = [policyFrom, policyFrom + 1, policyFrom + 100, policyTo - 1, policyTo, policyTo + 1];
  for (let size = policyFrom; size < file.length; size += 4096) sizes.push(size, size + 1, size + 4095);
  for (const size of [...sizes, file.length - 1]) {
    at.put(file.subarray(0, size));
    const { status, signal, stderr, argv } = tellCall(at.binary, words);
    const passed = argv?.slice(1);
    expect({ status, signal, stderr }, `${size} bytes`).toEqual({ status: 0, signal: null, stderr: "" });
    expect([words, changed], `${size} bytes`).toContainEqual(passed);
  }
}, 600_000);

test("where all of the policy is zeros, or is of a later format", () => {
  const { file, policyFrom } = at;
  at.put(Buffer.concat([file.subarray(0, policyFrom), Buffer.alloc(file.length - policyFrom)]));
  expectReal("zeros");
  at.put(
    Buffer.from(file.toString("latin1").replace("interpose policy 1,", "interpose policy 2,"), "latin1"),
  );
  expectReal("a later format");
});

test("where a key isn't known, or there is none of the routes", () => {
  const replaced = (from: string, to: string) =>
    at.put(Buffer.from(at.file.toString("latin1").replace(from, to.padEnd(from.length)), "latin1"));
  replaced("\nvalue --model", "\nvalve --model");
  expectReal("an unknown key");
  replaced('\nwhen (and (== (operand 0) "in.wav")', '\nwhen (und (== (operand 0) "in.wav")');
  expectReal("an unknown operator");
  replaced("\nset --model small", "\nsot --model small");
  expectReal("an unknown edit");
});

test("where the paths in it lead nowhere, the real binary is found beside the path that was called", () => {
  const { file, folder } = at;
  const elsewhere = folder.replace(/.$/, (last) => (last === "x" ? "y" : "x"));
  at.put(Buffer.from(file.toString("latin1").replaceAll(folder, elsewhere), "latin1"));
  const { status, stderr, argv } = tellCall(at.binary, words);
  expect({ status, stderr, words: argv?.slice(1) }).toEqual({ status: 0, stderr: "", words: changed });
});

test("where the real binary is nowhere, that is said, and the status is a shell's", () => {
  const { file, policyFrom, real, binary, name } = at;
  rmSync(real);
  expect(tellCall(binary, words)).toEqual({
    ...{ status: 127, signal: null },
    stderr: `interpose: ${name}: can't run ${real}: no such file\n`,
  });
  at.put(file.subarray(0, policyFrom));
  expect(tellCall(binary, words)).toEqual({
    ...{ status: 127, signal: null },
    stderr:
      "interpose: the policy behind this program is damaged, and the real binary isn't where it usually is\n",
  });
});

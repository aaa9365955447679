/** A wrapper put in place by the shortest way, for tests of what it decides; apply has tests of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Policy } from "../../src/policy/policy.ts";
import { type Loaded, loadSpec } from "../../src/spec/load.ts";
import { layoutOf, type Spec } from "../../src/spec/spec.ts";
import { compileWrapper, type LastStep } from "../../src/wrapper/compile.ts";
import { type Native, type NativeInput, nativeWrapper } from "../../src/wrapper/native/native.ts";
import { programsFor } from "../../src/wrapper/native/programs.ts";
import { bytesOf, type Wrapper } from "../../src/wrapper/wrapper.ts";

export type Runtime = "native" | "bash";
export const runtimes: Runtime[] = ["native", "bash"];

/** The wrapper's file for this machine. */
export function nativeHere(input: NativeInput): Native {
  const wrapper = nativeWrapper(input, programsFor(machineHere));
  if (!wrapper) throw new Error("there is no program for this machine, or the policy is too large for it");
  return wrapper;
}

/** The same from a file's text. */
export const nativeFile = (text: string, source: string): Buffer =>
  bytesOf(wrapperHere(loadSpec(Buffer.from(text), source), "native"));

export function wrapperHere({ spec, policy, text }: Loaded, runtime: Runtime): Wrapper {
  const layout = layoutOf(spec);
  const keepName = spec.keepName === "yes";
  const { source } = spec;
  if (runtime === "bash") return { runtime, text: compileWrapper({ policy, layout, keepName, source }) };
  return nativeHere({ policy, layout, named: keepName, source, file: text, version: "0.0.0" });
}

const machineHere = spawnSync("uname", ["-m"], { encoding: "utf8" }).stdout.trim();

export interface Compiled {
  spec: Spec;
  policy: Policy;
  text: string;
}

/** @param text the file; @param source where it would be */
export function compileFile(text: string, source: string, lastStep: LastStep = "run"): Compiled {
  const { spec, policy } = loadSpec(Buffer.from(text), source);
  const keepName = spec.keepName === "yes";
  const input = { policy, layout: layoutOf(spec), keepName, source };
  return { spec, policy, text: compileWrapper(input, lastStep) };
}

/**
 * A real binary that prints the path it was run as, its words and its environment, each ended by a NUL, and
 * exits with PROBE_EXIT.
 */
export const probe = `#!/bin/sh
printf '%s\\0' "$0" "$#" "$@"
/bin/cat "/proc/$$/environ"
exit "\${PROBE_EXIT:-0}"
`;

/** Where the wrapper of this policy keeps its records; removed when the test is over. */
export function logOf(policy: Policy): string {
  const path = `/tmp/interpose-${process.getuid?.()}/${policy.name}.log`;
  rmSync(path, { force: true });
  onTestFinished(() => rmSync(path, { force: true }));
  return path;
}

/** Puts a wrapper in front of a probe; all paths of the spec have to be in a scratch folder. */
export function install(text: string, source: string, runtime: Runtime = "bash"): Spec & { log: string } {
  const { spec, policy } = loadSpec(Buffer.from(text), source);
  const layout = layoutOf(spec);
  const keepName = spec.keepName === "yes";
  // A name of its own, so that runs side by side keep their logs apart.
  const own = { ...policy, name: `${policy.name}-${process.pid}` };
  for (const path of [spec.binary, spec.wrapper]) mkdirSync(dirname(path), { recursive: true });
  writeFileSync(spec.real, probe, { mode: 0o755 });
  const wrapper =
    runtime === "bash"
      ? compileWrapper({ policy: own, layout, keepName, source })
      : bytesOf(nativeHere({ policy: own, layout, named: keepName, source, file: text, version: "0.0.0" }));
  writeFileSync(spec.wrapper, wrapper, { mode: 0o755 });
  symlinkSync(spec.wrapper, spec.binary);
  if (keepName) {
    mkdirSync(layout.nameFolder);
    symlinkSync(spec.real, layout.namedReal);
  }
  return Object.assign(spec, { log: logOf(own) });
}

export interface Observed {
  /** Nothing when the real binary did not run. */
  ran?: { as: string; argv: string[]; env: Record<string, string> };
  exit: number | null;
  stderr: string;
}

/** Calls the path that callers know, with just this environment. */
export function callBinary(
  binary: string,
  words: string[],
  env: Record<string, string>,
  cwd: string,
): Observed {
  const { stdout, stderr, status, error } = spawnSync(binary, words, { env, cwd, encoding: "buffer" });
  if (error) throw error;
  const exit = { exit: status, stderr: stderr.toString() };
  if (stdout.length === 0) return exit;
  const fields = stdout.toString().split("\0");
  const [as = "", count = "0"] = fields;
  const argv = fields.slice(2, 2 + Number(count));
  const variables = fields.slice(2 + Number(count), -1).map((variable): [string, string] => {
    const at = variable.indexOf("=");
    return [variable.slice(0, at), variable.slice(at + 1)];
  });
  return { ran: { as, argv, env: Object.fromEntries(variables) }, ...exit };
}

/** The records in a log; none when there is no log. */
export function recordsIn(log: string): Record<string, unknown>[] {
  let text: string;
  try {
    text = readFileSync(log, "utf8");
  } catch {
    return [];
  }
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A silent recording of whole seconds: 8-bit mono at 100 samples a second. */
export function writeWav(path: string, seconds: number): void {
  const rate = 100;
  const size = rate * seconds;
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + size, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write("data", 36);
  head.writeUInt32LE(size, 40);
  writeFileSync(path, Buffer.concat([head, Buffer.alloc(size, 128)]));
}

export const writeBytes = (folder: string, name: string, bytes: number): void =>
  writeFileSync(join(folder, name), Buffer.alloc(bytes, 120));

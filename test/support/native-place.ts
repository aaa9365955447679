/** A native wrapper put in place by hand in front of a program that tells what it got. */
import { execFileSync, type SpawnSyncOptions, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { onTestFinished } from "vitest";
import { nativeFile } from "./install.ts";

export interface NativePlace {
  folder: string;
  binary: string;
  wrapper: string;
  real: string;
  /** Of the interception, and its own, as the log's is. */
  name: string;
  /** Whether there are records of calls by this user. */
  hasLog(user?: number): boolean;
  /** The wrapper's file as it should be, and where its policy begins and ends in it. */
  file: Buffer;
  policyFrom: number;
  policyTo: number;
  /** Puts other bytes at the wrapper's path, in one rename. */
  put(bytes: Buffer): void;
}

export interface Told {
  status: number | null;
  signal: string | null;
  stderr: string;
  /** Of the real binary; nothing where it didn't run. */
  argv?: string[];
  env?: string[];
}

/** Compiles a program of test/fixtures. */
export function compileFixture(name: string, target: string): string {
  const source = join(import.meta.dirname, `../fixtures/${name}.c`);
  execFileSync("gcc", ["-O1", "-static", "-Wall", "-Wextra", "-Werror", "-o", target, source]);
  return target;
}

/** @param tell a compiled native-tell; @param policy what comes after the paths */
export function nativePlace(folder: string, tell: string, policy: string): NativePlace {
  const binary = join(folder, "tool");
  const wrapper = join(folder, "wrapper");
  const name = basename(folder);
  const logs = (user = process.getuid?.()) => `/tmp/interpose-${user}/${name}.log`;
  for (const user of [undefined, 65534]) onTestFinished(() => rmSync(logs(user), { force: true }));
  const text = `name: ${name}\nbinary: ${binary}\nwrapper: ${wrapper}\n${policy}`;
  const file = nativeFile(text, join(folder, "tool.yaml"));
  const policyFrom = file.lastIndexOf("interpose policy 1, from ");
  const put = (bytes: Buffer) => {
    writeFileSync(`${wrapper}.new`, bytes, { mode: 0o755 });
    renameSync(`${wrapper}.new`, wrapper);
  };
  copyFileSync(tell, `${binary}-real`);
  put(file);
  symlinkSync(wrapper, binary);
  return {
    ...{ folder, name, binary, wrapper, real: `${binary}-real`, file, policyFrom, put },
    hasLog: (user) => existsSync(logs(user)),
    policyTo: file.indexOf(0, policyFrom),
  };
}

export function tellCall(program: string, words: string[], options: SpawnSyncOptions = {}): Told {
  const ran = spawnSync(program, words, {
    env: { PATH: "/usr/bin:/bin", KEPT: "a b" },
    timeout: 60_000,
    ...options,
  });
  if (ran.error) throw ran.error;
  const { status, signal } = ran;
  const told: Told = { status, signal, stderr: String(ran.stderr) };
  const stdout = String(ran.stdout);
  if (stdout === "") return told;
  const [count, ...fields] = stdout.split("\0");
  told.argv = fields.slice(0, Number(count));
  told.env = fields.slice(Number(count), -1);
  return told;
}

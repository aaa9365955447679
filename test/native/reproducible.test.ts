/** The programs are the same bytes wherever and by whomever they are built. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../support/scratch.ts";

const root = resolve(import.meta.dirname, "../..");
const machines = ["aarch64", "armv7l", "i686", "riscv64", "x86_64"];

/** Builds a copy of the sources. @returns the hashes */
function build(folder: string, umask: string, env: Record<string, string>): string {
  mkdirSync(folder, { recursive: true });
  for (const directory of ["wrapper", "scripts"])
    cpSync(join(root, directory), join(folder, directory), { recursive: true });
  const script = `umask ${umask}; exec "$0" scripts/programs.js --all "$1"`;
  const { status, stdout, stderr } = spawnSync(
    "sh",
    ["-euc", script, process.execPath, join(folder, "out")],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
      encoding: "utf8",
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.trim().replace("programs: ", "").split(", ").sort()).toEqual(machines);
  return readFileSync(join(folder, "out/SHA256SUMS"), "utf8");
}

test("two builds in two directories, with other umasks, locales and time zones, give the same hashes", () => {
  const folder = scratchFolder();
  const one = build(join(folder, "one"), "022", { LC_ALL: "C", TZ: "UTC", HOME: folder });
  const env = {
    LC_ALL: "de_DE.UTF-8",
    LANG: "tr_TR.UTF-8",
    TZ: "Pacific/Kiritimati",
    SOURCE_DATE_EPOCH: "1",
  };
  const other = build(join(folder, "another directory/with a longer name"), "077", env);
  expect(other).toBe(one);
  expect(one.trimEnd().split("\n")).toHaveLength(2 * machines.length);
}, 600_000);

test("on a machine without a C compiler the build says so, and goes on", () => {
  const folder = scratchFolder();
  const path = join(folder, "bin");
  mkdirSync(path);
  for (const program of ["sh", "env", "uname"]) symlinkSync(`/bin/${program}`, join(path, program));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/build.js", join(folder, "dist")], {
    cwd: root,
    env: { PATH: path },
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({
    ...{ status: 0, stdout: "" },
    stderr: "build: no C compiler here for the wrapper's program, so wrappers will be bash scripts\n",
  });
  expect(readFileSync(join(folder, "dist/programs/SHA256SUMS"), "utf8")).toBe("");
  const tool = spawnSync(process.execPath, [join(folder, "dist/interpose.js"), "--version"], {
    env: { PATH: path },
  });
  expect(tool.status).toBe(0);
}, 600_000);

/** The script that looks is one that any POSIX shell runs, and a careful one. */
import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { doctorParts } from "../../src/doctor/look.ts";

const found = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

test("the parts of the doctor's script please shellcheck and shfmt", () => {
  if (!found("shellcheck") || !found("shfmt")) {
    expect(process.env.CI, "shellcheck or shfmt is missing").toBeUndefined();
    return;
  }
  for (const part of doctorParts)
    expect(execFileSync("shfmt", ["-d", "-ln", "posix"], { input: part, encoding: "utf8" })).toBe("");
  // -ef is not POSIX; dash, busybox ash and bash have it.
  const told = spawnSync("shellcheck", ["--shell=sh", "--exclude=SC3013", "-"], {
    // Set by look.sh, which stands before them.
    input: `root=/var/lib/interpose\n${doctorParts.join("\n")}`,
    encoding: "utf8",
  });
  expect(told.stdout).toBe("");
});

/** The programs that came with this release, each for a machine and a size of policy. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Program } from "./native.ts";

/** All for a machine, as `uname -m` names it; none where this release has none. */
export function programsFor(machine: string): Program[] {
  const directory = programsDirectory();
  if (directory === undefined) return [];
  return readdirSync(directory)
    .flatMap((file) => {
      const [, of, size] = /^(.+)-(\d+)k$/.exec(file) ?? [];
      if (of !== named(machine)) return [];
      const bytes = readFileSync(join(directory, file));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return [{ machine: of, bytes, sha256, room: Number(size) * 1024 }];
    })
    .sort((one, other) => one.room - other.room);
}

/** The hashes of all programs of this release. */
export function knownPrograms(): Map<string, string> {
  const directory = programsDirectory();
  if (directory === undefined) return new Map();
  const lines = readFileSync(join(directory, "SHA256SUMS"), "utf8").trimEnd().split("\n");
  return new Map(lines.map((line) => line.split("  ") as [string, string]));
}

// ---

/** Beside the bundled tool, or, where it runs from its source, where the build put them. */
function programsDirectory(): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url));
  return ["programs", "../programs", "../../../dist/programs"]
    .map((place) => join(here, place))
    .find((place) => existsSync(join(place, "SHA256SUMS")));
}

/** Machines that run the same programs. */
const named = (machine: string): string =>
  ({ i386: "i686", i486: "i686", i586: "i686", armv8l: "armv7l", arm64: "aarch64", amd64: "x86_64" })[
    machine
  ] ?? machine;

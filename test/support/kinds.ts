/** The kinds of binaries that a wrapper has to be transparent for, each as a probe that tells what it got. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { compileC } from "./caller.ts";

/**
 * Which wrapper is called: one with routes; the same while there is no log yet; one whose policy asks nothing; one that
 * keeps whole records and secrets.
 */
export const ways = ["routed", "first", "bare", "full"] as const;
export type Way = (typeof ways)[number];

export interface Kind {
  title: string;
  /** The binary's base name. */
  file: string;
  keepName: boolean;
  /** Makes the binary in a folder that exists; `shared` is one for files that all copies may use. */
  make(folder: string, shared: string): void;
  /** Words that come before those of a test. */
  before(shared: string): string[];
  /** Which wrappers a call goes through: bash is the same for all kinds, and some take long to start. */
  ways: readonly Way[];
}

const fixtures = join(import.meta.dirname, "../fixtures/transparency");

const script = (name: string, target: string, interpreter?: string): void => {
  const text = readFileSync(join(fixtures, name), "utf8");
  writeFileSync(target, interpreter ? text.replace(/^#!.*/, `#!${interpreter}`) : text, { mode: 0o755 });
};

export const kinds: Kind[] = [
  {
    title: "an ELF binary",
    file: "probe",
    keepName: true,
    ways,
    before: () => [],
    make: (folder, shared) => {
      const compiled = join(shared, "compiled");
      if (!existsSync(compiled)) compileC("probe.c", compiled);
      copyFileSync(compiled, join(folder, "probe"));
    },
  },
  {
    title: "a Python console script",
    file: "probe-py",
    keepName: true,
    ways: ["routed"],
    before: () => [],
    make: (folder) => script("probe.py", join(folder, "probe-py")),
  },
  {
    title: "a bash script that looks beside itself",
    file: "probe-sh",
    keepName: false,
    ways: ["routed", "first"],
    before: () => [],
    make: (folder) => {
      script("probe.bash", join(folder, "probe-sh"));
      cpSync(join(fixtures, "probe.share"), join(folder, "probe.share"), { recursive: true });
    },
  },
  {
    title: "a Node script behind a link",
    file: "probe-js",
    keepName: true,
    ways: ["routed"],
    before: () => [],
    make: (folder, shared) => {
      const home = join(shared, "node_modules/probe");
      mkdirSync(home, { recursive: true });
      script("probe.cjs", join(home, "cli.cjs"), process.execPath);
      copyFileSync(join(fixtures, "probe-tell.cjs"), join(home, "probe-tell.cjs"));
      symlinkSync("../shared/node_modules/probe/cli.cjs", join(folder, "probe-js"));
    },
  },
  {
    title: "a busybox applet",
    file: "ash",
    keepName: true,
    ways: ["routed", "first"],
    before: (shared) => [join(shared, "probe.ash")],
    make: (folder, shared) => {
      script("probe.ash", join(shared, "probe.ash"));
      chmodSync(join(shared, "probe.ash"), 0o644);
      symlinkSync("/bin/busybox", join(folder, "ash"));
    },
  },
];

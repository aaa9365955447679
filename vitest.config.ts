import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

/** What needs no machine of its own: a minute in all. */
const unit = [
  "spec",
  "quote",
  "foreign",
  "cases",
  "decide",
  "inventory",
  "script-parts",
  "oracle",
  "doctor/docs",
];
/** What cuts runs off, swaps and tries at random for minutes. */
const crash = ["crash/*", "fuzz/*", "swap", "native/swap", "native/fuzz"];

const files = (names: string[]) => names.map((name) => `test/${name}.test.ts`);
const project = (name: string, include: string[], exclude: string[] = []) => ({
  extends: true as const,
  test: { name, include, exclude },
});
// Random sequences take minutes; those that found something are cases of their own.
const seldom = process.env.FUZZ || process.env.CI ? [] : ["test/fuzz/random.test.ts"];

export default defineConfig({
  test: {
    projects: [
      project("unit", files(unit)),
      project("system", ["test/**/*.test.ts"], files([...unit, ...crash])),
      project("crash", files(crash), seldom),
    ],
    globalSetup: ["test/support/built-cli.ts"],
    // For hangs, never for speed: real processes take their time on a busy machine.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});

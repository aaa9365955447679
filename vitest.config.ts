import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Random sequences take minutes; those that found something are cases of their own.
    exclude: process.env.FUZZ || process.env.CI ? [] : ["test/fuzz/random.test.ts"],
    globalSetup: ["test/support/built-cli.ts"],
    // For hangs, never for speed: real processes take their time on a busy machine.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});

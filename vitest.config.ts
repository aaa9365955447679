import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Random sequences are looked for by `npm run fuzz`; those that found something are cases of their own.
    exclude: process.env.FUZZ ? [] : ["test/fuzz/random.test.ts"],
    globalSetup: ["test/support/built-cli.ts"],
    // Real processes take their time on a busy machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    retry: process.env.CI ? 2 : 0,
    maxWorkers: 2,
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: ["bench/hosts.ts"],
    globalSetup: ["test/support/built-cli.ts"],
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
  },
});

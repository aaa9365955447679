/**
 * The wrapper's sources under address and undefined-behaviour sanitizers, with random policies, calls and answers of the
 * kernel. `npm run fuzz:wrapper` does it for half an hour.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { sharedFolder } from "../support/scratch.ts";
import { buildFuzzers, fuzz, runFound, type Target, targets, writeSeeds } from "../support/wrapper-fuzz.ts";

const seconds = Number(process.env.FUZZ_SECONDS ?? (process.env.CI ? 60 : 10));

let seeds: string;
let programs: Map<Target, string>;
beforeAll(() => {
  seeds = sharedFolder();
  writeSeeds(seeds);
  programs = buildFuzzers(sharedFolder());
}, 600_000);

const programOf = (target: Target): string => programs.get(target) ?? "";

describe("the wrapper's sources", () => {
  test.each(targets)("%s: what was found before stays fixed", (target) => {
    for (const { status, said } of runFound(target, programOf(target))) expect(status, said).toBe(0);
  });

  test.concurrent.each(targets)(
    `%s: nothing is found in ${seconds} seconds`,
    async (target) => {
      const { status, said } = await fuzz(target, programOf(target), seeds, seconds);
      expect(status, said).toBe(0);
      const [, runs] = /number_of_executed_units: (\d+)/.exec(said) ?? [];
      console.log(`fuzz: ${target}: ${runs} runs`);
      expect(Number(runs)).toBeGreaterThan(100);
    },
    (seconds + 900) * 1000,
  );
});

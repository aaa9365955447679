/**
 * Random sequences of what the tool does, of what kills it, and of what others do to the same files, against a model
 * of what must be true after each step. FUZZ_SEED repeats a run or tries another, FUZZ_SEQUENCES says how many.
 * What was found so is in cases.test.ts.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { can } from "../support/private-host.ts";
import { sequence } from "./arbitrary.ts";
import { openLots } from "./lots.ts";
import { play, type Tally } from "./sequence.ts";

const seed = Number(process.env.FUZZ_SEED ?? 3);
const wanted = Number(process.env.FUZZ_SEQUENCES ?? (process.env.CI ? 2000 : 150));
/** Milliseconds; all that are wanted have to be tried by then. */
const most = 1_500_000;
const lots = openLots(4);

describe.skipIf(!can.mount)("whatever happens to an interception", () => {
  test(
    "calls run the newest program, nothing is lost, and status tells the truth",
    {
      timeout: most + 60_000,
    },
    async () => {
      const tally: Tally = { sequences: 0, steps: 0, runs: 0, kills: 0, ended: {} };
      await Promise.all(
        lots.map((lot, index) =>
          fc.assert(
            fc.asyncProperty(sequence, (one) => play(lot, one, tally)),
            { seed: seed + index, numRuns: Math.ceil(wanted / lots.length), interruptAfterTimeLimit: most },
          ),
        ),
      );
      console.log(`FUZZ_SEED=${seed}: ${JSON.stringify(tally)}`);
      expect(tally.sequences).toBeGreaterThanOrEqual(wanted);
      expect(tally.kills).toBeGreaterThan(0);
    },
  );
});

/** Kills before and after every operation, for a binary of one kind. See walk.ts. */
import { describe, expect, test } from "vitest";
import { can } from "../support/private-host.ts";
import { type GroundOptions, ground, type Kind } from "./ground.ts";
import { compiledPrograms } from "./programs.ts";
import { everyCut } from "./sample.ts";
import { expectRow } from "./table.ts";
import { actions, walk } from "./walk.ts";

/** @param exported whether the scripts are those of `export sh`; of their cuts, each eighth is tried */
export function killTests(
  kind: Kind,
  keepNames: GroundOptions["keepName"][],
  { exported = false, names }: Pick<GroundOptions, "exported" | "names"> = {},
): void {
  const every = exported || names ? everyCut * 8 : everyCut;
  const programs = compiledPrograms();
  const what = exported ? `an exported script's run on a ${kind}` : `a run on a ${kind}`;
  describe.skipIf(!can.mount)(`${what} that is killed anywhere`, { timeout: 1_800_000 }, () => {
    test.each(keepNames)("loses nothing, keepName: %s", async (keepName) => {
      const at = await ground({
        ...{ kind, keepName, programs: programs(), size: "128m", exported },
        ...(names ? { names } : {}),
      });
      const { tallies, problems } = await walk(at, { every });
      expect(problems).toEqual([]);
      for (const action of actions) {
        const tally = tallies[action];
        expect(tally).toMatchObject({ missed: 0, lost: 0 });
        // Each operation, before and after it; a run may once have had less to do than when it was watched.
        expect(tally.cuts).toBeGreaterThan((tally.operations * 1.9) / every);
        const scenario = `${action}, ${kind}, ${names ? "names: apart" : `keepName: ${keepName}`}`;
        expectRow(exported ? `exported: ${scenario}` : scenario, tally);
      }
    });
  });
}

/** Lanes for the tests of a file, with what is put there. */
import { afterAll, beforeAll } from "vitest";
import { compileCrash } from "../crash/cutter.ts";
import { can } from "../support/private-host.ts";
import { sharedFolder } from "../support/scratch.ts";
import { compileVersion, openLane } from "./lane.ts";
import type { Lot } from "./world.ts";

/** Filled before the first test, and closed after the last. */
export function openLots(count: number): Lot[] {
  const lots: Lot[] = [];
  beforeAll(async () => {
    if (!can.mount) return;
    const folder = sharedFolder();
    const program = compileVersion(folder);
    const { cut } = compileCrash(folder);
    while (lots.length < count) lots.push({ lane: await openLane(cut), program, made: new Map() });
  });
  afterAll(async () => {
    await Promise.all(lots.map(({ lane }) => lane.close()));
  });
  return lots;
}

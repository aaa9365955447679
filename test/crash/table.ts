/**
 * The tables of docs/crash.md. Each scenario has a row; UPDATE_DOCS=1 writes what was counted into it, and otherwise
 * the row has to be there, with no call missed and no file lost.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

/** What is counted, in the order of the columns. */
export interface Tally {
  /** System calls that changed something, in a run that nothing disturbed. */
  operations: number;
  /** How many runs were disturbed. */
  cuts: number;
  calls: number;
  missed: number;
  lost: number;
}

const path = join(import.meta.dirname, "../../docs/crash.md");

export function expectRow(scenario: string, tally: Tally): void {
  const { operations, cuts, calls, missed, lost } = tally;
  const counted = [operations, cuts, calls, missed, lost];
  console.log(`${scenario}: ${JSON.stringify(tally)}`);
  const text = readFileSync(path, "utf8");
  const row = new RegExp(`^\\| ${scenario} \\|.*$`, "m");
  if (process.env.UPDATE_DOCS) {
    const numbers = counted.map((number) => number.toLocaleString("en-GB"));
    const next = `| ${[scenario, ...numbers].join(" | ")} |`;
    writeFileSync(
      path,
      text.replace(row, () => next),
    );
  }
  const cells = row.exec(readFileSync(path, "utf8"))?.[0].split("|").slice(2, -1) ?? [];
  const written = cells.map((cell) => Number(cell.replaceAll(",", "")));
  expect(written, `docs/crash.md has a row "${scenario}"`).toHaveLength(counted.length);
  expect(Math.min(...written.slice(0, 3)), `the row "${scenario}" was filled in`).toBeGreaterThan(0);
  // What loses nothing here says so there, and the other way round.
  expect(written.slice(3).map(Math.sign)).toEqual(counted.slice(3).map(Math.sign));
}

/** The tool itself, killed with all that it has started: what status says of it in words, and how it goes on. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { done, type Place, place, quick } from "../support/place.ts";
import { can, type Ran } from "../support/private-host.ts";
import { type Cut, cutsOf, cutWords, readOperations } from "./cutter.ts";
import { compiledPrograms } from "./programs.ts";

const programs = compiledPrograms();
const policy = quick.replace("keepName: no", "keepName: yes");

describe.skipIf(!can.mount).concurrent("the tool that is killed", { timeout: 300_000 }, () => {
  const traced = (at: Place, words: string[], cut?: Cut): Promise<Ran> =>
    at.run([
      "home/cut",
      "home/operations",
      ...cutWords(cut),
      process.execPath,
      inject("interpose"),
      ...words,
    ]);
  const begin = async () => {
    const at = await place({ policy });
    copyFileSync(programs().cut, at.inside(join(at.folder, "home/cut")));
    return at;
  };
  /** Some of the operations of a run, before and after by turns. */
  const some = (at: Place): Cut[] =>
    cutsOf(readOperations(at.inside(join(at.folder, "home/operations")))).filter(
      (_, index) => index % 11 === 3,
    );
  const listing = (at: Place) => at.listing("content").replace(/^home.*\n/gm, "");

  const expectCut = async (at: Place, words: string[], cut: Cut) => {
    const where = `${words[0]}, ${cut.when} ${cut.number}`;
    const { status, stdout, stderr } = await traced(at, words, cut);
    expect(status, `${where}: ${stdout}${stderr}`).toBe(137);
    expect(await at.call("a"), where).toEqual({ status: 0, stdout: "tool\na\n", stderr: "" });
    const told = await at.tool(["status"]);
    if (told.status === 0) expect(told.stdout, where).toMatch(/small {2}intact|Nothing is intercepted here/);
    else
      expect(told.stdout + told.stderr, where).toMatch(
        /The last (apply|rollback) was cut off at its step \w+|A run on small was cut off/,
      );
    return told;
  };

  test("in an apply says so, and is finished by apply or undone by rollback", async () => {
    const at = await begin();
    const before = listing(at);
    done(await traced(at, ["apply", at.file, "--yes"]));
    const cuts = some(at);
    expect(cuts.length).toBeGreaterThan(3);
    done(await at.rollback());
    for (const [turn, cut] of cuts.entries()) {
      const told = await expectCut(at, ["apply", at.file, "--yes"], cut);
      if (turn % 2 === 0) done(await at.apply());
      if (turn % 2 === 0 || told.status !== 0) done(await at.rollback());
      expect(listing(at), `cut ${cut.when} ${cut.number}`).toBe(before);
    }
  });

  test("in a rollback says so, and is finished by rollback or taken back by apply", async () => {
    const at = await begin();
    const before = listing(at);
    done(await at.apply());
    done(await traced(at, ["rollback", "small", "--yes"]));
    for (const [turn, cut] of some(at).entries()) {
      done(await at.apply());
      const told = await expectCut(at, ["rollback", "small", "--yes"], cut);
      if (turn % 2 === 0) done(await at.apply());
      if (turn % 2 === 0 || told.status !== 0 || told.stdout.includes("intact")) done(await at.rollback());
      expect(listing(at), `cut ${cut.when} ${cut.number}`).toBe(before);
    }
  });
});

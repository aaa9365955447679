/**
 * Nobody can tell that a native wrapper is there: each point is a state that a caller can be in, from which the same
 * call is made directly and through the wrapper, by real processes, and compared to the byte.
 */
import { afterAll, describe, expect, test } from "vitest";
import { usualStack, wordsUpTo } from "../support/battery/arguments.ts";
import { openBattery, policies, prepareHome } from "../support/battery/battery.ts";
import { allGroups, hold } from "../support/battery/groups.ts";
import { at, type Point, usualEntries } from "../support/battery/point.ts";
import { openCaller } from "../support/caller.ts";

// Not below /tmp, which is another one for some calls.
const caller = await openCaller("/var/tmp");
afterAll(() => caller.close());
prepareHome(caller);
const home = caller.folder;
const program = openBattery(caller, "program");

// What some states take belongs to root, and the machine's own /tmp is left alone.
describe.skipIf(!caller.root || !caller.privateTmp)("a program", () => {
  for (const { name, points } of allGroups(program, home))
    describe(name, () => {
      for (const point of points) test(point.title, (context) => hold(program, point, policies, context));
    });

  test.each(policies)("a call through %s is one record", async (policy) => {
    await caller.shell(`rm -f ${program.log()}`);
    await program.shownBy(at("usual"), [policy]);
    await caller.shell(`[ "$(wc -l <${program.log()})" = 1 ]`);
    if (policy === "asking") await caller.shell(`grep -q '"length":12.5' ${program.log()}`);
  });
});

/** What no wrapper at a path can help. A test that fails here is good news. */
describe.skipIf(!caller.root || !caller.privateTmp)("known limits", () => {
  const link = `${home}/another-name`;
  const limits: (Point & { difference: RegExp })[] = [
    {
      title: "the most that a call may hold, to the byte",
      ask: { words: wordsUpTo(program.path, usualEntries(home), 0), steps: [usualStack] },
      difference: /^ended: 0, now 126/,
    },
    {
      title: "/proc/self/exe is the called path",
      ask: { words: ["called-path"] },
      difference: /exe: .*probe"\]; now 1, gained .*probe-real"\]/,
    },
    {
      title: "AT_EXECFN is the called path",
      ask: { words: ["called-path"] },
      difference: /execfn: .*at\/probe"\]; now 1/,
    },
    {
      title: "the short name is the link's",
      prepare: `ln -sf '${program.path}' '${link}'`,
      ask: { path: link },
      difference: /short name: 1 words, lost \["another-name"\]; now 1, gained \["probe"\]/,
    },
  ];
  test.each(limits.map((limit) => [limit.title, limit] as const))("%s", async (_, {
    difference,
    ...point
  }) => {
    const { none } = await program.shownBy(point, ["none"]);
    expect(none).toContainEqual(expect.stringMatching(difference));
  });

  test("a fact of a program, where starting one is death", async () => {
    const point: Point = { title: "", ask: { steps: [["forbid", "forking"]] } };
    const { asking } = await program.shownBy(point, ["asking"]);
    expect(asking).toContainEqual(expect.stringMatching(/^ended: 0, now SIGSYS/));
  });
});

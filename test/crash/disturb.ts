/** Runs that go on while something happens to the host at one of their operations, and what is made of it. */
import { counted } from "./counted.ts";
import { type Ground, shape } from "./ground.ts";
import { bareOf, difference, wrongWith } from "./known.ts";
import type { Tally } from "./table.ts";
import { actions } from "./walk.ts";

export interface Trouble {
  /** Lines of sh, in the scratch folder; when they fail, they are run again before each later operation. */
  begin: string;
  end: string;
}

/**
 * @param numbers before which operations it happens; 0 for before the run
 * @returns what was counted over all actions, and what was wrong
 */
export async function disturb(
  at: Ground,
  troubles: Trouble[],
  numbers: (operations: number) => number[],
): Promise<{ tally: Tally; problems: string[] }> {
  const { tally, problems, run, reach: end } = counted(at);
  const bare = bareOf(at);
  const pristine = await at.listing();
  const { folder } = at.host;

  /** Gets to one of the states, whatever was there. */
  const reach = (state: "bare" | "a" | "b", where: string) =>
    end(state === "bare" ? at.rollbackScript() : at.applyScript(state), `${where}, to ${state}`);

  await reach("a", "first");
  const complete = shape(await at.listing());
  await reach("bare", "first");
  const callers = at.startCallers();
  try {
    for (const action of actions) {
      const script = () =>
        action === "rollback" ? at.rollbackScript() : at.applyScript(action === "apply" ? "a" : "b");
      const from = action === "apply" ? "bare" : "a";
      await reach(from, `${action}: watched`);
      const { operations } = await run(script(), `${action}: watched`, { trace: true });
      tally.operations += operations.filter(({ outcome }) => outcome === "done").length;
      for (const [turn, number] of numbers(operations.length).entries()) {
        const { begin, end: cure } = troubles[turn % troubles.length] as Trouble;
        const where = `${action} at ${number} (${operations[number - 1]?.what ?? "start"})`;
        await reach(from, where);
        const planned = script();
        if (number === 0) await at.host.shell(begin);
        const hook = { number, script: `#!/bin/sh -e\ncd '${folder}'\n${begin}\n` };
        await run(planned, where, number === 0 ? {} : { hook });
        tally.cuts++;
        await at.host.shell(cure);
        const { lost, wrong } = wrongWith(at, bare);
        if (lost) tally.lost++;
        problems.push(...wrong.map((what) => `${where}: ${what}`));
        const back = turn % 2 === 0;
        await reach(back ? "bare" : "a", where);
        const now = back ? await at.listing() : shape(await at.listing());
        const expected = back ? pristine : complete;
        if (now !== expected) {
          tally.lost++;
          problems.push(`${where}: ${back ? "bare" : "a"} is not as it was: ${difference(expected, now)}`);
        }
        if (problems.length > 20) break;
      }
    }
    await reach("bare", "in the end");
  } finally {
    await callers.stop();
  }
  const { calls, failures, failed } = callers.counts();
  problems.push(...failed.map((what) => `a call failed: ${what}`));
  tally.calls += calls;
  tally.missed += failures;
  return { tally, problems };
}

/**
 * Cuts runs off at every operation, and ends each time in another way: the next apply finishes it, a rollback undoes
 * it, or an apply whose gate fails takes it back. One state leads to the next, from the bare binary over one policy
 * and the other and back, until no cut is left to be tried.
 */

import { type Cut, cutsOf } from "./cutter.ts";
import { answers, type Ground, type GroundRun, type Letter, type RunHow, shape } from "./ground.ts";
import { bareOf, difference, wrongWith } from "./known.ts";
import type { Tally } from "./table.ts";

export const actions = ["apply", "change", "rollback"] as const;
export type Action = (typeof actions)[number];
type Ending = "apply" | "rollback" | "failing";
type State = "bare" | Letter;

export interface Walked {
  tallies: Record<Action, Tally>;
  /** What was wrong, where; nothing when all went as it should. */
  problems: string[];
}

/** What is there after an operation is what is there before the next: it is ended once in one way, once in another. */
const endingsOf: Record<Action, Record<Cut["when"], Ending[]>> = {
  apply: { before: ["apply"], after: ["rollback", "rollback", "failing"] },
  change: { before: ["apply"], after: ["rollback", "failing"] },
  rollback: { before: ["apply"], after: ["rollback"] },
};

/** @param every of the cuts, only each so many-th; @param secondEvery how many cuts there are to one in a row */
export async function walk(at: Ground, { every = 1, secondEvery = 2 } = {}): Promise<Walked> {
  const problems: string[] = [];
  const bare = bareOf(at);
  const pristine = await at.listing();
  const callers = at.startCallers();
  let state: State = "bare";
  let letter: Letter = "a";
  let action: Action = "apply";
  let counted = { calls: 0, failures: 0 };
  const complete = new Map<Letter, string>();
  /** Runs that didn't wait for a call to its end: what to know when one failed. */
  const leftBehind: string[] = [];
  const pending = new Map<Action, Cut[]>();
  const tallies = {} as Record<Action, Tally>;
  const other = (): Letter => (letter === "a" ? "b" : "a");

  const problem = (what: string) => {
    console.error(`${action}: ${what}`);
    problems.push(`${action}: ${what}`);
  };
  const lost = (what: string) => {
    tallies[action].lost++;
    problem(what);
  };
  const run = async (script: string, how?: RunHow): Promise<GroundRun> => {
    const ran = await at.run(script, how);
    if (ran.said.includes("were not waited for")) leftBehind.push(`${action}: ${ran.said}`);
    return ran;
  };
  /** What was called since goes to the action that is at work. */
  const count = () => {
    const { calls, failures } = callers.counts();
    tallies[action].calls += calls - counted.calls;
    tallies[action].missed += failures - counted.failures;
    counted = { calls, failures };
  };

  const scriptOf = (what: Action): string =>
    what === "apply"
      ? at.applyScript(letter)
      : what === "change"
        ? at.applyScript(other())
        : at.rollbackScript();

  function expectAnswer({ answer }: GroundRun, where: string): void {
    tallies[action].calls++;
    if (answers.includes(answer)) return;
    tallies[action].missed++;
    problem(`${where}: a call gave ${JSON.stringify(answer)}`);
  }

  function expectKnown(where: string): void {
    const { lost: gone, wrong } = wrongWith(at, bare);
    if (gone) tallies[action].lost++;
    for (const what of wrong) problem(`${where}: ${what}`);
  }

  async function expectState(where: string): Promise<void> {
    const now = await at.listing();
    if (state === "bare" ? now !== pristine : shape(now) !== complete.get(state))
      lost(
        `${where}: ${state} is not as it was: ${difference(state === "bare" ? pristine : (complete.get(state) ?? ""), state === "bare" ? now : shape(now))}`,
      );
  }

  async function watch(what: Action): Promise<void> {
    action = what;
    tallies[what] = { operations: 0, cuts: 0, calls: 0, missed: 0, lost: 0 };
    const ran = await run(scriptOf(what), { trace: true });
    if (ran.status !== 0) throw new Error(`${what} ends with ${ran.status}: ${ran.said}`);
    expectAnswer(ran, "undisturbed");
    const cuts = cutsOf(ran.operations);
    tallies[what].operations = cuts.length / 2;
    pending.set(
      what,
      cuts.filter((_, index) => index % every === 0),
    );
  }

  async function end(ending: Ending, where: string): Promise<void> {
    const wanted = action === "change" ? other() : letter;
    let script = ending === "rollback" ? at.rollbackScript() : at.applyScript(wanted);
    const failing = ending === "failing" && script.includes("gate_test() {");
    if (failing) script = script.replace("gate_test() {", "gate_test() {\n\tfalse && no\n}\nno() {");
    if (script !== "") {
      const ran = await run(script);
      expectAnswer(ran, where);
      // A script that decides by itself finds that all was done.
      const idle = ran.status === 0 && ran.said.startsWith("Nothing to do");
      if (ran.status !== (failing ? 1 : 0) && !idle)
        problem(`${where}: it ended with ${ran.status}: ${ran.said}`);
    }
    // Once its last gate has passed, there is nothing left to go back to.
    const kept = failing && shape(await at.listing()) === complete.get(wanted);
    if (ending === "rollback") state = "bare";
    else if (failing && !kept) state = action === "apply" ? "bare" : letter;
    else {
      if (action === "change") letter = other();
      state = letter;
    }
    await expectState(where);
  }

  async function cutOff(cut: Cut, ending: Ending, turn: number): Promise<void> {
    const where = `${cut.when} ${cut.number}, then ${ending}`;
    const ran = await run(scriptOf(action), { cut });
    expectAnswer(ran, where);
    if (ran.status === 0) {
      // It had less to do than when it was watched.
      if (action === "change") letter = other();
      state = action === "rollback" ? "bare" : letter;
      return;
    }
    if (ran.status !== 137) problem(`${where}: it ended with ${ran.status}: ${ran.said}`);
    tallies[action].cuts++;
    const detail = `${where} (${ran.operations.at(-1)?.what})`;
    expectKnown(detail);
    if ((turn >> 1) % secondEvery === 0) {
      const next =
        ending === "rollback" ? at.rollbackScript() : at.applyScript(action === "change" ? other() : letter);
      const again = await run(next, { cut: { when: cut.when, number: 1 + ((turn * 7) % 50) } });
      expectAnswer(again, `${detail}, cut again`);
      if (again.status === 137) {
        tallies[action].cuts++;
      } else if (again.status !== 0)
        problem(`${detail}, cut again: it ended with ${again.status}: ${again.said}`);
      expectKnown(`${detail}, cut again`);
    }
    await end(ending, detail);
  }

  try {
    await watch("apply");
    state = "a";
    complete.set("a", shape(await at.listing()));
    await watch("change");
    letter = state = "b";
    complete.set("b", shape(await at.listing()));
    await watch("rollback");
    state = "bare";
    await expectState("undisturbed");
    const left = (what: Action) => pending.get(what)?.length ?? 0;
    const turns = new Map<Action, number>();
    while (actions.some((what) => left(what) > 0)) {
      const possible: Action[] = state === "bare" ? ["apply"] : ["change", "rollback"];
      action = possible.reduce((best, what) => (left(what) > left(best) ? what : best));
      const cut = pending.get(action)?.shift();
      if (cut) {
        const turn = turns.get(action) ?? 0;
        turns.set(action, turn + 1);
        const ways = endingsOf[action][cut.when];
        await cutOff(cut, ways[(turn >> 1) % ways.length] ?? "rollback", turn);
      } else {
        await end(state === "bare" ? "apply" : "rollback", "on the way");
      }
      count();
      if (problems.length > 20) break;
    }
    if (state !== "bare") await end("rollback", "in the end");
  } catch (error) {
    problem(String(error));
  } finally {
    await callers.stop();
    count();
  }
  problems.push(...callers.counts().failed.map((what) => `a call failed: ${what}`));
  if (problems.length > 0) problems.push(...leftBehind);
  return { tallies, problems };
}

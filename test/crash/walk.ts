/**
 * Cuts runs off at every operation, and ends each time in another way: the next apply finishes it, a rollback undoes
 * it, or an apply whose gate fails takes it back. One state leads to the next, from the bare binary over one policy
 * and the other and back, until no cut is left to be tried.
 */

import { inWords } from "../../src/finding/words.ts";
import { factsOf } from "../../src/host/look.ts";
import { layoutOf } from "../../src/spec/spec.ts";
import { interceptionsOf } from "../../src/state/manifest.ts";
import { statusOf } from "../../src/state/status.ts";
import { type Cut, cutsOf } from "./cutter.ts";
import { answers, type Ground, type GroundRun, type Letter, shape } from "./ground.ts";

export const actions = ["apply", "change", "rollback"] as const;
export type Action = (typeof actions)[number];
type Ending = "apply" | "rollback" | "failing";
type State = "bare" | Letter;

export interface Tally {
  /** System calls that changed something in an undisturbed run. */
  operations: number;
  kills: number;
  /** Of them, those of a run that was to finish another that was cut off. */
  second: number;
  calls: number;
  missed: number;
  lost: number;
}

export interface Walked {
  tallies: Record<Action, Tally>;
  /** What was wrong, where; nothing when all went as it should. */
  problems: string[];
}

const endingsOf: Record<Action, Ending[]> = {
  apply: ["apply", "rollback", "apply", "rollback", "failing"],
  change: ["apply", "failing", "apply", "rollback"],
  rollback: ["rollback", "apply"],
};

/** @param every of the cuts, only each so many-th; @param secondEvery how many cuts there are to one in a row */
export async function walk(at: Ground, { every = 1, secondEvery = 6 } = {}): Promise<Walked> {
  const problems: string[] = [];
  const bareFiles = at.files();
  const pristine = await at.listing();
  const original = factsOf(at.facts(), at.layout.binary).id;
  const callers = at.startCallers();
  let state: State = "bare";
  let letter: Letter = "a";
  let action: Action = "apply";
  let counted = { calls: 0, failures: 0 };
  const complete = new Map<Letter, string>();
  const pending = new Map<Action, Cut[]>();
  const tallies = {} as Record<Action, Tally>;
  const other = (): Letter => (letter === "a" ? "b" : "a");

  const problem = (what: string) => problems.push(`${action}: ${what}`);
  const lost = (what: string) => {
    tallies[action].lost++;
    problem(what);
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

  /** The binary is at one of its names, and status says what happened. */
  function expectKnown(where: string): void {
    const facts = at.facts();
    const { interceptions, unreadable } = interceptionsOf(facts, layoutOf);
    const [found] = interceptions;
    const names = [at.layout.binary, at.layout.real].map((path) => factsOf(facts, path).id);
    if (!names.some((id) => id?.inode === original?.inode)) lost(`${where}: the real binary is gone`);
    if (unreadable.length > 0) problem(`${where}: ${unreadable.join()} can't be read`);
    if (!found) {
      if (factsOf(facts, at.layout.binary).id?.inode !== original?.inode)
        problem(`${where}: nothing is known of what is in place`);
      if (at.files() !== bareFiles && !facts.remains.has("small"))
        problem(`${where}: nothing is said of what is left`);
      return;
    }
    const { state: said, findings } = statusOf(found, facts, "localhost");
    if (said === "intact") return;
    const words = findings.map((finding) => inWords(finding).what);
    if (
      said !== "unfinished" ||
      !/^The last (apply|rollback) was cut off at its step \w+/.test(words[0] ?? "")
    )
      problem(`${where}: status says ${said}: ${words.join(" ")}`);
    if (words.length > 1) problem(`${where}: status says more: ${words.join(" ")}`);
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
    tallies[what] = { operations: 0, kills: 0, second: 0, calls: 0, missed: 0, lost: 0 };
    const ran = await at.run(scriptOf(what), { trace: true });
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
    let script =
      ending === "rollback" ? at.rollbackScript() : at.applyScript(action === "change" ? other() : letter);
    const failing = ending === "failing" && script.includes("gate_test() {");
    if (failing) script = script.replace("gate_test() {", "gate_test() {\n\tfalse && no\n}\nno() {");
    if (script !== "") {
      const ran = await at.run(script);
      expectAnswer(ran, where);
      if (ran.status !== (failing ? 1 : 0)) problem(`${where}: it ended with ${ran.status}: ${ran.said}`);
    }
    // Once its last gate has passed, there is nothing left to go back to.
    const kept = failing && action === "change" && shape(await at.listing()) === complete.get(other());
    if (ending === "rollback") state = "bare";
    else if (failing && action === "apply") state = "bare";
    else if (failing && !kept) state = letter;
    else {
      if (action === "change") letter = other();
      state = letter;
    }
    await expectState(where);
  }

  async function cutOff(cut: Cut, ending: Ending, turn: number): Promise<void> {
    const where = `${cut.when} ${cut.number}, then ${ending}`;
    const ran = await at.run(scriptOf(action), { cut });
    expectAnswer(ran, where);
    if (ran.status === 0) {
      // It had less to do than when it was watched.
      if (action === "change") letter = other();
      state = action === "rollback" ? "bare" : letter;
      return;
    }
    if (ran.status !== 137) problem(`${where}: it ended with ${ran.status}: ${ran.said}`);
    tallies[action].kills++;
    const detail = `${where} (${ran.operations.at(-1)?.what})`;
    expectKnown(detail);
    if (turn % secondEvery === 0) {
      const next =
        ending === "rollback" ? at.rollbackScript() : at.applyScript(action === "change" ? other() : letter);
      const again = await at.run(next, { cut: { when: cut.when, number: 1 + ((turn * 7) % 50) } });
      expectAnswer(again, `${detail}, cut again`);
      if (again.status === 137) {
        tallies[action].kills++;
        tallies[action].second++;
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
        const ways = endingsOf[action];
        await cutOff(cut, ways[turn % ways.length] ?? "rollback", turn);
      } else {
        await end(state === "bare" ? "apply" : "rollback", "on the way");
      }
      count();
      if (problems.length > 20) break;
    }
    if (state !== "bare") await end("rollback", "in the end");
  } finally {
    await callers.stop();
    count();
  }
  problems.push(...callers.counts().failed.map((what) => `a call failed: ${what}`));
  return { tallies, problems };
}

// ---

/** The lines that only one of two texts has. */
function difference(expected: string, found: string): string {
  const [old, now] = [expected, found].map((text) => text.split("\n")) as [string[], string[]];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ].join(" | ");
}

/** Runs that are counted, each with the call that follows it. */
import { answers, type Ground, type GroundRun, type RunHow } from "./ground.ts";
import type { Tally } from "./table.ts";

export interface Counted {
  tally: Tally;
  /** What was wrong, where. */
  problems: string[];
  run(script: string, where: string, how?: RunHow): Promise<GroundRun>;
  /** Runs a script that has to come to its end; an empty one has nothing to do. */
  reach(script: string, where: string): Promise<void>;
}

export function counted(at: Ground): Counted {
  const tally: Tally = { operations: 0, cuts: 0, calls: 0, missed: 0, lost: 0 };
  const problems: string[] = [];
  const run: Counted["run"] = async (script, where, how = {}) => {
    const ran = await at.run(script, how);
    tally.calls++;
    if (!answers.includes(ran.answer)) {
      tally.missed++;
      problems.push(`${where}: a call gave ${JSON.stringify(ran.answer)}`);
    }
    return ran;
  };
  return {
    ...{ tally, problems, run },
    async reach(script, where) {
      if (script === "") return;
      const { status, said } = await run(script, where);
      if (status !== 0) problems.push(`${where}: it ended with ${status}: ${said}`);
    },
  };
}

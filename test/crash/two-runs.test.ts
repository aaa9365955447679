/** Two runs at once: one wins, the other says who is at work, or that it has come too late. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { place, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";
import { ground, readInside } from "./ground.ts";
import { compiledPrograms } from "./programs.ts";
import { expectRow } from "./table.ts";

const programs = compiledPrograms();

/** Of a script; see run.ts. */
const said = { 0: "done", 5: "locked", 6: "outdated" } as Record<number, string>;

type Run = "apply" | "change" | "rollback";

describe.skipIf(!can.mount)("two runs at once", { timeout: 600_000 }, () => {
  test.each([
    ["apply", "apply"],
    ["change", "rollback"],
    ["rollback", "change"],
    ["rollback", "rollback"],
  ] as [Run, Run][])("%s while %s is at work", async (second, first) => {
    const at = await ground({ kind: "program", keepName: "yes", programs: programs() });
    const script = (run: Run) =>
      run === "rollback" ? at.rollbackScript() : at.applyScript(run === "apply" ? "a" : "b");
    const bare = at.files();
    const begin = async () => {
      if (first !== "apply") await at.run(at.applyScript("a"));
    };
    await begin();
    const { operations } = await at.run(script(first), { trace: true });
    const callers = at.startCallers();
    const tally = { operations: operations.length, cuts: 0, calls: 0, missed: 0, lost: 0 };
    const seen = new Set<string>();
    const backToBare = async () => {
      const back = at.rollbackScript();
      if (back !== "") expect((await at.run(back)).status).toBe(0);
      if (at.files() !== bare) tally.lost++;
    };
    try {
      await backToBare();
      // The first operations take the lock, the last ones give it back.
      const numbers = operations.map((_, index) => index + 1);
      const chosen = numbers.filter(
        (number) => number < 6 || number > numbers.length - 2 || number % 11 === 0,
      );
      for (const number of chosen) {
        await begin();
        const plan = script(first);
        writeFileSync(at.host.inside(join(at.host.folder, "home/second")), script(second));
        const winner = await at.run(plan, { hook: { number, script: runSecond } });
        tally.cuts++;
        const [status = "", pid = ""] = readInside(at, join(at.host.folder, "home/second.status")).split(" ");
        const outcomes = [said[winner.status], said[Number(status)]].join(" ");
        seen.add(outcomes);
        expect(outcomes, `at ${number}: ${winner.said}`).toMatch(
          /^(done locked|outdated done|done outdated|done done)$/,
        );
        if (outcomes === "done locked") expect(pid.trim(), winner.said).toMatch(/^[0-9]+$/);
        await backToBare();
      }
    } finally {
      await callers.stop();
    }
    tally.calls = callers.counts().calls;
    tally.missed = callers.counts().failures;
    expect([...seen]).toEqual(expect.arrayContaining(["done locked", "outdated done"]));
    expect(tally).toMatchObject({ missed: 0, lost: 0 });
    expectRow(`${second} while ${first} is at work`, tally);
  });
});

/** The second run whole, in the middle of the first; its status, and the process that it names. */
const runSecond = `#!/bin/sh
cd "\${0%/*}"
/bin/sh -s <second >second.out 2>&1
echo "$? $(tr '\\037' ' ' <second.out | sed -n 's/^locked *//p')" >second.status
`;

describe.skipIf(!can.mount).concurrent("a lock", { timeout: 120_000 }, () => {
  const lock = "/var/lib/interpose/.lock.small";
  const make = (target: string) => `mkdir -p /var/lib/interpose && ln -s "${target}" ${lock}`;

  test.each([
    ["whose process is gone", "999999999:1"],
    ["whose process ID is another's by now", "1:1"],
    ["that says nothing", "nothing"],
  ])("%s is taken over", async (_, target) => {
    const at = await place({ policy: quick });
    const before = at.listing("content");
    await at.shell(make(target));
    expect(await at.apply()).toMatchObject({ status: 0, stderr: "" });
    expect(await at.rollback()).toMatchObject({ status: 0, stderr: "" });
    expect(at.listing("content")).toBe(before);
  });

  test("whose process is at work is respected, and it is named", async () => {
    const at = await place({ policy: quick });
    const before = at.listing("content");
    await at.shell(make("1:$(cut -d' ' -f22 /proc/1/stat)"));
    const { status, stderr } = await at.apply();
    expect(status).toBe(1);
    expect(stderr).toContain("Another run on small is at work: process 1.");
    await at.shell(`rm ${lock}; rmdir /var/lib/interpose`);
    expect(at.listing("content")).toBe(before);
  });
});

describe.skipIf(!can.mount).concurrent("a plan", { timeout: 120_000 }, () => {
  test("that was made before another run changed things is not carried out", async () => {
    const at = await place({ policy: quick });
    const plan = (await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    expect((await at.apply()).status).toBe(0);
    const complete = at.listing("content");
    const { status, stdout } = await at.run(["sh", "-s"], { input: plan });
    expect({ status, stdout }).toEqual({ status: 6, stdout: "outdated\u001f\u001f\n" });
    expect(at.listing("content")).toBe(complete);
    expect((await at.tool(["status"])).stdout).toContain("small  intact");
  });
});

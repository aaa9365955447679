/** That the tests of this folder can fail, and that they see what there is to see; and a small sample of them. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { look } from "../../src/host/look.ts";
import { pathsOf } from "../../src/plan/check.ts";
import { can } from "../support/private-host.ts";
import { cutsOf } from "./cutter.ts";
import { factsNow } from "./facts.ts";
import { answers, type Ground, ground, shape } from "./ground.ts";
import { bareOf, wrongWith } from "./known.ts";
import { compiledPrograms } from "./programs.ts";
import { expectRow } from "./table.ts";
import { walk } from "./walk.ts";

const programs = compiledPrograms();

describe.skipIf(!can.mount)("the tracer", { timeout: 300_000 }, () => {
  const script = `echo text >home/first
mkdir -p home/folder
{ echo more; echo and more; } >>home/first
ln home/first home/folder/second; (mv -T home/folder/second home/folder/third)
echo nothing >/dev/null; echo nothing | cat >/dev/null; cat home/first >/dev/null
chmod 600 home/folder/third
rm -r home/folder
`;
  const shown = (at: Ground, what: string) => what.replaceAll(`${at.host.folder}/`, "");

  test("sees each change of any process of the run, in its order, and nothing else", async () => {
    const at = await ground({ kind: "program", keepName: "no", programs: programs(), ownShell: true });
    const { operations } = await at.run(script, { trace: true });
    expect(operations.map(({ outcome, what }) => shown(at, `${outcome} ${what}`))).toEqual([
      "done openat home/first",
      "done write home/first",
      "failed mkdir home",
      "done mkdir home/folder",
      "done write home/first",
      "done write home/first",
      "done linkat home/first home/folder/second",
      expect.stringMatching(/^\w+ renameat2? home\/folder\/second home\/folder\/third$/),
      ...operations.slice(8, -3).map(() => expect.stringContaining("rename")),
      "done fchmodat home/folder/third",
      "done unlinkat home/folder/third",
      "done unlinkat home/folder",
    ]);
  });

  test("lets nothing happen after the cut, in no process", async () => {
    const at = await ground({ kind: "program", keepName: "no", programs: programs(), ownShell: true });
    const several = `for word in a b c d; do (echo "$word" >home/"$word"; echo "$word" >home/"$word"-too) & done; wait; ${script}`;
    for (let number = 1; number <= 8; number++) {
      for (const when of ["before", "after"] as const) {
        await at.host.shell("rm -rf home/[a-d]*-too home/[a-d]; rm -rf home/first home/folder");
        const { status, operations } = await at.run(several, { cut: { when, number } });
        expect(status).toBe(137);
        const made = operations.filter(
          ({ outcome, what }) => outcome === "done" && what.startsWith("openat"),
        );
        const there = ["a", "b", "c", "d"]
          .flatMap((word) => [word, `${word}-too`])
          .filter((name) => existsSync(at.host.inside(join(at.host.folder, "home", name))));
        expect(there.sort()).toEqual(made.map(({ what }) => shown(at, what).split("/")[1]).sort());
      }
    }
  });
});

describe.skipIf(!can.mount)("a walk over all cuts", { timeout: 300_000 }, () => {
  test("finds the facts that the tool finds", async () => {
    const at = await ground({
      kind: "script behind a link",
      keepName: "yes",
      programs: programs(),
      ownShell: true,
    });
    const paths = pathsOf(at.layout);
    for (const step of ["bare", "apply", "change"] as const) {
      if (step !== "bare")
        expect((await at.run(at.applyScript(step === "apply" ? "a" : "b"))).status).toBe(0);
      const found = await look(at.shell, { paths });
      const now = factsNow(found, at.host.inside, paths);
      expect(now.paths).toEqual(found.paths);
      expect(now.interceptions).toEqual(found.interceptions);
      expect(now.remains).toEqual(found.remains);
    }
  });

  test("loses nothing in a sample", async () => {
    const at = await ground({ kind: "program", keepName: "yes", programs: programs(), ownShell: true });
    const { tallies, problems } = await walk(at, { every: 23, secondEvery: 3 });
    expect(problems).toEqual([]);
    expect(tallies.apply.cuts).toBeGreaterThan(3);
  });
});

describe.skipIf(!can.mount)("a copy of the former wrapper", { timeout: 300_000 }, () => {
  test("that was being made when the run was cut off is not taken for the whole", async () => {
    const at = await ground({ kind: "program", keepName: "no", programs: programs(), ownShell: true });
    const undisturbed = async (letter: "a" | "b") => {
      const ran = await at.run(at.applyScript(letter), { trace: true });
      expect(ran.status, ran.said).toBe(0);
      return ran.operations;
    };
    await undisturbed("a");
    const operations = await undisturbed("b");
    const copied = operations.findIndex(({ what }) => what.includes("wrapper.previous"));
    expect(copied).toBeGreaterThan(0);
    await undisturbed("a");
    const cut = { when: "after", number: copied + 1 } as const;
    expect((await at.run(at.applyScript("b"), { cut })).status).toBe(137);
    const failing = at.applyScript("b").replace("gate_write() {", "gate_write() {\n\treturn 1");
    const { status, answer } = await at.run(failing);
    expect({ status, answer }).toEqual({ status: 1, answer: "first\nplain\n--tail\na\n= 7" });
  });
});

describe.skipIf(!can.mount)("a script's path on its way to the wrapper", { timeout: 300_000 }, () => {
  test("is known when the run is cut off there, and nothing of it is left", async () => {
    const at = await ground({
      kind: "script behind a link",
      keepName: "no",
      programs: programs(),
      ownShell: true,
    });
    const bare = bareOf(at);
    const { operations } = await at.run(at.applyScript("a"), { trace: true });
    const complete = shape(at.files());
    expect((await at.run(at.rollbackScript())).status).toBe(0);
    const done = operations.map(({ outcome, what }) => (outcome === "done" ? what : ""));
    const bridged = done.findIndex((what) => /^rename/.test(what) && what.endsWith("/bin/tool"));
    const removed = done.findLastIndex((what) => /^unlink.*interpose-bridge$/.test(what));
    expect(removed).toBeGreaterThan(bridged);
    for (const cut of [
      { when: "after", number: bridged + 1 },
      { when: "before", number: removed + 1 },
    ] as const) {
      expect((await at.run(at.applyScript("a"), { cut })).status).toBe(137);
      expect(wrongWith(at, bare)).toEqual({ lost: false, wrong: [] });
      expect((await at.run(at.applyScript("a"))).status).toBe(0);
      expect(shape(at.files())).toBe(complete);
      expect((await at.run(at.rollbackScript())).status).toBe(0);
      expect(at.files()).toBe(bare.files);
    }
  });
});

/** What people do by hand loses calls and files under the same eyes. */
describe.skipIf(!can.mount)("the steps of the runbook", { timeout: 300_000 }, () => {
  test("miss calls and lose the binary", async () => {
    const at = await ground({ kind: "program", keepName: "no", programs: programs(), ownShell: true });
    const { binary, real, wrapper } = at.layout;
    const apply = `mv ${binary} ${real}
printf '%s\\n' '#!/bin/bash' 'exec ${real} "$@"' >${wrapper}
chmod +x ${wrapper}
ln -sf ${wrapper} ${binary}
`;
    const rollback = `rm ${binary} && mv ${real} ${binary}; rm -f ${wrapper}\n`;
    const inodeOf = (path: string) => statSync(at.host.inside(path), { throwIfNoEntry: false })?.ino;
    const original = inodeOf(binary);
    await at.host.shell(`ln ${binary} home/saved`);
    const callers = at.startCallers();
    const tally = { operations: 0, cuts: 0, calls: 0, missed: 0, lost: 0 };
    try {
      const cuts = cutsOf((await at.run(apply, { trace: true })).operations);
      await at.run(rollback);
      tally.operations = cuts.length / 2;
      for (const cut of cuts) {
        const { status, answer } = await at.run(apply, { cut });
        expect(status).toBe(137);
        tally.cuts++;
        tally.calls++;
        if (!answers.includes(answer)) tally.missed++;
        await at.run(rollback);
        if (inodeOf(binary) !== original) tally.lost++;
        await at.host.shell(`rm -f ${binary} ${real}; ln home/saved ${binary}`);
      }
    } finally {
      await callers.stop();
    }
    tally.calls += callers.counts().calls;
    tally.missed += callers.counts().failures;
    expect(tally.missed).toBeGreaterThan(5);
    expect(tally.lost).toBeGreaterThan(0);
    expectRow("the runbook's steps by hand", tally);
  });
});

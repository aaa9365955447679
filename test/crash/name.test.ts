/** The link by which the real binary keeps its name: once a call may use it, it is there. */
import { expect, test } from "vitest";
import { can } from "../support/private-host.ts";
import { ground } from "./ground.ts";
import { compiledPrograms } from "./programs.ts";

const programs = compiledPrograms();

test.skipIf(!can.mount)(
  "a run that goes on where one was cut off doesn't make the link anew",
  async () => {
    // By busybox, whose `ln -sf` takes a link away before it makes the next.
    const at = await ground({ kind: "program", keepName: "yes", programs: programs() });
    const { binary, namedReal } = at.layout;
    const { operations } = await at.run(at.applyScript("a"), { trace: true });
    const swapped = operations.findIndex(
      ({ what }) => what.startsWith("rename") && what.endsWith(` ${binary}`),
    );
    expect(swapped).toBeGreaterThan(0);
    await at.run(at.rollbackScript());
    const cut = { when: "after", number: swapped + 1 } as const;
    expect(await at.run(at.applyScript("a"), { cut })).toMatchObject({ status: 137 });

    const ran = await at.run(at.applyScript("a"), { trace: true });
    expect(ran, ran.said).toMatchObject({ status: 0, answer: "first\nplain\n--tail\na\n= 7" });
    const touched = ran.operations.filter(
      ({ outcome, what }) => outcome === "done" && what.includes(namedReal),
    );
    expect(touched.map(({ what }) => what)).toEqual([]);
  },
  120_000,
);

/** What a run leaves that is cut off before it has a manifest, or when it has none any more; and plans of another time. */
import { describe, expect, test } from "vitest";
import { done, place, quick } from "../support/place.ts";

const state = "/var/lib/interpose";

describe.concurrent("a plan", () => {
  test("that was made before another run changed things is not carried out", async () => {
    const at = await place({ policy: quick });
    const plan = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    done(await at.apply());
    const complete = at.listing("content");
    const { status, stdout } = await at.run(["sh", "-s"], { input: plan });
    expect({ status, stdout }).toEqual({ status: 6, stdout: "outdated\u001f\u001f\n" });
    expect(at.listing("content")).toBe(complete);
    expect(done(await at.tool(["status"])).stdout).toContain("small  intact");
  });
});

describe.concurrent("what is left without a manifest", () => {
  test.each([
    ["a lock", `mkdir ${state}; ln -s 999999999:1 ${state}/.lock.small`],
    ["a lock whose process ID is another's by now", `mkdir ${state}; ln -s 1:1 ${state}/.lock.small`],
    [
      "a lock that was being taken over",
      `mkdir ${state}; ln -s 999999999:1 ${state}/.lock.small.stale.999999998`,
    ],
    [
      "a folder that has no manifest yet",
      `mkdir -p ${state}/small/work; echo half >${state}/small/manifest.new`,
    ],
    [
      "a folder that was about to be removed",
      `mkdir -p ${state}/.removed.small; echo >${state}/.removed.small/journal`,
    ],
  ])("%s is told by status and removed by rollback", async (_, make) => {
    const at = await place({ policy: quick });
    const before = at.listing("content");
    await at.shell(make);
    const { status, stderr } = await at.tool(["status"]);
    expect(status).toBe(1);
    expect(stderr).toContain("A run on small was cut off before it changed anything");
    done(await at.rollback());
    expect(at.listing("content")).toBe(before);
    expect((await at.rollback()).status).toBe(1);
    done(await at.tool(["status"]));
  });

  test("stays while its run is at work", async () => {
    const at = await place({ policy: quick });
    await at.shell(`mkdir -p ${state}/small; ln -s "1:$(cut -d' ' -f22 /proc/1/stat)" ${state}/.lock.small`);
    expect((await at.tool(["status"])).status).toBe(0);
    expect((await at.rollback()).status).toBe(1);
    done({ ...(await at.run(["test", "-d", `${state}/small`])) });
  });

  test("stays where a journal tells of what was done", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    await at.shell(`rm ${state}/small/manifest.json`);
    expect((await at.rollback()).status).toBe(1);
    done(await at.run(["test", "-f", `${state}/small/journal`]));
  });
});

/** The power is cut anywhere in a run, with the binary, the wrapper and the state on a file system each. */
import { describe, expect, test } from "vitest";
import { place, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";
import { runWords } from "./cutter.ts";
import { describeTree, type FileSystem, fileSystems, isKnown, type Tree } from "./disks.ts";
import { answers } from "./ground.ts";
import { difference } from "./known.ts";
import { remainsOf, type Watched, watchRun } from "./power.ts";
import { type Powered, type PoweredOptions, powered } from "./powered.ts";
import { compiledPrograms } from "./programs.ts";

const programs = compiledPrograms();

test.runIf(process.env.CI)("file systems can be mounted here", () => {
  expect(can.beRoot, "CI has to run this as root").toBe(true);
  for (const kind of fileSystems) expect(isKnown(kind), `the kernel has ${kind}`).toBe(true);
});

describe.skipIf(!can.beRoot).concurrent("a power cut", { timeout: 600_000 }, () => {
  for (const kind of fileSystems) {
    test.skipIf(!isKnown(kind))(`leaves what runs, and is known, on ${kind}`, async () => {
      expect(await cutsOn(kind)).toEqual([]);
    });
  }
});

test.skipIf(!can.beRoot)("what a disk could not take is not told to be done", async () => {
  const at = await place({ policy: quick });
  at.write(`wrapper: ${at.folder}/opt/small\n${quick}`);
  // What the file system has room for, its disk has not.
  await at.shell(
    "mkdir opt disk; mount -t tmpfs -o size=6m none disk; truncate -s 16M disk/image; mkfs.ext4 -q -F disk/image",
  );
  await at.shell("mount -o loop disk/image opt; { head -c 16M /dev/zero >disk/fill || :; } 2>/dev/null");
  const { status, stdout, stderr } = await at.apply();
  expect(stdout + stderr).toContain("Input/output error");
  expect(status).not.toBe(0);
  expect(await at.call("a")).toEqual({ status: 0, stdout: "tool\na\n", stderr: "" });
});

/** Each way is gone on one of them; the exported script, and a repair, on the last. */
const ways: Record<FileSystem, Omit<PoweredOptions, "kind">> = {
  ext4: { of: "program", ownShell: false },
  xfs: { of: "program", ownShell: true },
  btrfs: { of: "script behind a link", ownShell: false },
};

/** The script of an apply whose last gate fails. */
const failing = (script: string) =>
  script.replace("gate_test() {", "gate_test() {\n\tfalse && no\n}\nno() {");

/** Runs of each kind, with a power cut after each: the next one goes on with what was on disk. @returns what was wrong */
async function cutsOn(kind: FileSystem): Promise<string[]> {
  const at = await powered(programs(), { kind, ...ways[kind] });
  const problems: string[] = [];
  const run = async (title: string, script: string, expected: { status: number; leaves: string }) => {
    const [words, input] = script.startsWith("#!") ? [["-s"], script] : [script.split(" "), ""];
    const watched = await watchRun(at.host, at.disks.each, [...at.sh, ...words], input);
    const wrong = [
      ...(watched.status === expected.status ? [] : [`it ended with ${watched.status}: ${watched.said}`]),
      ...(await cutAnywhere(at, watched)),
      ...(title === "apply" || title === "rollback" ? await takeBack(at, watched, kind) : []),
      ...(await goOn(at, watched, expected.leaves)),
    ];
    problems.push(...wrong.map((what) => `${title}: ${what}`));
  };
  try {
    await run("apply", await at.applyScript("a"), { status: 0, leaves: "intact" });
    await run("change", await at.applyScript("b"), { status: 0, leaves: "intact" });
    await run("failing change", failing(await at.applyScript("a")), { status: 1, leaves: "intact" });
    await run("rollback", await at.rollbackScript(), { status: 0, leaves: "gone" });
    await run("failing apply", failing(await at.applyScript("a")), { status: 1, leaves: "gone" });
    if (kind !== "btrfs") return problems;
    at.writeExported();
    await run("exported apply", "home/exported.sh apply", { status: 0, leaves: "intact" });
    await at.upgrade();
    await run("repair", "/var/lib/interpose/small/repair.sh", { status: 0, leaves: "intact" });
    await run("exported rollback", "home/exported.sh rollback", { status: 0, leaves: "gone" });
  } catch (error) {
    problems.push(String(error));
  }
  return problems;
}

/** The power is cut before each operation and after it, whatever the file systems had written by then. */
async function cutAnywhere(at: Powered, watched: Watched): Promise<string[]> {
  const wrong: string[] = [];
  await at.disks.unmount();
  const remains = await remainsOf(watched, at.disks);
  expect(remains.length).toBeGreaterThan(watched.operations.length / 2);
  for (const { where, trees } of remains)
    wrong.push(...(await at.wrongWith(trees)).map((what) => `${where}: ${what}`));
  await at.disks.mount();
  return wrong;
}

/** The power is cut, and a rollback gives back what was there before; each file system has a sixth of the moments. */
async function takeBack(at: Powered, { moments }: Watched, kind: FileSystem): Promise<string[]> {
  const wrong: string[] = [];
  const states = new Map(moments.map(({ copies }, number) => [copies.join(), { copies, number }]));
  const turn = fileSystems.indexOf(kind);
  for (const { copies, number } of [...states.values()].filter((_, index) => index % 6 === turn * 2)) {
    const where = `after ${number}, then rollback`;
    await at.disks.unmount();
    for (const [which, disk] of at.disks.each.entries()) disk.restore(copies[which] as string);
    await at.disks.mount();
    const script = await at.rollbackScript();
    const { status, stdout, stderr } = await runWords(at.host.enter([...at.sh, "-s"]), script);
    if (status !== 0) wrong.push(`${where}: it ended with ${status}: ${stdout}${stderr}`);
    const left = at.disks.each.map((disk) => disk.seen());
    if (!at.isBare(left)) wrong.push(`${where}: left is ${left.map(describeTree).join("\n")}`);
  }
  return wrong;
}

/** The power is cut when the run has said that it is done: all that it did is there. */
async function goOn(at: Powered, { moments }: Watched, expected: string): Promise<string[]> {
  const last = moments.at(-1);
  await at.disks.unmount();
  for (const [number, disk] of at.disks.each.entries()) disk.restore(last?.copies[number] as string);
  await at.disks.mount();
  const wrong = at.disks.each.flatMap((disk, number) => {
    const [seen, found] = [last?.seen[number] as Tree, disk.seen()].map(describeTree) as [string, string];
    return seen === found ? [] : [`not on disk in the end: ${difference(seen, found)}`];
  });
  for (const disk of at.disks.each) disk.forget();
  const [status, answer] = [await at.status(), await at.call()];
  if (status !== expected) wrong.push(`in the end, status says ${status}`);
  if (!answers.includes(answer)) wrong.push(`in the end, a call gave ${JSON.stringify(answer)}`);
  return wrong;
}

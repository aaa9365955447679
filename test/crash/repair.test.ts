/** Repairs that are killed anywhere, after an upgrade has replaced the path; the next repair or a rollback ends them. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { layoutOf } from "../../src/spec/spec.ts";
import { interceptionsOf } from "../../src/state/manifest.ts";
import { statusOf } from "../../src/state/status.ts";
import { can } from "../support/private-host.ts";
import { counted } from "./counted.ts";
import { cutsOf } from "./cutter.ts";
import { type Ground, ground } from "./ground.ts";
import { difference } from "./known.ts";
import { compiledPrograms } from "./programs.ts";
import { everyCut } from "./sample.ts";
import { expectRow, type Tally } from "./table.ts";

const programs = compiledPrograms();

describe.skipIf(!can.mount)("a repair that is killed anywhere", { timeout: 1_800_000 }, () => {
  test.each([
    ["program", "auto"],
    ["script", "yes"],
  ] as const)("loses nothing: %s, keepName: %s", async (kind, keepName) => {
    const at = await ground({ kind, keepName, programs: programs(), size: "128m" });
    const { tally, problems } = await repairs(at);
    expect(problems).toEqual([]);
    expect(tally).toMatchObject({ missed: 0, lost: 0 });
    expectRow(`repair, ${kind}, keepName: ${keepName}`, tally);
  });
});

async function repairs(at: Ground): Promise<{ tally: Tally; problems: string[] }> {
  const { binary, real } = at.layout;
  const { tally, problems, run, reach } = counted(at);
  const inodeOf = (path: string) => statSync(at.host.inside(path), { throwIfNoEntry: false })?.ino;
  const places = (old: number | undefined) => [real, `${real}.old-${old}`];
  const anyFile = (listing: string) =>
    listing.replace(/^(bin\/tool \S+ \S+) inode \d+ (links \d+) size \d+ modified \d+/m, "$1 $2");
  const bare = anyFile(await at.listing());

  /** Nothing has written to the new file for a while, as far as the script can tell; it would wait. */
  const repairScript = () =>
    readFileSync(at.host.inside(join(at.interception()?.folder ?? "", "repair.sh")), "utf8").replace(
      "sleep 2",
      "sleep 0.01",
    );
  /** Puts a newer binary at the path, as pip and npm do. @returns the inodes of the old and the new one */
  const upgrade = async () => {
    if (!at.interception()) await reach(at.applyScript("a"), "on the way");
    const old = inodeOf(real);
    await at.host.shell(
      `cp -pL '${real}' home/new; echo '# more' >>home/new; home/attributes set home/new; mv -T home/new '${binary}'`,
    );
    return { old, now: inodeOf(binary) };
  };

  const callers = at.startCallers();
  try {
    await upgrade();
    const watched = await run(repairScript(), "watched", { trace: true });
    expect(watched.status, watched.said).toBe(0);
    const cuts = cutsOf(watched.operations);
    tally.operations = cuts.length / 2;
    for (const [turn, cut] of cuts.filter((_, index) => index % everyCut === 0).entries()) {
      const where = `${cut.when} ${cut.number} (${watched.operations[cut.number - 1]?.what})`;
      const { old, now } = await upgrade();
      for (const again of (turn >> 1) % 2 === 0 ? [false, true] : [false]) {
        const number = again ? 1 + ((turn * 7) % 40) : cut.number;
        const { status } = await run(repairScript(), where, { cut: { ...cut, number } });
        if (status === 137) tally.cuts++;
        if (inodeOf(binary) !== now && inodeOf(real) !== now) {
          tally.lost++;
          problems.push(`${where}: the new binary is gone`);
        }
        if (!places(old).some((path) => inodeOf(path) === old)) {
          tally.lost++;
          problems.push(`${where}: the old binary is gone`);
        }
        const [found] = interceptionsOf(at.facts(), layoutOf).interceptions;
        const state = found && statusOf(found, at.facts(), "localhost").state;
        if (state !== "unfinished" && state !== "overwritten" && state !== "intact")
          problems.push(`${where}: status says ${state}`);
      }
      if (cut.when === "before") {
        await reach(repairScript(), `${where}, then repair`);
        const [found] = interceptionsOf(at.facts(), layoutOf).interceptions;
        const state = found && statusOf(found, at.facts(), "localhost").state;
        if (state !== "intact" || inodeOf(real) !== now)
          problems.push(`${where}, then repair: status says ${state}`);
        continue;
      }
      const [begun] = interceptionsOf(at.facts(), layoutOf).interceptions;
      const untouched = begun && statusOf(begun, at.facts(), "localhost").state === "overwritten";
      await reach(at.rollbackScript(), `${where}, then rollback`);
      // What a repair has not yet put aside may be run by what is at the path now, so it stays where it was.
      const keeps = untouched && inodeOf(real) === old;
      const left = anyFile(await at.listing()).replace(keeps ? /^bin\/tool-real .*\n/m : "", "");
      if (inodeOf(binary) !== now || left !== bare) {
        tally.lost++;
        problems.push(`${where}, then rollback: ${difference(bare, left)}`);
      }
      if (existsSync(at.host.inside(real))) await at.host.shell(`rm '${real}'`);
      if (problems.length > 20) break;
    }
    await reach(at.rollbackScript(), "in the end");
  } catch (error) {
    problems.push(String(error));
  } finally {
    await callers.stop();
  }
  const { calls, failures, failed } = callers.counts();
  problems.push(...failed.map((what) => `a call failed: ${what}`));
  tally.calls += calls;
  tally.missed += failures;
  return { tally, problems };
}

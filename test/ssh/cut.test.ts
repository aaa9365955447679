/**
 * A link that is cut at random moments of applies and rollbacks, on several hosts at once: no call is missed, no file
 * is lost, and the next run comes to its end.
 */
import { copyFileSync, lstatSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileCallers, startCallers } from "../support/callers.ts";
import { finish, placeOf } from "../support/cut.ts";
import { canFleet, type Fleet, type FleetHost, openFleet } from "../support/fleet.ts";
import { sharedFolder } from "../support/scratch.ts";

const hosts = 5;
const cutsOfEach = process.env.CI ? 40 : 3;
const binary = "/opt/greet/greet";
const seed = Number(process.env.CUT_SEED ?? 7);

describe.skipIf(!canFleet)("a link that is cut", { timeout: 1_200_000 }, () => {
  let fleet: Fleet;
  let programs: { real: string; caller: string };
  beforeAll(async () => {
    programs = compileCallers(sharedFolder());
    fleet = await openFleet(hosts, "mkdir -p /opt/greet; chmod 755 /opt/greet");
  });
  afterAll(() => fleet?.close());

  test("loses nothing, and the next run finishes", async () => {
    const all = await Promise.all(
      fleet.hosts.map((host, index) => cuts(fleet, host, programs, seed + index)),
    );
    const problems = all.flatMap(({ problems }) => problems);
    console.log(`CUT_SEED=${seed}: ${JSON.stringify(all.map(({ problems: _, ...counts }) => counts))}`);
    expect(problems).toEqual([]);
    const sum = (of: (one: Counted) => number) => all.reduce((total, one) => total + of(one), 0);
    expect(sum(({ runs }) => runs)).toBe(hosts * cutsOfEach);
    // Some moments are before the connection or after the end.
    expect(sum(({ lost }) => lost)).toBeGreaterThan((hosts * cutsOfEach) / 4);
    expect(sum(({ calls }) => calls)).toBeGreaterThan(hosts * cutsOfEach);
  });
});

// ---

interface Counted {
  runs: number;
  /** Runs that noticed. */
  lost: number;
  calls: number;
  problems: string[];
}

type Way = "client" | "server" | "cable";

async function cuts(
  fleet: Fleet,
  host: FleetHost,
  programs: { real: string; caller: string },
  randomSeed: number,
): Promise<Counted> {
  const counted: Counted = { runs: 0, lost: 0, calls: 0, problems: [] };
  copyFileSync(programs.real, host.inside(binary));
  copyFileSync(programs.caller, host.inside("/opt/caller"));
  const file = join(fleet.folder, `${host.name}.yaml`);
  const policy = { name: "polite", host: host.name, binary, keepName: "no", probe: [] };
  writeFileSync(file, JSON.stringify({ ...policy, always: { append: ["--tail", "a"] } }));
  const original = lstatSync(host.inside(binary)).ino;
  const pristine = placeOf(host);
  const random = generator(randomSeed);
  const callers = startCallers(
    1,
    "/opt/caller",
    binary,
    ["", "--tail\na\n"],
    host.enter(["env", "-C", "/opt/greet"]),
  );
  try {
    let longest = 1500;
    while (counted.runs < cutsOfEach) {
      const apply = counted.runs % 2 === 0;
      const words = apply ? ["apply", file, "--yes"] : ["rollback", file, "--yes"];
      const way: Way = (["client", "server", "cable"] as const)[counted.runs % 3] ?? "client";
      const where = `${host.name}, run ${counted.runs}, ${words[0]}, ${way}`;
      counted.runs++;
      const from = Date.now();
      const after = 150 + random() * longest;
      let cutting: Promise<void> | undefined;
      const ran = await fleet.interpose(words, {
        onStart: ({ pid }) => {
          cutting = sleep(after).then(() => cut(fleet, host, pid, way));
        },
      });
      await cutting;
      if (way === "cable") await host.cable("up");
      if (ran.status === 3) {
        counted.lost++;
        if (!/The connection to \w+ was lost|can't be reached/.test(ran.stderr))
          counted.problems.push(`${where}: ${ran.stderr}`);
      } else if (ran.status === 0) {
        longest = Math.max(500, Math.min(4000, Date.now() - from));
      } else if (!/is intercepted here/.test(ran.stderr)) {
        counted.problems.push(`${where}: ended with ${ran.status}: ${ran.stdout}${ran.stderr}`);
      }
      const inodes = [binary, `${binary}-real`].map(
        (path) => lstatSync(host.inside(path), { throwIfNoEntry: false })?.ino,
      );
      if (!inodes.includes(original)) counted.problems.push(`${where}: the real binary is gone`);
      await finish(fleet, words, where, counted.problems);
      const links = lstatSync(host.inside(binary)).isSymbolicLink();
      if (links !== apply) counted.problems.push(`${where}: it isn't what the next run should have made`);
      if (!apply && placeOf(host) !== pristine)
        counted.problems.push(`${where}: something is left: ${placeOf(host)} instead of ${pristine}`);
    }
  } finally {
    const { calls, failed } = await callers.stop();
    counted.calls = calls;
    counted.problems.push(...failed.map((what) => `${host.name}: a call failed: ${what}`));
  }
  return counted;
}

async function cut(fleet: Fleet, host: FleetHost, tool: number | undefined, way: Way): Promise<void> {
  if (way === "cable") await host.cable("down");
  if (way === "server") await host.run("pkill -9 -f 'sshd: root@notty'");
  // The tool's own child.
  else await fleet.run(["pkill", "-9", "-x", "-P", String(tool), "ssh"]);
}

/** Mulberry32: the same numbers for the same seed. */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

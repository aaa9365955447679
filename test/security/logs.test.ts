/**
 * What another user puts at the place of a log, before or during calls: no call waits, fails or writes elsewhere.
 * The kernel's fs.protected_* settings stay as they are found; where they are on, they hinder the attacker too, so
 * a folder without the sticky bit, to which they don't apply, stands in for a kernel without them.
 */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listing } from "../support/listing.ts";
import { done, type Place, place, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";

const asNobody = { as: "nobody" } as const;
const uids = { root: 0, nobody: 65534 };

/** A place with a folder `victim` of the caller's, which holds a file with the name of the log, and an `own` one. */
async function attacked(caller: keyof typeof uids): Promise<Place & { log: string; victim: () => string }> {
  const at = await place({ policy: quick });
  for (const folder of ["victim", "victim/below"]) mkdirSync(join(at.folder, folder));
  writeFileSync(join(at.folder, "victim/small.log"), "precious\n");
  for (const path of ["victim", "victim/small.log"])
    chownSync(join(at.folder, path), uids[caller], uids[caller]);
  done(await at.apply());
  await at.shell("rm -rf /tmp/interpose-0");
  const victim = () => listing(join(at.folder, "victim"), { times: "all" });
  return { ...at, log: `/tmp/interpose-${uids[caller]}`, victim };
}

/** Calls that take either way through the wrapper. */
async function callsAre(at: Place, options: { as?: "nobody" }): Promise<void> {
  for (const word of ["a", '"']) {
    const ran = await at.run(["timeout", "10", at.binary, word], options);
    expect(ran).toEqual({ status: 0, stdout: `tool\n${word}\n`, stderr: "" });
  }
}

/** Lines of sh that put something at LOG, which holds the folder's path; VICTIM is the caller's folder. */
const plants = [
  "ln -s VICTIM LOG",
  "ln -s /nowhere/at/all LOG",
  "ln -s LOG LOG",
  "ln -s /dev/full LOG",
  "mkfifo LOG",
  ": >LOG",
  "mkdir -m 0777 LOG",
  "mkdir -m 0777 LOG; ln -s VICTIM/small.log LOG/small.log",
  "mkdir -m 0777 LOG; ln -s VICTIM/new LOG/small.log",
  "mkdir -m 0777 LOG; ln -s /dev/full LOG/small.log",
  "mkdir -m 0777 LOG; mkfifo -m 0666 LOG/small.log",
  "mkdir -m 0777 LOG; mkdir -m 0777 LOG/small.log",
  "mkdir -m 0777 LOG; : >LOG/small.log; chmod 0666 LOG/small.log",
];

describe.skipIf(!can.beRoot)("planted where the log would be", () => {
  test.each([
    ["nobody", "root"],
    ["root", "nobody"],
  ] as const)("by %s, for a call by %s", async (attacker, caller) => {
    const at = await attacked(caller);
    const by = (user: string) => (user === "nobody" ? asNobody : {});
    const before = at.victim();
    for (const plant of plants) {
      const line = plant.replaceAll("LOG", at.log).replaceAll("VICTIM", join(at.folder, "victim"));
      done(await at.run(["sh", "-euc", `umask 0; ${line}`], by(attacker)));
      const planted = listing(at.inside("/tmp"), { times: "content" });
      await callsAre(at, by(caller));
      expect(listing(at.inside("/tmp"), { times: "content" }), plant).toBe(planted);
      expect(at.victim(), plant).toBe(before);
      await at.shell(`rm -rf ${at.log}`);
    }
    await callsAre(at, by(caller));
    expect(readFileSync(at.inside(`${at.log}/small.log`), "utf8").split("\n")).toHaveLength(3);
  });

  // The wrapper makes no such folder; but one of root's may have been moved there by who can write to it.
  test("in an open folder of root's", async () => {
    const at = await attacked("root");
    const before = at.victim();
    for (const plant of plants
      .filter((line) => line.includes("LOG/"))
      .map((line) => line.split("; ", 2)[1] ?? "")) {
      const line = plant.replaceAll("LOG", at.log).replaceAll("VICTIM", join(at.folder, "victim"));
      await at.shell(`mkdir -m 0777 ${at.log}`);
      done(await at.run(["sh", "-euc", `umask 0; ${line}`], asNobody));
      const planted = listing(at.inside("/tmp"), { times: "content" });
      await callsAre(at, {});
      // Nor is a file of the attacker's written to, which would tell what root calls.
      expect(listing(at.inside("/tmp"), { times: "content" }), plant).toBe(planted);
      expect(at.victim(), plant).toBe(before);
      await at.shell(`rm -rf ${at.log}`);
    }
  });

  test("by the caller's own hand: a link is not written through, and a full device stops nothing", async () => {
    const at = await attacked("nobody");
    const before = at.victim();
    for (const target of [join(at.folder, "victim/small.log"), join(at.folder, "victim/new"), "/dev/full"]) {
      const line = `mkdir -m 0700 ${at.log}; ln -s ${target} ${at.log}/small.log`;
      done(await at.run(["sh", "-euc", line], asNobody));
      await callsAre(at, asNobody);
      expect(at.victim(), target).toBe(before);
      await at.shell(`rm -rf ${at.log}`);
    }
  });
});

/** Puts a link and a file at the path by turns, as fast as it can, for some seconds. */
const swapping = `
  my ($path, $target, $seconds) = @ARGV;
  my $end = time + $seconds;
  while (time < $end) {
    for (1 .. 200) {
      symlink $target, "$path.link"; rename "$path.link", $path;
      open my $file, ">", "$path.file"; rename "$path.file", $path;
    }
  }`;

describe.skipIf(!can.beRoot)("swapped during calls", () => {
  test.each([
    ["as the kernel is set up", "1777"],
    ["as if its protections were off", "0777"],
  ])("%s", async (_, mode) => {
    const at = await attacked("root");
    await at.shell(`chmod ${mode} /tmp`);
    const before = at.victim();
    const attack = at.run(["perl", "-e", swapping, at.log, join(at.folder, "victim"), "3"], asNobody);
    const calls = `end=$(($(date +%s) + 2)) count=0
while [ "$(date +%s)" -lt "$end" ]; do
	for word in a '"' b "'" c '\\'; do
		[ "$(timeout 10 ${at.binary} "$word")" = "tool
$word" ]
		count=$((count + 1))
	done
done
echo "$count"`;
    const { status, stdout, stderr } = await at.run(["sh", "-euc", calls]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(Number(stdout)).toBeGreaterThan(5);
    expect((await attack).status).toBe(0);
    expect(at.victim()).toBe(before);
  });
});

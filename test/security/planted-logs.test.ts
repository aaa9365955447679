/**
 * What other users put at the place of logs doesn't keep root from anything, and keeps nobody who reads logs waiting:
 * each trouble is made for real, in a /tmp of its own, by a user without privileges. What would wait for ever is ended
 * after some minutes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { readLogsScript } from "../../src/log/files.ts";
import { ownTmp, type Patient } from "../support/patient.ts";
import { done, type Place, place, quick, says } from "../support/place.ts";
import { can, type Ran } from "../support/private-host.ts";
import { script } from "../support/small-binaries.ts";

const asNobody = { as: "nobody" } as const;

/** It can be tried out by what it prints, which the policy changes. */
const policy = "keepName: no\nprobe: [--version]\nalways: { append: [--seen] }\n";

/** Runs the tool with a bound on its time: 124 is for ever. */
const bounded = (at: Place, ...words: string[]): Promise<Ran> =>
  at.run(["timeout", "150", process.execPath, inject("interpose"), ...words], {
    env: { PATH: `${at.folder}/frugal:${process.env.PATH}` },
  });

/** Lets no sed or tail have more than 200 MB, and notes when one wanted more. */
function limitMemory(at: Place): void {
  mkdirSync(join(at.folder, "frugal"));
  for (const name of ["sed", "tail"])
    script(
      join(at.folder, "frugal", name),
      `#!/bin/sh
exec 3<&0
/usr/bin/${name} "$@" <&3 &
while :; do
	size=''
	while read -r key value _; do if [ "$key" = VmHWM: ]; then size=$value; fi; done <"/proc/$!/status"
	if [ "\${size:-0}" -gt 200000 ]; then
		: >'${at.folder}/greedy'
		kill -9 "$!"
	fi
	if [ -z "$size" ]; then break; fi
	sleep 0.02
done 2>/dev/null
wait "$!"
`,
    );
}

/** Does lines of sh as the user without privileges. */
const byNobody = (at: Place, lines: string): Promise<Ran> =>
  at.run(["sh", "-euc", `umask 0; ${lines}`], asNobody).then(done);

/** An upgrade comes, and puts its program in the place of the link to the wrapper. */
const upgrade = (at: Place): Promise<string> =>
  at.shell(
    `printf '#!/bin/sh\\nprintf "%%s\\\\n" new "$@"\\n' >bin/new; chmod 755 bin/new; mv -T bin/new bin/tool`,
  );

/** Lines of sh, by nobody. */
const plants: [string, string][] = [
  ["another user's folder", "mkdir -m 0777 /tmp/interpose-0"],
  ["a link", "ln -s /var/lib /tmp/interpose-0"],
  ["a file", ": >/tmp/interpose-0"],
  ["a log without an end", "mkdir -m 0777 /tmp/interpose-0; truncate -s 7E /tmp/interpose-0/small.log"],
  [
    "a link to a log without an end",
    "mkdir /tmp/interpose-0; truncate -s 7E /tmp/x; ln -s /tmp/x /tmp/interpose-0/small.log",
  ],
  ["a pipe", "mkdir -m 0777 /tmp/interpose-0; mkfifo -m 0666 /tmp/interpose-0/small.log"],
];

/** Lines of sh, by root, after `ownTmp` with such options. */
const shortages: [string, string, string][] = [
  ["is full", "size=64k", "cat /dev/zero >/tmp/filler 2>/dev/null || :"],
  [
    "has no room for another file",
    "nr_inodes=12",
    "for n in 1 2 3 4 5 6 7 8 9; do : >/tmp/file.$n || :; done 2>/dev/null",
  ],
  ["is read-only", "size=64k", "mount -o remount,ro /tmp"],
];

describe.skipIf(!can.beRoot)("root puts in place, repairs and guards", { timeout: 600_000 }, () => {
  const intercepted = async () => {
    const at = await place({ policy, make: says("old") });
    await ownTmp(at as Patient, "size=10m");
    return at;
  };
  /** All is done, and what couldn't be logged is said. */
  const works = async (at: Place, logs = true): Promise<void> => {
    const applied = await bounded(at, "apply", at.file, "--yes");
    expect(applied, applied.stdout + applied.stderr).toMatchObject({ status: 0 });
    expect(applied.stdout + applied.stderr).toMatch(/has no record of the call with --version/);
    await isRepaired(at);
    const verified = await bounded(at, "verify", "small");
    expect(verified.status).toBe(1);
    if (logs) expect(verified.stdout).toMatch(/^no {4}the log has the calls: 0 of 1 calls/m);
    expect(await bounded(at, "rollback", "small", "--yes")).toMatchObject({ status: 0 });
    expect((await at.call("a")).stdout).toBe("new\na\n");
  };
  const isRepaired = async (at: Place): Promise<void> => {
    await upgrade(at);
    const repaired = await at.run(["timeout", "150", "sh", "/var/lib/interpose/small/repair.sh", "guard"]);
    expect(repaired, repaired.stdout + repaired.stderr).toMatchObject({ status: 0 });
    expect(await at.call("a")).toEqual({ status: 0, stdout: "new\na\n--seen\n", stderr: "" });
  };

  test.each(plants)("where %s was planted", async (_, plant) => {
    const at = await intercepted();
    await byNobody(at, plant);
    await works(at);
  });

  test.each(plants)("where %s was planted later", async (_, plant) => {
    const at = await intercepted();
    done(await bounded(at, "apply", at.file, "--yes"));
    await at.shell("rm -r /tmp/interpose-0");
    await byNobody(at, plant);
    await isRepaired(at);
  });

  test.each(shortages)("where /tmp %s", async (_, options, lack) => {
    const at = await place({ policy, make: says("old") });
    await ownTmp(at as Patient, options);
    await at.shell(lack);
    // What else verify tries needs room there.
    await works(at, false);
  });

  test("and isn't told by another user's records that its calls are logged", async () => {
    const at = await intercepted();
    done(await bounded(at, "apply", at.file, "--yes"));
    await at.shell("rm -r /tmp/interpose-0");
    const forging = byNobody(
      at,
      `mkdir -m 0777 /tmp/interpose-0; until [ -e /tmp/done ]; do
        printf '{"v":1,"time":%s.5,"pid":1,"ppid":1,"argv":["--version"],"argc":1,"execArgv":["--version"]}\\n' "$(date +%s)" >>/tmp/interpose-0/small.log
        sleep 0.01; done`,
    );
    const verified = await bounded(at, "verify", "small");
    await at.shell(": >/tmp/done");
    await forging;
    expect(verified.status).toBe(1);
    expect(verified.stdout).toMatch(/^no {4}the log has the calls: 0 of 1 calls/m);
  });

  test("but not a program that can't be run any more", async () => {
    const at = await intercepted();
    await byNobody(at, "mkdir /tmp/interpose-0");
    writeFileSync(join(at.folder, "during"), 'case " $* " in *" --seen "*) exit 126 ;; esac\n');
    const { status } = await bounded(at, "apply", at.file, "--yes");
    expect(status).not.toBe(0);
    expect((await at.call("a")).stdout).toBe("old\na\n");
  });
});

describe.skipIf(!can.beRoot)("who reads logs", { timeout: 600_000 }, () => {
  const called = async () => {
    const at = await place({ policy: quick });
    await ownTmp(at as Patient, "size=300m");
    done(await at.apply());
    done(await at.call("a"));
    done(await at.run([at.binary, "b"], asNobody));
    return at;
  };
  const own = "/tmp/interpose-65534/small.log";

  test.each([
    ["a log without an end", `truncate -s 7E ${own}`],
    ["a line without an end", `yes | tr -d '\\n' | head -c 100000000 >${own}`],
  ])("isn't kept waiting by %s", async (_, plant) => {
    const at = await called();
    await byNobody(at, plant);
    limitMemory(at);
    const read = await bounded(at, "logs", "small", "--json");
    expect(read, read.stderr).toMatchObject({ status: 0 });
    expect(read.stdout.split("\n").filter((line) => line.includes('"argv":["a"]'))).toHaveLength(1);
    expect((await bounded(at, "doctor", "small")).status).toBeLessThan(2);
    expect(existsSync(join(at.folder, "greedy"))).toBe(false);
    expect(await bounded(at, "rollback", "small", "--yes")).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(at.inside("/tmp/interpose-0"))).toBe(false);
  });

  test.each([
    ["a dd that follows no link", ""],
    ["one that knows nothing of links", "s/iflag=nofollow,nonblock count/iflag=unknown count/"],
  ])("isn't kept waiting by what a log is swapped for, with %s", async (_, change) => {
    const at = await called();
    const swapping = `
      my ($log) = @ARGV;
      my $end = time + 15;
      system("mkfifo", "$log.pipe");
      while (time < $end) {
        for (1 .. 200) {
          link "$log.pipe", "$log.other"; rename "$log.other", $log;
          open my $file, ">", "$log.other"; rename "$log.other", $log;
          symlink "$log.pipe", "$log.other"; rename "$log.other", $log;
          open $file, ">", "$log.other"; rename "$log.other", $log;
        }
      }`;
    const attack = at.run(["perl", "-e", swapping, own], asNobody);
    writeFileSync(join(at.folder, "script"), readLogsScript("small"));
    await at.shell(`sed -i '${change}' script`);
    const reading = 'end=$(($(date +%s) + 12)); while [ "$(date +%s)" -lt "$end" ]; do sh script; done';
    const read = await at.run(["timeout", "150", "sh", "-c", reading]);
    expect(read.status).toBe(0);
    expect(read.stdout).toContain('"argv":["a"]');
    await attack;
  });

  test("isn't kept busy by thousands of folders", async () => {
    const at = await called();
    await byNobody(
      at,
      "cd /tmp; seq 100000 116000 | sed s/^/interpose-/ | xargs mkdir; seq 1 300 | sed 's/^/systemd-private-/; s/$/-x/' | xargs mkdir",
    );
    for (const words of [
      ["logs", "small"],
      ["doctor", "small"],
      ["rollback", "small", "--yes"],
    ]) {
      const ran = await at.run(["timeout", "90", process.execPath, inject("interpose"), ...words]);
      expect(ran.status, words[0]).toBeLessThan(2);
    }
    expect(existsSync(at.inside("/tmp/interpose-0"))).toBe(false);
    expect(existsSync(at.inside("/tmp/interpose-65534"))).toBe(false);
  });

  test("reads what was turned over before what came after it", async () => {
    const at = await called();
    const log = at.inside("/tmp/interpose-0/small.log");
    const line = readFileSync(log, "utf8");
    for (const [turn, time] of [
      ["4", 1],
      ["3", 2],
      ["1", 3],
    ] as const)
      await at.shell(`sed 's/"time":[0-9.]*/"time":${time}.5/' ${log} >/tmp/interpose-0/small.log.${turn}`);
    const { stdout } = await bounded(at, "logs", "small", "--json");
    const times = stdout
      .split("\n")
      .filter(Boolean)
      .map((text) => JSON.parse(text).time as number);
    expect(times.slice(0, 3)).toEqual([1.5, 2.5, 3.5]);
    expect(times[3]).toBe(JSON.parse(line).time);
    await bounded(at, "rollback", "small", "--yes");
    expect(existsSync(at.inside("/tmp/interpose-0"))).toBe(false);
  });
});

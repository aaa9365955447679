/** A log stays within the bounds that the file gives it: none, another place, a size, a share of the file system. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Log } from "../src/policy/policy.ts";
import { type Runtime, runtimes } from "./support/install.ts";
import { placeByHand } from "./support/place-by-hand.ts";
import { sharedFolder } from "./support/scratch.ts";

const uid = process.getuid?.() ?? 0;
const name = (which: string) => `bounds-${process.pid}-${which}`;
afterAll(() => {
  for (const top of ["/tmp", "/dev/shm"]) {
    const folder = `${top}/interpose-${uid}`;
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder))
      if (file.startsWith(`bounds-${process.pid}-`)) rmSync(join(folder, file));
  }
});

/** @param log what is other than usual; HERE in its directory is the scratch directory */
function place(runtime: Runtime, which: string, log: Partial<Log>, change?: (text: string) => string) {
  const folder = sharedFolder();
  const binary = join(folder, "tool");
  copyFileSync("/bin/true", binary);
  const dir = log.dir?.replace("HERE", folder);
  placeByHand({
    file: `name: ${name(which)}\nbinary: ${binary}\n`,
    keepName: false,
    native: runtime === "native",
    log: { ...log, ...(dir === undefined ? {} : { dir }) },
    ...(change && runtime === "bash" ? { change } : {}),
  });
  return { folder, binary };
}

/** The look at the log, which is made in one call of a hundred, in each; or in one of some. */
const looking = (pattern: string) => (text: string) => {
  const sample = "$__began == *00";
  expect(text).toContain(sample);
  return text.replace(sample, `$__began == ${pattern}`);
};

const words = (folder: string, which: string) =>
  readdirSync(folder)
    .filter((file) => /\.log(\.\d+)?$/.test(file) && file.startsWith(name(which)))
    .flatMap((file) => readFileSync(join(folder, file), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line).argv[0] as string);

describe.each(runtimes)("%s", (runtime) => {
  test("none is none", () => {
    const { binary } = place(runtime, "none", { none: true });
    expect(spawnSync(binary, ["a"]).status).toBe(0);
    expect(readdirSync(`/tmp/interpose-${uid}`).filter((file) => file.startsWith(name("none")))).toEqual([]);
  });

  test("another place is used, in a directory of each user's own", () => {
    const { binary, folder } = place(runtime, "place", { dir: "HERE/logs" });
    expect(spawnSync(binary, ["a"]).status).toBe(0);
    expect(existsSync(join(folder, "logs"))).toBe(false);
    mkdirSync(join(folder, "logs"));
    expect(spawnSync(binary, ["b"]).status).toBe(0);
    expect(words(join(folder, `logs/interpose-${uid}`), "place")).toEqual(["b"]);
  });

  test("sixteen callers turn it over, and no record is lost or split", async () => {
    const { binary, folder } = place(
      runtime,
      "turns",
      { dir: "HERE", size: 65536, keep: 99 },
      looking("*[0-4]?"),
    );
    const calls = 100;
    const loop = 'for ((i = 0; i < 100; i++)); do "$0" "$1-$i" "$2" || exit; done';
    const callers = Array.from({ length: 16 }, (_, caller) =>
      spawn("bash", ["-c", loop, binary, `${caller}`, "x".repeat(600)], { stdio: "ignore" }),
    );
    const ends = await Promise.all(callers.map((child) => once(child, "exit")));
    expect(ends.map(([status]) => status)).toEqual(callers.map(() => 0));
    const logs = join(folder, `interpose-${uid}`);
    const expected = callers.flatMap((_, caller) =>
      Array.from({ length: calls }, (__, at) => `${caller}-${at}`),
    );
    expect(words(logs, "turns").sort()).toEqual(expected.sort());
    expect(readdirSync(logs).filter((file) => /\.log\.\d+$/.test(file)).length).toBeGreaterThan(10);
    expect(readdirSync(logs)).not.toContain(`${name("turns")}.log.turning`);
  }, 600_000);

  test("one that was killed while it turned the log over is no hindrance, and so many are kept", () => {
    const { binary, folder } = place(
      runtime,
      "kept",
      { dir: "HERE", size: 65536, keep: 2, full: true },
      looking("*"),
    );
    const logs = join(folder, `interpose-${uid}`);
    spawnSync(binary, ["a"]);
    spawnSync("bash", ["-c", 'echo 4194305 >"$0"', join(logs, `${name("kept")}.log.turning`)]);
    const loop = 'for ((i = 0; i < 20; i++)); do "$0" "$i" "$1" || exit; done';
    expect(spawnSync("bash", ["-c", loop, binary, "x".repeat(20_000)]).status).toBe(0);
    expect(
      readdirSync(logs)
        .filter((file) => file.includes(".log") && (runtime === "bash" || !file.endsWith(".turning")))
        .sort(),
    ).toEqual([".log", ".log.1", ".log.2"].map((end) => `${name("kept")}${end}`));
  }, 600_000);

  test.skipIf(uid !== 0)(
    "it stops where its file system is nearly full, says so once, and goes on later",
    () => {
      const { binary, folder } = place(runtime, "full", { dir: "HERE", free: 50 }, looking("*"));
      const script = `mount -t tmpfs -o size=8m,mode=1777 none ${folder}/disk
mkdir ${folder}/disk/t; ${binary} before
head -c 5000000 /dev/zero >${folder}/disk/filler; for i in 1 2 3; do ${binary} full; done
rm ${folder}/disk/filler; ${binary} after; cat ${folder}/disk/interpose-${uid}/${name("full")}.log`;
      mkdirSync(join(folder, "disk"));
      const { binary: other } = place(runtime, "full", { dir: `${folder}/disk`, free: 50 }, looking("*"));
      const { stdout, stderr } = spawnSync("unshare", ["-m", "sh", "-euc", script.replaceAll(binary, other)]);
      expect(stderr.toString()).toBe("");
      const lines = stdout
        .toString()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(lines.map(({ argv, stopped }) => argv?.[0] ?? stopped)).toEqual([
        "before",
        expect.stringMatching(/^less than .*50 % of the file system is free$/),
        "after",
      ]);
    },
  );

  test.skipIf(uid !== 0).each([["fakeroot"], ["unshare", "-r"]])(
    "as root of %s, a user's calls take no name of root's",
    (...how) => {
      const { binary, folder } = place(runtime, "owner", { dir: "HERE/logs" });
      const script = `mkdir -m 1777 ${folder}/logs; setpriv --reuid=65534 --regid=65534 --clear-groups ${how.join(" ")} ${binary} theirs
ls ${folder}/logs; ${binary} roots`;
      const { stdout, status } = spawnSync("sh", ["-c", `chmod 755 ${folder}; ${script}`]);
      expect({ status, made: stdout.toString().replace("interpose-65534\n", "") }).toEqual({
        status: 0,
        made: "",
      });
      expect(words(join(folder, "logs/interpose-0"), "owner")).toEqual(["roots"]);
    },
  );
});

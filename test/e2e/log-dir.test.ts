/** Logs in a directory of the file's own: made there, found there, and taken away from there. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Runtime, runtimes } from "../support/install.ts";
import { done, type Place, passing, place } from "../support/place.ts";
import { can } from "../support/private-host.ts";
import { script } from "../support/small-binaries.ts";

const uid = process.getuid?.() ?? 0;
const nobody = 65534;

/** Logged below `logs` in the place's folder. */
async function logging(
  runtime: Runtime | "auto",
  more = "",
  name = "logs",
): Promise<Place & { dir: string }> {
  const at = await place();
  const dir = join(at.folder, name);
  const own = { ...at, dir };
  write(own, runtime, more);
  return own;
}

const write = (at: Place & { dir: string }, runtime: Runtime | "auto", more = "") =>
  at.write(`${passing}runtime: ${runtime}\nlog: { dir: ${JSON.stringify(at.dir)} }\n${more}`);

const logIn = (dir: string, user = uid) => join(dir, `interpose-${user}/small.log`);

/** The arguments of the calls that are shown. */
async function shown(at: Place, ...words: string[]): Promise<unknown[]> {
  const { stdout } = done(await at.tool(["logs", "small", "--json", ...words]));
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { argv: string[] }).argv.join(" "));
}

const linesIn = (log: string) => readFileSync(log, "latin1").split("\n").length - 1;

describe.concurrent.each(runtimes)("the %s wrapper", (runtime) => {
  test.each(["logs", 'some "logs" of it\'s'])("logs in %s, where everything looks for it", async (name) => {
    const at = await logging(runtime, "", name);
    await at.shell(`mkdir -m 1777 '${at.dir.replaceAll("'", "'\\''")}'`);
    const before = at.listing("content");
    done(await at.apply());
    await at.call("a");
    if (can.beRoot) await at.run([at.binary, "b"], { as: "nobody" });

    expect(existsSync(logIn(at.dir))).toBe(true);
    expect(existsSync(logIn(at.dir, nobody))).toBe(can.beRoot);
    expect(existsSync(at.inside(`/tmp/interpose-${uid}`))).toBe(false);
    expect(await shown(at)).toEqual(["a", ...(can.beRoot ? ["b"] : [])]);
    const verified = done(await at.tool(["verify", "small"])).stdout;
    expect(verified).toContain(`2 of 2 calls in ${logIn(at.dir)}`);
    const lines = linesIn(logIn(at.dir));
    expect(lines).toBe(5);
    expect((await at.tool(["doctor", "small"])).stdout).toBe("small  nothing is wrong\n");
    expect(linesIn(logIn(at.dir))).toBe(lines);

    // Another binary at the path; a repair makes calls too.
    await at.shell("cp bin/tool-real bin/new; mv -T bin/new bin/tool");
    done(await at.tool(["repair", "small", "--yes"]));
    expect(linesIn(logIn(at.dir))).toBe(lines + 2);

    done(await at.rollback());
    expect(at.listing("content").replace(/ inode \d+| modified \S+/g, "")).toBe(
      before.replace(/ inode \d+| modified \S+/g, ""),
    );
  });

  test("leaves the logs there when it is told to, and those of before in no place", async () => {
    const at = await logging(runtime);
    at.write(`${passing}runtime: ${runtime}\n`);
    done(await at.apply());
    expect(existsSync(at.inside(logIn("/tmp")))).toBe(true);
    await at.shell("mkdir -m 1777 logs");
    write(at, runtime);
    done(await at.apply());
    await at.call("a");
    expect(await shown(at)).toEqual(["a"]);
    done(await at.rollback("--keep-logs"));
    expect(existsSync(logIn(at.dir))).toBe(true);
    // Without a manifest, the file says where they are.
    const { stdout } = done(await at.tool(["logs", at.file, "--json"]));
    expect(stdout).toContain('"argv":["a"]');
    done(await at.apply());
    done(await at.rollback());
    expect(existsSync(at.inside(`/tmp/interpose-${uid}`))).toBe(false);
    expect(existsSync(join(at.dir, `interpose-${uid}`))).toBe(false);
    expect(existsSync(at.dir)).toBe(true);
  });

  test("follows no link in it", async () => {
    const at = await logging(runtime);
    await at.shell("mkdir -m 1777 logs");
    mkdirSync(join(at.folder, "elsewhere"));
    symlinkSync(join(at.folder, "elsewhere"), join(at.dir, `interpose-${uid}`));
    const { status, stdout, stderr } = await at.apply();
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(`${stdout}${stderr}`).toContain(`${at.dir}/interpose-${uid} is not this user's folder`);
    await at.call("a");
    expect(await shown(at)).toEqual([]);
    done(await at.rollback());
    expect(await at.shell("ls -A elsewhere")).toBe("");
  });
});

describe.concurrent("the directory", () => {
  test("has to be there, and the finding says how", async () => {
    const at = await logging("auto");
    const before = at.listing("content");
    for (const make of [":", "touch logs", "rm logs; ln -s nowhere logs"]) {
      await at.shell(make);
      const { status, stderr } = await at.apply();
      expect(status).toBe(1);
      expect(stderr).toContain(`There is no directory ${at.dir}`);
      expect(stderr).toContain(`install -d -m 1777 ${at.dir}`);
      await at.shell("if [ -f logs ]; then :; else rm -f logs; fi");
    }
    expect(at.listing("content")).toBe(before);
    await at.shell(`install -d -m 1777 ${at.dir}`);
    done(await at.apply());
    // Gone again later: calls go on, and doctor says so.
    await at.shell("rm -r logs");
    expect((await at.call("a")).stdout).toBe("tool\na\n");
    const { stdout } = await at.tool(["doctor", "small"]);
    expect(stdout).toContain("log-dir-missing: ");
    await at.shell(`install -d -m 1777 ${at.dir}`);
    expect((await at.tool(["doctor", "small"])).stdout).toBe("small  nothing is wrong\n");
    await at.shell("chmod 0755 logs");
    expect((await at.tool(["doctor", "small"])).stdout).toContain(`tmp-mode: ${at.dir} has mode 755`);
    await at.shell("rm -r logs");
    done(await at.rollback());
  });

  test.skipIf(!can.beRoot)("is none that others could exchange", async () => {
    const at = await logging("auto");
    await at.shell("mkdir -m 1777 logs");
    for (const [make, undo, who, accept] of [
      ["chmod 0777 logs", "chmod 1777 logs", "everybody", undefined],
      ["chown nobody logs", "chown root logs", "nobody", "other-owner"],
      [
        "chgrp nogroup logs; chmod 0775 logs",
        "chgrp root logs; chmod 1777 logs",
        "nogroup",
        "group-writable",
      ],
    ] as const) {
      await at.shell(make);
      const refused = await at.apply();
      expect(refused.status, make).toBe(1);
      expect(refused.stderr).toMatch(new RegExp(`can be changed by (the group )?${who}: its mode is`));
      expect(refused.stderr).toContain(`install -d -m 1777 ${at.dir}`);
      if (accept) {
        write(at, "auto", `accept: [${accept}]\n`);
        expect((await at.tool(["plan", at.file])).status, make).toBe(0);
        write(at, "auto");
      }
      await at.shell(undo);
    }
    // Nobody could take it, but after it is gone everybody can be the first to make it.
    await at.shell("mkdir -m 1777 top; mkdir -m 1777 top/logs");
    write({ ...at, dir: join(at.folder, "top/logs") }, "auto");
    expect((await at.apply()).stderr).toContain(`${at.folder}/top can be changed by everybody`);
    write(at, "auto");

    await at.shell("chmod 0755 logs");
    const { status, stdout, stderr } = await at.apply();
    expect(status).toBe(0);
    expect(stdout + stderr).toContain(`${at.dir}, in which calls are to be logged, has mode 0755`);
    await at.call("a");
    expect(await shown(at)).toEqual(["a"]);
  });

  test("is not asked for where nothing is logged", async () => {
    const at = await place({ policy: `${passing}log: none\n` });
    done(await at.apply());
    done(await at.rollback());
  });
});

const canTrace = can.beRoot && spawnSync("strace", ["-V"]).status === 0;

test.skipIf(!canTrace)(
  "what is put in the place of a directory that was just made keeps its mode",
  async () => {
    const at = await logging("native");
    await at.shell("mkdir -m 1777 logs; mkdir -m 0755 victim");
    done(await at.apply());
    await at.shell("rm -r logs/*; chmod 0777 logs");
    const called = at.run(["strace", "-f", "-e", "inject=mkdirat:delay_exit=1000000", at.binary, "a"]);
    const swap = `until [ -d logs/interpose-${uid} ]; do sleep 0.02; done; rmdir logs/interpose-${uid}; ln -s ../victim logs/interpose-${uid}`;
    await at.shell(swap);
    expect((await called).stdout).toBe("tool\na\n");
    expect((await at.shell("stat -c %a victim; ls -A victim")).trim()).toBe("755");
    await at.shell("rm logs/*; chmod 1777 logs; umask 777; bin/tool b");
    expect((await at.shell(`stat -c %a logs/interpose-${uid}`)).trim()).toBe("700");
    expect(await shown(at)).toEqual(["b"]);
  },
);

test.skipIf(!can.mount)("an exported script goes by it too", async () => {
  const at = await logging("bash");
  done(await at.tool(["export", "sh", at.file, "-o", "small.sh"]));
  const run = (...words: string[]) => at.run(["sh", "small.sh", ...words]);
  const refused = await run("apply");
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(`There is no directory ${at.dir}`);
  await at.shell("mkdir -m 0777 logs; chmod 0777 logs");
  expect((await run("apply")).stderr).toContain(`${at.dir} can be changed by everybody: its mode is 0777`);
  await at.shell("chmod 0755 logs");
  expect((await run("apply", "--check")).stderr).toContain("has mode 0755");
  await at.shell("chmod 1777 logs");
  done(await run("apply"));
  await at.call("a");
  expect(done(await run("verify")).stdout).toContain(`ok    the log has the calls: ${logIn(at.dir)}`);
  expect(await shown(at)).toEqual(["a"]);
  const same = done(await at.tool(["logs", "small", "--probes", "--json"])).stdout.match(/"probe":true/g);
  expect(same).toHaveLength(4);
  done(await run("rollback"));
  expect(await at.shell("ls -A logs")).toBe("");
});

test("a manifest of an older release has none", async () => {
  const at = await place({ make: (folder) => script(join(folder, "bin/tool"), "#!/bin/sh\necho tool\n") });
  done(await at.apply());
  const [manifest = ""] = (
    await at.shell(
      "ls -d /var/lib/interpose/small/manifest.json home/state/interpose/small/manifest.json 2>/dev/null || :",
    )
  )
    .trim()
    .split("\n");
  expect(await at.shell(`cat ${manifest}`)).not.toContain("logDir");
  writeFileSync(join(at.folder, "seen"), "");
  await at.call("a");
  expect(await shown(at)).toEqual(["a"]);
});

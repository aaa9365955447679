/** What was put in the way, changed or cut off by others, and must not cost a file or a call. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, place, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";

describe.concurrent("rollback keeps the real binary", () => {
  test.each([
    ["a script that runs it", 'printf \'#!/bin/sh\\nexec %s-real "$@"\\n\' "$PWD/bin/tool" >bin/new'],
    ["a link to it", "ln -s tool-real bin/new"],
  ])("when its path has %s by now", async (_, make) => {
    const at = await place({ policy: quick });
    done(await at.apply());
    await at.shell(`${make}; [ -L bin/new ] || chmod 755 bin/new; mv -T bin/new bin/tool`);
    const { status, stdout, stderr } = await at.rollback();
    expect(status).toBe(0);
    expect(stdout).not.toContain("real binary again");
    expect(stderr).toContain(`The old binary is kept at ${at.real}`);
    expect((await at.call("a")).stdout).toBe("tool\na\n");
  });

  test("but not when its path has a copy of it", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    await at.shell("cp bin/tool-real bin/new; mv -T bin/new bin/tool");
    expect((await at.rollback()).status).toBe(0);
    expect(readdirSync(join(at.folder, "bin"))).toEqual(["tool"]);
    expect(existsSync(at.real)).toBe(false);
  });
});

describe.concurrent("a file system that was mounted again", () => {
  test("under another device number is known all the same", async () => {
    const at = await place({ policy: quick });
    const before = at.listing("content");
    done(await at.apply());
    const renumber = `sed -i 's/"device": [0-9]*/"device": 4095/' /var/lib/interpose/small/manifest.json`;
    await at.shell(renumber);
    expect(done(await at.tool(["status"])).stdout).toContain("small  intact");
    expect(done(await at.apply()).stdout).toContain("Nothing to do");
    at.write(`${quick}always: { append: [--more] }\n`);
    done(await at.apply());
    expect((await at.call("a")).stdout).toBe("tool\na\n--more\n");
    await at.shell(renumber);
    done(await at.rollback());
    at.write(quick);
    expect(withoutFile(at.listing("content"))).toBe(withoutFile(before));
  });
});

const withoutFile = (text: string): string => text.replace(/^small\.yaml .*$/m, "");

describe.concurrent("an upgrade that lands at the last moment stays", () => {
  /** Puts another file at the binary's path when a function of the script is about to return or a program to run. */
  const upgrade = (at: { binary: string; folder: string }) =>
    `printf '#!/bin/sh\\necho upgraded\\n' >${at.folder}/new && chmod 755 ${at.folder}/new && mv -fT ${at.folder}/new ${at.binary}`;

  test.each([
    ["before the bridge", "copy_below() {", 'copy_below() { AT; copied "$@"; }\ncopied() {'],
    ["while the bridge stands", "let_end() {", 'let_end() { AT; waited "$@"; }\nwaited() {'],
  ])("%s", async (_, from, to) => {
    const at = await place({ policy: quick });
    const plan = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    const changed = plan.replace(from, () => to.replace("AT", upgrade(at)));
    expect(changed).not.toBe(plan);
    const { status, stdout } = await at.run(["sh", "-s"], { input: changed });
    expect(stdout).toContain("failed-run\u001fswap");
    expect(status).toBe(1);
    expect((await at.call("a")).stdout).toBe("upgraded\n");
    expect(readdirSync(join(at.folder, "bin"))).toEqual(["tool"]);
  });

  test("where the path was empty when rollback began", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    await at.shell("rm bin/tool");
    const { status, stderr } = await at.rollback();
    expect(stderr).toContain("If its package was uninstalled, remove that too");
    expect(status).toBe(0);
    expect((await at.call("a")).stdout).toBe("tool\na\n");
    expect(readdirSync(join(at.folder, "bin"))).toEqual(["tool"]);
  });
});

describe.concurrent("somebody else's", () => {
  test("process that calls itself a shell of the wrapper holds up nothing", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    const pid = await at.shell(
      `mkfifo home/never; bash -c 'exec -a /bin/bash cat ${at.wrapper} - <>home/never >/dev/null 2>&1 & echo $!'`,
    );
    const { status, stderr } = await at.rollback();
    await at.shell(`kill ${pid}`);
    // Who waits in vain says so.
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(readdirSync(join(at.folder, "bin"))).toEqual(["tool"]);
  });

  test("shell that never comes to open the wrapper is given up on, and named", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    // Bash reads its start-up file before its script.
    const pid = await at.shell(
      `mkfifo home/never; bash -c 'BASH_ENV=home/never exec /bin/bash ${at.wrapper} >/dev/null 2>&1 & echo $!'`,
    );
    const { status, stdout, stderr } = await at.rollback();
    expect(stderr).toContain(`on their way through ${at.wrapper}: ${pid.trim()}`);
    expect(stdout).toContain("is the real binary again");
    expect(status).toBe(0);
    await at.shell(`kill ${pid}`);
    expect(readdirSync(join(at.folder, "bin"))).toEqual(["tool"]);
  }, 30_000);
});

describe.concurrent("a state", () => {
  const folder = "/var/lib/interpose/small";

  test.each([
    ": >PATHS",
    "rm PATHS",
    "echo '/a path that is no more' >PATHS",
  ])("whose list of paths was lost is worked with all the same: %s", async (damage) => {
    const at = await place({ policy: quick });
    const before = at.listing("content");
    done(await at.apply());
    await at.shell(damage.replace("PATHS", `${folder}/paths`));
    expect(done(await at.tool(["status"])).stdout).toContain("small  intact");
    done(await at.rollback());
    expect(at.listing("content")).toBe(before);
  });

  test.each([
    "",
    "{",
    '{"v":1,"binary":"/a","wrappers":[]}',
    "null",
  ])("with a manifest that can't be read is named: %s", async (manifest) => {
    const at = await place({ policy: quick });
    await at.shell(`mkdir -p ${folder}; printf %s '${manifest}' >${folder}/manifest.json`);
    for (const ran of [await at.tool(["status"]), await at.rollback()]) {
      expect(ran.status).toBe(1);
      expect(ran.stderr).toContain(`${folder} holds a manifest that can't be read`);
    }
  });

  test("is not kept under a relative path", async () => {
    const at = await place({ policy: quick, as: can.beRoot ? "nobody" : undefined });
    const env = { XDG_STATE_HOME: "relative" };
    done(await at.tool(["apply", at.file, "--yes"], { env }));
    expect(existsSync(join(at.folder, "relative"))).toBe(false);
    done(await at.tool(["rollback", "small", "--yes"], { env }));
  });

  test("forgets the former wrapper of a run that was cut off", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    await at.shell(`echo stale >${folder}/wrapper.previous`);
    at.write(`${quick}always: { append: [--more] }\n`);
    const plan = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    const failing = plan.replace("run_write() {", "run_write() {\n\tfalse && no\n}\nno() {");
    expect((await at.run(["sh", "-s"], { input: failing })).status).toBe(1);
    expect((await at.call("a")).stdout).toBe("tool\na\n");
  });
});

describe.concurrent("a lock that another run took over just before", () => {
  test("is given back", async () => {
    const at = await place({ policy: quick });
    const plan = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    const lock = "/var/lib/interpose/.lock.small";
    const changed = plan.replace(
      'mv -T "$lock" "$lock.stale.$$"',
      () => `find_start "$parent" && ln -sfn "$parent:$start" "$lock" && mv -T "$lock" "$lock.stale.$$"`,
    );
    expect(changed).not.toBe(plan);
    await at.shell(`mkdir -p /var/lib/interpose; ln -s 999999999:5 ${lock}`);
    const { status, stdout } = await at.run(["sh", "-c", `parent=$$ sh -s; echo "$?"; readlink ${lock}`], {
      input: changed,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^locked\u001f\u001f(\d+)\n5\n\1:\d+\n$/);
  });
});

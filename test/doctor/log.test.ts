/** Troubles by which calls aren't logged: each is made for real, found, and cured as the advice says. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ownTmp, type Patient, patient } from "../support/patient.ts";
import { done, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";
import { script } from "../support/small-binaries.ts";

/** How many calls are logged of who runs the tests. */
const logged = (at: Patient): number => {
  const log = at.inside(`/tmp/interpose-${process.getuid?.()}/small.log`);
  return existsSync(log) ? readFileSync(log, "latin1").split("\n").length - 1 : 0;
};

describe.skipIf(!can.beRoot)("what stands at the log's place", () => {
  let at: Patient;
  beforeAll(async () => {
    at = await patient();
    await at.run([at.binary, "a"], { as: "nobody" });
  });

  test.each([
    [
      "another user's folder",
      "rm -r /tmp/interpose-0; setpriv --reuid=65534 --clear-groups mkdir -m 777 /tmp/interpose-0",
      "log-folder-not-own",
    ],
    [
      "a link that leads elsewhere",
      "rm -r /tmp/interpose-0; ln -s /var/lib /tmp/interpose-0",
      "log-folder-not-own",
    ],
    ["a file instead of the folder", "rm -r /tmp/interpose-0; touch /tmp/interpose-0", "log-folder-not-own"],
    ["a folder that others can write to", "chmod 0777 /tmp/interpose-0", "log-folder-mode"],
    ["a pipe", "rm -f /tmp/interpose-0/small.log; mkfifo /tmp/interpose-0/small.log", "log-taken"],
    [
      "another user's file",
      "rm -f /tmp/interpose-0/small.log; setpriv --reuid=65534 --clear-groups touch /tmp/planted; mv /tmp/planted /tmp/interpose-0/small.log",
      "log-taken",
    ],
    ["a link to a file", "ln -sf /etc/passwd /tmp/interpose-0/small.log", "log-taken"],
    ["a log that its user may not write to", "chmod 0400 /tmp/interpose-65534/small.log", "log-mode"],
  ])("%s", async (_, trouble, code) => {
    await at.shell(trouble);
    const said = await at.found(code);
    await at.follow(said.commands);
    const before = logged(at);
    await at.call("b");
    expect(logged(at)).toBe(before + 1);
    await at.shell("rm -rf /tmp/interpose-0.taken /tmp/interpose-0/*.taken");
  });

  test("is healthy again", () => at.healthy());
});

describe.skipIf(!can.beRoot)("/tmp", () => {
  let at: Patient;
  beforeAll(async () => {
    at = await patient();
  });

  test("is full", async () => {
    await ownTmp(at, "size=16k");
    await at.shell("cat /dev/zero >/tmp/filler 2>/dev/null || :");
    await at.call("a");
    expect(logged(at)).toBe(0);
    await at.found("tmp-full");
    await at.shell("rm /tmp/filler");
  });

  test("is mounted read-only", async () => {
    await at.shell("mount -o remount,ro /tmp");
    const said = await at.found("tmp-read-only");
    await at.follow(said.commands);
  });

  test("is closed to others", async () => {
    await at.shell("chmod 0755 /tmp");
    const said = await at.found("tmp-mode");
    await at.follow(said.commands);
    await at.healthy();
    await at.shell("umount -l /tmp");
    await at.shell("umount -l small");
  });

  test("has no room for another file", async () => {
    await ownTmp(at, "nr_inodes=8");
    await at.shell("for file in 1 2 3 4 5 6 7 8; do touch /tmp/file.$file 2>/dev/null || :; done");
    await at.found("tmp-out-of-files");
    await at.shell("rm /tmp/file.*");
    await at.healthy();
    await at.shell("umount -l /tmp");
    await at.shell("umount -l small");
  });

  test("is a caller's own", async () => {
    const pid = Number(
      await at.shell(
        `unshare -m sh -euc 'mkdir -p own; mount -t tmpfs -o mode=1777 tmpfs own; mkdir -p own${at.folder.slice(4)}
        mount --bind ${at.folder} own${at.folder.slice(4)}; mount --rbind own /tmp; ${at.binary} a >/dev/null
        exec sleep 600' >/dev/null 2>&1 & echo $!`,
      ),
    );
    while (!(await at.shell(`cat /proc/${pid}/comm`)).includes("sleep"))
      await new Promise((next) => setTimeout(next, 50));
    const said = await at.found("log-elsewhere");
    expect(said.shown).toContain(`/proc/${pid}/root/tmp/interpose-0/small.log`);
    await at.shell(`kill ${pid}`);
    await at.healthy();
  });
});

test.skipIf(!can.beRoot)("no call came, though a service of the file should make some", async () => {
  const at = await patient();
  // A name that no log of the host's has.
  const name = `quiet-${process.pid}`;
  script(join(at.folder, "bin/quiet"), "#!/bin/sh\necho quiet\n");
  writeFileSync(
    join(at.folder, "quiet.yaml"),
    `name: ${name}\nbinary: ${at.folder}/bin/quiet\n${quick}services: [caller.service]\n`,
  );
  done(await at.tool(["apply", "quiet.yaml", "--yes"]));
  expect((await at.tool(["doctor", name])).stdout).toBe(`${name}  nothing is wrong\n`);
  await at.shell(`sed -i 's/^1[0-9]*/1700000000/' /var/lib/interpose/${name}/journal`);
  const said = await at.tool(["doctor", name]);
  expect(said.stdout).toMatch(
    /^ {4}no-calls: No call came since .*, though caller.service should make some/m,
  );
  await at.run([join(at.folder, "bin/quiet")]);
  expect((await at.tool(["doctor", name])).stdout).toBe(`${name}  nothing is wrong\n`);
});

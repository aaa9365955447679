/** The script that `export sh` writes does on a host what this tool does, and takes over from it. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { canOverlay, type OverlayHost, openOverlay } from "../support/overlay-host.ts";
import { scratchFolder } from "../support/scratch.ts";

const binary = "/opt/greet/greet";
const file = "/tmp/polite.yaml";
const policy = (more: string) =>
  `name: polite\nbinary: ${binary}\nruntime: bash\nprobe: [--version]\n${more}\n`;
const polite = policy("always: { append: [please] }");
const politer = policy("always: { append: [pretty, please] }");
const says = (word: string) => `printf '#!/bin/sh\\necho ${word} "$@"\\n' >${binary}.new
chmod 755 ${binary}.new; touch -d @0 ${binary}.new; mv -T ${binary}.new ${binary}`;

describe.skipIf(!canOverlay)("an exported script", { timeout: 120_000 }, () => {
  let host: OverlayHost;
  beforeEach(async () => {
    host = await openOverlay();
    await host.shell(`mkdir -p /opt/greet; ${says("hello")}`);
    await exported(polite);
  });
  afterEach(() => host.close());

  const exported = async (text: string, to = "/tmp/polite.sh") => {
    writeFileSync(host.inside(file), text);
    await host.shell(`rm -f ${to}`);
    expect(await host.interpose("export", "sh", file, "-o", to)).toMatchObject({ status: 0, stderr: "" });
  };
  const script = (words: string, { shell = "sh", at = "/tmp/polite.sh" } = {}) =>
    host.run(`${shell} ${at} ${words}`);
  const done = async (words: string, how?: { shell?: string; at?: string }) => {
    const ran = await script(words, how);
    expect(ran, words).toMatchObject({ status: 0, stderr: "" });
    return ran.stdout;
  };
  /** The script, which is killed in one of its functions. */
  const dyingIn = (where: string) => {
    const text = readFileSync(host.inside("/tmp/polite.sh"), "utf8");
    const cut = text
      .replace("\nact() {\n", "$&\tread -r act_pid _ </proc/self/stat\n")
      .replace(
        `\n${where}() {`,
        '$&\n\tkill -9 "$act_pid"\n\tread -r own_pid _ </proc/self/stat\n\tkill -9 "$own_pid"\n',
      );
    expect(cut.length - text.length).toBeGreaterThan(100);
    writeFileSync(host.inside("/tmp/cut.sh"), cut);
  };
  const call = () => host.shell(`${binary} a 'b  c'`);
  /** What is there: with the times of everything but folders; `all` with those of the binary's folder too. */
  const seen = (times: "all" | "content" = "content") =>
    host.shell(
      [
        `find /opt/greet ${times === "all" ? "" : "! -type d"} -printf '%p %M %U:%G %i %n %s %T@ ${times === "all" ? "%C@" : ""} %l\\n' | sort`,
        "find /var/lib/interpose -printf '%p %M %U:%G\\n' 2>/dev/null | sort || true",
        "find /var/lib/interpose -type f -exec sha256sum {} + 2>/dev/null | sort || true",
      ].join("\n"),
    );

  test.each([
    ["dash"],
    ["bash"],
    ["busybox sh"],
  ])("of %s puts it in place once, verifies it, and leaves nothing", async (shell) => {
    const before = await seen("all");
    expect(await done("apply --check", { shell })).toMatch(/^would Locate the binary\n(would .*\n)+$/);
    expect(await seen("all")).toBe(before);
    const content = await seen();
    expect(await done("apply", { shell })).toMatch(
      /^ok {4}Locate the binary\n(ok {4}.*\n)+Done: calls of \S+ go through \S+\n$/,
    );
    expect(await call()).toBe("hello a b  c please\n");
    const placed = await seen("all");
    for (const words of ["apply", "apply --check"])
      expect(await done(words, { shell })).toBe(
        "Nothing to do: polite is in place, and its policy is the one of this script.\n",
      );
    expect(await seen("all")).toBe(placed);
    expect(await done("verify", { shell })).toMatch(/^(ok {4}.*\n){4}$/);
    expect(await done("rollback --check", { shell })).toMatch(/^(would .*\n){4}$/);
    expect(await done("rollback", { shell })).toMatch(/^(ok {4}.*\n){4}Done: polite is gone.\n$/);
    expect(await seen()).toBe(content);
    expect(await host.shell("ls /tmp")).not.toContain("interpose-0");
    expect(await call()).toBe("hello a b  c\n");
    expect(await done("rollback", { shell })).toBe("Nothing to do: polite is not in place.\n");
    expect((await script("verify", { shell })).status).toBe(1);
  });

  test("makes the same state as this tool, and each takes over from the other", async () => {
    const state = async () => {
      const text = await host.shell("cat /var/lib/interpose/polite/manifest.json");
      return text;
    };
    await done("apply");
    const byScript = await state();
    const planned = await host.interpose("apply", file, "--yes");
    expect(planned.stdout).toMatch(/^Nothing to do/);
    expect(await host.interpose("verify", "polite")).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse((await host.interpose("status", "--json")).stdout)).toMatchObject([
      { name: "polite", state: "intact", findings: [] },
    ]);
    expect(JSON.parse((await host.interpose("repair", "polite", "--json", "--yes")).stdout)).toMatchObject({
      changed: false,
      situation: "intact",
    });
    expect(await host.interpose("rollback", "polite", "--yes")).toMatchObject({ status: 0, stderr: "" });

    expect((await host.interpose("apply", file, "--yes")).status).toBe(0);
    expect(await state()).toBe(byScript);
    expect(await done("apply")).toMatch(/^Nothing to do/);
    expect(await done("verify")).toMatch(/^(ok .*\n){4}$/);
    await done("rollback");
    expect((await host.interpose("status")).stdout).toMatch(/^Nothing/);
  });

  test("replaces an older policy, and goes back to it when a gate fails", async () => {
    await done("apply");
    await exported(politer);
    expect(await done("apply --check")).toContain("would Write the wrapper\n");
    expect(await done("apply")).toContain("ok    Write the wrapper\n");
    expect(await call()).toBe("hello a b  c pretty please\n");
    expect(await done("apply")).toMatch(/^Nothing to do/);
    await exported(polite);
    await host.shell("sed -i 's/^gate_test() {/&\\n\\treturn 1/' /tmp/polite.sh");
    const placed = await seen();
    const failed = await script("apply");
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(/no {4}Test[\s\S]*back {2}Write the wrapper\n/);
    expect(await call()).toBe("hello a b  c pretty please\n");
    const inodes = (text: string) =>
      text
        .split("\n")
        .filter((line) => !/journal|polite -/.test(line))
        .sort();
    expect(inodes(await seen())).toEqual(inodes(placed));
    await exported(politer);
    expect(await done("apply")).toMatch(/^Nothing to do/);
    await done("rollback");
    expect(await call()).toBe("hello a b  c\n");
  });

  test("leaves all as it was when a gate of the first run fails", async () => {
    const before = await seen();
    for (const step of ["take", "write", "name", "swap", "test"]) {
      await host.shell(`sed 's/^gate_${step}() {/&\\n\\treturn 1/' /tmp/polite.sh >/tmp/spoiled.sh`);
      const { status, stdout } = await script("apply", { at: "/tmp/spoiled.sh" });
      expect({ step, status }).toEqual({ step, status: 1 });
      expect(stdout).toMatch(/no {4}.*\nback/);
      expect(await seen()).toBe(before);
      expect(await call()).toBe("hello a b  c\n");
    }
    expect(await host.shell("ls /tmp")).not.toContain("interpose-0");
  });

  describe("cut off", () => {
    const steps = ["locate", "take", "write", "name", "swap", "test"];
    test.each(
      steps.flatMap((step) => ["run", "gate"].map((when) => [`${when}_${step}`])),
    )("in %s is finished by the next apply, and undone by a rollback", async (where) => {
      const before = await seen();
      dyingIn(where);
      for (const next of ["apply", "rollback"]) {
        expect((await script("apply", { at: "/tmp/cut.sh" })).status).not.toBe(0);
        expect(await call()).toMatch(/^hello a b {2}c( please)?\n$/);
        await done(next);
        if (next === "apply") {
          expect(await call()).toBe("hello a b  c please\n");
          await done("verify");
          await done("rollback");
        }
        expect(await seen()).toBe(before);
        expect(await host.shell("ls /tmp")).not.toContain("interpose-0");
      }
      // What is finished in vain is undone as a whole.
      expect((await script("apply", { at: "/tmp/cut.sh" })).status).not.toBe(0);
      await host.shell("sed 's/^gate_test() {/&\\n\\treturn 1/' /tmp/polite.sh >/tmp/spoiled.sh");
      expect((await script("apply", { at: "/tmp/spoiled.sh" })).status).toBe(1);
      expect(await seen()).toBe(before);
      expect(await host.shell("ls /tmp")).not.toContain("interpose-0");
    });

    test.each(
      ["restore", "quiesce", "remove", "logs"].flatMap((step) => [[`run_${step}`], [`gate_${step}`]]),
    )("in %s is finished by the next rollback", async (where) => {
      const before = await seen();
      await done("apply");
      dyingIn(where);
      expect((await script("rollback", { at: "/tmp/cut.sh" })).status).not.toBe(0);
      expect(await call()).toMatch(/^hello a b {2}c( please)?\n$/);
      await done("rollback");
      expect(await seen()).toBe(before);
    });

    test("on its way to a host does nothing", async () => {
      const before = await seen("all");
      const text = readFileSync(host.inside("/tmp/polite.sh"));
      for (let end = text.length - 2; end > 0; end -= 997) {
        writeFileSync(host.inside("/tmp/part.sh"), text.subarray(0, end));
        const ran = await host.run("sh /tmp/part.sh apply");
        expect(ran.stdout).toBe("");
      }
      expect(await seen("all")).toBe(before);
    });
  });

  test("puts the wrapper back in front of what an upgrade brought", async () => {
    await done("apply");
    await host.shell(says("hi"));
    expect(await call()).toBe("hi a b  c\n");
    await host.shell("sleep 3");
    expect(await done("apply --check")).toContain("would Take the new binary");
    expect(await done("apply")).toMatch(/^ok[\s\S]*Done: calls of \S+ go through the wrapper again.\n$/);
    expect(await call()).toBe("hi a b  c please\n");
    expect(await done("apply")).toMatch(/^Nothing to do/);
    await done("rollback");
    expect(await call()).toBe("hi a b  c\n");
    expect(await host.shell("ls -A /opt/greet")).toBe("greet\n");
  });

  test("verifies what an upgrade put at the real binary's path", async () => {
    await done("apply");
    await host.shell(`${says("hi").replaceAll(binary, `${binary}-real`)}`);
    expect(await call()).toBe("hi a b  c please\n");
    expect(await done("verify")).toMatch(/^(ok {4}.*\n){4}$/);
    expect((await host.interpose("verify", "polite")).status).toBe(0);
    await done("rollback");
    expect(await call()).toBe("hi a b  c\n");
  });

  test("leaves alone what a person changed", async () => {
    await done("apply");
    await host.shell("echo '# more' >>/opt/greet/polite");
    expect(await script("apply")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("/opt/greet/polite was changed by hand"),
    });
    await done("verify").catch(() => {});
    expect((await script("verify")).status).toBe(1);
    const rolled = await script("rollback");
    expect(rolled).toMatchObject({ status: 0, stderr: expect.stringContaining("it stays") });
    expect(await host.shell("ls -A /opt/greet")).toBe("greet\npolite\n");
  });

  test("leaves alone what was adopted", async () => {
    await host.shell(
      `mv ${binary} ${binary}-real; printf '#!/bin/sh\\nexec ${binary}-real "$@" too\\n' >${binary}; chmod 755 ${binary}`,
    );
    const words = ["--name", "polite", "--wrapper", "/opt/greet/polite", "-o", "/tmp/adopted.yaml", "--yes"];
    expect(await host.interpose("adopt", binary, ...words)).toMatchObject({ status: 0, stderr: "" });
    const before = await seen();
    for (const command of ["apply", "verify", "rollback"])
      expect(await script(command)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("was made by hand, and adopted"),
      });
    expect(await seen()).toBe(before);
    expect((await host.interpose("rollback", "polite", "--yes")).status).toBe(0);
  });

  test("is given back also where an upgrade or a package's end came in between", async () => {
    await done("apply");
    await host.shell(says("hi"));
    const rolled = await script("rollback");
    expect(rolled).toMatchObject({ status: 0, stderr: expect.stringContaining("replaced by somebody else") });
    expect(await host.shell("ls -A /opt/greet")).toMatch(/^greet\n(greet-real\n)?$/);
    await host.shell("rm -rf /opt/greet/greet-real");
    await done("apply");
    await host.shell(`rm ${binary}`);
    expect((await script("rollback")).status).toBe(0);
    expect(await call()).toBe("hi a b  c\n");
    await done("apply");
    await host.shell(`cp /bin/true ${binary}`);
    expect((await script("rollback")).status).toBe(0);
    expect(await host.shell(`ls -A /opt/greet; cmp ${binary} /bin/true`)).toBe("greet\n");
  });

  test("is refused where `interpose apply` is, in the same words", async () => {
    const cases: Record<string, string> = {
      "nothing there": `rm ${binary}`,
      "a link to nothing": `ln -sfT /opt/none ${binary}`,
      "a loop": `ln -sfT greet ${binary}`,
      "a folder": `rm ${binary}; mkdir ${binary}`,
      "a FIFO": `rm ${binary}; mkfifo ${binary}`,
      "not executable": `chmod 644 ${binary}`,
      "the real path is taken": `touch ${binary}-real`,
      "the wrapper's path is taken": "touch /opt/greet/polite",
      "the link's folder is taken": "mkdir /opt/greet/.polite.name",
      "leads to the wrapper": `mv ${binary} /opt/greet/polite; ln -s polite ${binary}`,
      "an alternative": `mv ${binary} /opt/other; ln -s /opt/other /etc/alternatives/greet; ln -s /etc/alternatives/greet ${binary}`,
      "made by hand": `mv ${binary} ${binary}.orig; printf '#!/bin/sh\\nexec ${binary}.orig "$@"\\n' >${binary}; chmod 755 ${binary}`,
      diverted: `dpkg-divert --local --no-rename --divert ${binary}.other --add ${binary}`,
      "no bash": "rm /usr/bin/bash",
      "another machine's": `cp /bin/true ${binary}; printf '\\267\\000' | dd of=${binary} bs=1 seek=18 conv=notrunc status=none`,
      "two things at once": `touch ${binary}-real; rm /usr/bin/bash`,
      "a folder for all": "chmod 1777 /opt/greet",
      "writable by all": "chmod 777 /opt/greet",
      "writable by a group": `chgrp mail /opt/greet; chmod 775 /opt/greet`,
      "another owner": `chown nobody ${binary}`,
      "an open log folder": "mkdir -m 0777 /tmp/interpose-0; chmod 777 /tmp/interpose-0",
      "a profile": `mkdir -p /etc/apparmor.d; echo '${binary} {' >/etc/apparmor.d/greet`,
      "mounted noexec": "mount -t tmpfs -o noexec tmpfs /opt/greet; cp /bin/true /opt/greet/greet",
      "mounted read-only": "mount --bind /opt/greet /opt/greet; mount -o remount,bind,ro /opt/greet",
    };
    for (const [name, spoil] of Object.entries(cases)) {
      const other = await openOverlay();
      try {
        await other.shell(`mkdir -p /opt/greet; ${says("hello")}\n${spoil}`);
        for (const at of [file, "/tmp/polite.sh"])
          writeFileSync(other.inside(at), readFileSync(host.inside(at)));
        const planned = await other.interpose("apply", file, "--yes", "--json");
        const { findings } = JSON.parse(planned.stdout) as { findings: { what: string; todo: string }[] };
        const ran = await other.run("/bin/dash /tmp/polite.sh apply");
        const said = findings.map(({ what, todo }) => `${what}\n${todo}\n`).join("");
        expect.soft({ name, status: ran.status, said: ran.stdout + ran.stderr }).toEqual({
          name,
          status: planned.status,
          said,
        });
      } finally {
        await other.close();
      }
    }
  });

  test("wants a file that it can keep a copy of, and says how it is used", async () => {
    expect(await host.run("sh -s apply </tmp/polite.sh")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("run it as a file"),
    });
    for (const words of ["", "install", "apply --yes", "verify --check", "apply --check --keep-logs"])
      expect(await script(words)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining("usage: sh /tmp/polite.sh"),
      });
    expect(await host.run("sh -s verify </tmp/polite.sh")).toMatchObject({ status: 1 });
  });

  test("keeps no more than five older texts, and the wrapper's logs when asked", async () => {
    for (let turn = 0; turn < 7; turn++) {
      await exported(
        policy(`always: { append: [${turn}] }`)
          .replace("[0]", '["0"]')
          .replace(/\[(\d)\]/, '["$1"]'),
      );
      await done("apply");
      expect(await call()).toBe(`hello a b  c ${turn}\n`);
    }
    const { wrappers } = JSON.parse(await host.shell("cat /var/lib/interpose/polite/manifest.json"));
    expect(wrappers).toHaveLength(5);
    await done("rollback --keep-logs");
    expect(await host.shell("ls /tmp/interpose-0")).toBe("polite.log\n");
  });

  test("gives upgrades of a package to the real binary", async () => {
    // In the overlay's own layer, so that a second name for it is one for the same file.
    await host.shell("cp -a /usr/bin/ed /usr/bin/ed.new; mv -T /usr/bin/ed.new /usr/bin/ed");
    const text =
      "name: polite-ed\nbinary: /usr/bin/ed\nprobe: [--version]\nalways: { env: { POLITE: '1' } }\n";
    await exported(text, "/tmp/ed.sh");
    const before = await host.shell("dpkg-divert --list; stat -c '%i %h %a' /usr/bin/ed");
    expect(await done("apply", { at: "/tmp/ed.sh" })).toContain("ok    Let upgrades of the package go");
    expect(await host.shell("dpkg-divert --truename /usr/bin/ed; dpkg-divert --truename /bin/ed")).toContain(
      "ed-real",
    );
    expect((await host.interpose("verify", "polite-ed")).status).toBe(0);
    expect(await done("apply", { at: "/tmp/ed.sh" })).toMatch(/^Nothing/);
    expect(await done("verify", { at: "/tmp/ed.sh" })).toMatch(/^(ok .*\n)+$/);
    await done("rollback", { at: "/tmp/ed.sh" });
    expect(await host.shell("dpkg-divert --list; stat -c '%i %h %a' /usr/bin/ed")).toBe(before);
  });

  test("is run again by the guard, and by `interpose repair`, from the folder of the state", async () => {
    await done("apply");
    const kept = "sh /var/lib/interpose/polite/repair.sh";
    expect(await host.shell(`${kept} look | tr '\\037' ' '`)).toBe("situation  intact\nfinished  0\n");
    await host.shell(`${says("hi")}; sleep 3; ${kept} guard`);
    expect(await call()).toBe("hi a b  c please\n");
    await host.shell(`${says("hey")}; sleep 3`);
    expect(await host.interpose("repair", "polite", "--yes")).toMatchObject({ status: 0, stderr: "" });
    expect(await call()).toBe("hey a b  c please\n");
    await done("rollback");
    expect(await host.shell("ls -A /opt/greet")).toBe("greet\n");
  });
});

test("an exported script pleases shellcheck and shfmt", () => {
  const folder = scratchFolder();
  const path = join(folder, "polite.yaml");
  writeFileSync(path, polite);
  const input = spawnSync(process.execPath, [inject("interpose"), "export", "sh", path]).stdout;
  const excluded = "SC3013,SC1010,SC2034,SC2086,SC2100,SC2030,SC2031,SC2154,SC3028,SC2174,SC2016";
  const checked = spawnSync("shellcheck", ["--shell=sh", `--exclude=${excluded}`, "-"], { input });
  expect(checked.stdout.toString()).toBe("");
  expect(spawnSync("shfmt", ["-d", "-ln", "posix"], { input }).stdout.toString()).toBe("");
});

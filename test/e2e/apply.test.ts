import { existsSync, lstatSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, nameTeller, type Place, passing, place, quick, says } from "../support/place.ts";
import { can } from "../support/private-host.ts";
import { script, smallBinaries } from "../support/small-binaries.ts";

const users = [
  ["root", undefined],
  ["nobody", "nobody"],
] as const;

describe.concurrent.each(users)("as %s", (_, as) => {
  describe.each(smallBinaries)("$title", ({ make, named }) => {
    test.skipIf(as === "nobody" && !can.beRoot)("is intercepted once and given back", async () => {
      const at = await place({ make, as });
      const calls = [["--version"], ["--help"], ["a b", "", "*"]];
      const direct = await Promise.all(calls.map((words) => at.call(...words)));
      const before = at.listing("content");

      const applied = done(await at.apply());
      expect(applied.stdout).toContain(`calls of ${at.binary} go through ${at.wrapper}`);
      expect(readlinkSync(at.binary)).toBe(at.wrapper);
      expect(existsSync(join(at.folder, "bin/.small.name/tool"))).toBe(named);
      expect(await Promise.all(calls.map((words) => at.call(...words)))).toEqual(direct);

      const after = at.listing("all");
      expect(done(await at.apply()).stdout).toContain("Nothing to do");
      expect(at.listing("all")).toBe(after);

      done(await at.rollback());
      expect(at.listing("content")).toBe(before);
      expect(await Promise.all(calls.map((words) => at.call(...words)))).toEqual(direct);
    });
  });
});

describe.concurrent("a changed policy", () => {
  test("replaces the wrapper in one rename, and nothing else", async () => {
    const at = await place();
    done(await at.apply());
    const [link, wrapper] = [lstatSync(at.binary), lstatSync(at.wrapper)];
    at.write("always: { append: [--more] }\n");
    done(await at.apply());
    expect(lstatSync(at.binary).ino).toBe(link.ino);
    expect(lstatSync(at.binary).ctimeMs).toBe(link.ctimeMs);
    expect(lstatSync(at.wrapper).ino).not.toBe(wrapper.ino);
    expect((await at.call("a")).stdout).toBe("tool\na\n--more\n");
    expect(readdirSync(join(at.folder, "bin")).sort()).toEqual(["small", "tool", "tool-real"]);
  });

  test("may change what the binary prints, by the environment too", async () => {
    const make = (folder: string) =>
      script(join(folder, "bin/tool"), '#!/bin/sh\necho "in colour: ${COLOURS-no}" "$@"\n');
    for (const policy of [
      "always: { env: { COLOURS: yes } }\n",
      'routes: [{ name: help, when: flag("--help"), env: { COLOURS: yes } }, { name: other, env: { COLOURS: never } }]\n',
    ]) {
      const at = await place({ make, policy: `${policy}probe: [--version, --help]\n` });
      done(await at.apply());
      expect((await at.call("--help")).stdout).toBe("in colour: yes --help\n");
      expect(done(await at.tool(["verify", "small"])).stdout).toContain("the policy changes this call");
      done(await at.rollback());
    }
  });

  test("leaves the former wrapper in place when its gate fails", async () => {
    const at = await place({ make: nameTeller });
    const before = at.listing("content");
    done(await at.apply());
    const called = await at.call("--help");
    const after = at.listing("content");
    at.write(`${passing}keepName: no\n`);
    const { status, stderr } = await at.apply();
    expect(status).toBe(1);
    expect(stderr).toContain("--version prints something else through the wrapper");
    // What was put back is another file with the same content, so only those are compared by more.
    const plain = (text: string) =>
      text
        .replace(/^(bin\/small|bin\/\.small\.name|\.host\/lib\/interpose\/small)(.*?) inode \d+/gm, "$1$2")
        .replace(/^((?:bin\/small|bin\/\.small\.name|\.host\/lib\/interpose\/small).*) modified \d+/gm, "$1")
        .replace(/^(.*\/(?:journal|small\.log)) .*$/gm, "$1")
        .replace(/^small\.yaml .*$/m, "");
    expect(plain(at.listing("content"))).toBe(plain(after));
    expect(await at.call("--help")).toEqual(called);
    expect((await at.tool(["status"])).stdout).toContain("intact");
    done(await at.rollback());
    at.write(passing);
    expect(at.listing("content").replace(/^small\.yaml .*$/m, "")).toBe(
      before.replace(/^small\.yaml .*$/m, ""),
    );
  });
});

describe.concurrent("a failed gate undoes everything", () => {
  test("when the binary prints something else under its new path", async () => {
    const at = await place({ make: nameTeller, policy: `${passing}keepName: no\n` });
    const before = at.listing("content");
    const { status, stdout, stderr } = await at.apply();
    expect(status).toBe(1);
    expect(stdout).toContain("no    5. Test the interception");
    expect(stderr).toContain("The gate of step 5 (Test the interception");
    expect(stderr).toContain("--version prints something else through the wrapper: usage: tool-real.");
    expect(stderr).toContain("`probe` in the file says which arguments are tried");
    expect(stderr).toContain("Everything is as it was before.");
    expect(at.listing("content")).toBe(before);
  });

  test.skipIf(!can.mount)("when the disk is full", async () => {
    const at = await place();
    await at.shell(`mount -t tmpfs -o mode=755,size=32k tmpfs bin`);
    says("tool")(at.inside(at.folder));
    await at.shell("head -c 20000 /dev/zero >bin/filler");
    const before = at.listing("content");
    const { status, stderr } = await at.apply();
    expect(status).toBe(3);
    expect(stderr).toMatch(/Step 3 \(Write the wrapper .*No space left on device/);
    expect(stderr).toContain("Is the disk full");
    expect(at.listing("content")).toBe(before);
  });

  test.skipIf(!can.mount)("when the disk of the state is full", async () => {
    const at = await place();
    await at.shell("mkdir .host/state; mount -t tmpfs -o mode=755,size=8k tmpfs /var/lib");
    await at.shell("head -c 4096 /dev/zero >/var/lib/filler");
    const before = at.listing("content");
    const inState = await at.shell("ls -A /var/lib");
    const { status, stderr } = await at.apply();
    expect(stderr).toContain("No space left on device");
    expect(status).toBe(3);
    expect(at.listing("content")).toBe(before);
    expect(await at.shell("ls -A /var/lib")).toBe(inState);
  });

  test.skipIf(!can.mount)("when there is no room for another file in the state", async () => {
    const at = await place();
    await at.shell("mount -t tmpfs -o mode=755,size=1m,nr_inodes=2 tmpfs /var/lib; mkdir /var/lib/interpose");
    const before = at.listing("content");
    const { status, stderr } = await at.apply();
    expect(stderr).toContain("No space left on device");
    expect(status).toBe(3);
    expect(at.listing("content")).toBe(before);
  });
});

/** A listing without the lines of some paths. */
const without = (text: string, ...paths: string[]): string =>
  text
    .split("\n")
    .filter((line) => !paths.some((path) => line.startsWith(`${path} `) || line.startsWith(`${path}/`)))
    .join("\n");

describe.concurrent("a step that fails", () => {
  test.each(["locate", "keep", "write", "name", "swap", "test"])("%s: all is as before", async (step) => {
    const at = await place({ policy: `${passing}keepName: yes\n` });
    const script = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    const before = at.listing("content");
    for (const part of ["run", "gate"]) {
      const name = `${part}_${step}`;
      const broken = script.replace(
        `${name}() {`,
        `${name}() {\n\tdo_${name} && echo seen && false\n}\ndo_${name}() {`,
      );
      expect(broken).not.toBe(script);
      const { status, stdout } = await at.run(["sh", "-s"], { input: broken });
      expect(status, stdout).toBe(1);
      expect(stdout).toContain(`failed-${part}\u001f${step}\u001fseen`);
      expect(at.listing("content")).toBe(before);
    }
  });

  test("as does an interrupted run", async () => {
    const at = await place();
    const script = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    writeFileSync(
      join(at.folder, "during"),
      `case $0 in *-real) kill -TERM "$(cat '${at.folder}/pid')" ;; esac\n`,
    );
    writeFileSync(join(at.folder, "pid"), "");
    const before = at.listing("content");
    const { status, stdout } = await at.run(["sh", "-c", "echo $$ >pid; exec sh -s"], { input: script });
    expect(status).toBe(1);
    expect(stdout).toContain("interrupted");
    expect(without(at.listing("content"), "pid")).toBe(without(before, "pid"));
  });
});

describe.concurrent("what somebody else puts in the way meanwhile stays", () => {
  /** What is done while the binary is probed, the paths that it makes, and what is said. */
  const conflicts: [string, (at: Place) => string, string[], RegExp][] = [
    [
      "at the real binary's new path",
      (at) => `[ -e ${at.real} ] || echo foreign >${at.real}`,
      ["bin/tool-real"],
      /Step 2 .*File exists/,
    ],
    ["at the wrapper's path", (at) => `echo foreign >${at.wrapper}`, ["bin/small"], /Step 3 .*File exists/],
    [
      "at the folder's path",
      (at) => `mkdir ${at.folder}/bin/.small.name && echo foreign >${at.folder}/bin/.small.name/tool`,
      ["bin/.small.name", "bin"],
      /[Ss]tep 3 .*keep the name/s,
    ],
    [
      "at the binary's path, before it has another name",
      (at) => `cp $0 ${at.folder}/new && mv ${at.folder}/new ${at.binary}`,
      ["bin/tool"],
      /gate of step 1 .*changed since it was looked at/s,
    ],
    [
      "at the binary's path, after it has another name",
      (at) => `case $0 in *-real) cp $0 ${at.folder}/new && mv ${at.folder}/new ${at.binary} ;; esac`,
      ["bin/tool"],
      /Step 4 .*Something else changed the path/s,
    ],
  ];
  test.each(conflicts)("%s", async (_, during, paths, words) => {
    const at = await place();
    const script = join(at.folder, "during");
    writeFileSync(script, `if ! [ -e ${at.folder}/home/once ]; then ${during(at)}; fi\n`);
    const before = without(at.listing("content"), ...paths);
    const { status, stderr } = await at.apply();
    expect(stderr).toMatch(words);
    expect(status).toBe(1);
    const after = at.listing("content");
    expect(without(after, ...paths)).toBe(before);
    expect(after).toContain(`\n${paths[0]} `);
    rmSync(script);
    expect((await at.call("a")).stdout).toBe("tool\na\n");
  });
});

describe.concurrent("rollback", () => {
  test("works by name without the file, and keeps the logs when asked to", async () => {
    const at = await place();
    const before = at.listing("content");
    done(await at.apply());
    rmSync(at.file);
    done(await at.rollback("--keep-logs"));
    const log = ".host/tmp/interpose-0";
    const after = at.listing("content");
    expect(after).toContain(`${log}/small.log`);
    const left = (text: string) => without(text, log, ".host/tmp", "small.yaml");
    expect(left(after)).toBe(left(before));
  });

  test("keeps what an upgrade put at the binary's path; apply before it is refused", async () => {
    const at = await place();
    done(await at.apply());
    await at.shell(`sed s/tool/upgraded/ bin/tool-real >bin/new; chmod 755 bin/new; mv bin/new bin/tool`);
    const upgraded = at.listing("all");
    const refused = await at.apply();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("was replaced since it was intercepted, perhaps by an upgrade");
    expect(refused.stderr).toContain("interpose rollback small");
    expect(at.listing("all")).toBe(upgraded);

    const status = await at.tool(["status"]);
    expect(status.status).toBe(1);
    expect(status.stdout).toContain("overwritten");
    const { stdout, stderr, status: exit } = await at.rollback();
    expect(exit).toBe(0);
    expect(stdout).toContain(`${at.binary} stays as it is`);
    expect(stderr).toContain(`The old binary is kept at ${at.real}`);
    expect(stderr).toContain("was replaced by somebody else since; it stays as it is");
    expect((await at.call("a")).stdout).toBe("upgraded\na\n");
    expect(readdirSync(join(at.folder, "bin")).sort()).toEqual(["tool", "tool-real"]);
    expect(existsSync(join(at.folder, ".host/lib/interpose"))).toBe(false);
  });

  test("leaves a wrapper that was edited by hand; apply before it is refused", async () => {
    const at = await place();
    const before = at.listing("content");
    done(await at.apply());
    await at.shell("echo '# by hand' >>bin/small");
    const edited = at.listing("all");
    const refused = await at.apply();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("was changed by hand since it was written");
    expect(at.listing("all")).toBe(edited);

    const { status, stderr } = await at.rollback();
    expect(status).toBe(0);
    expect(stderr).toContain(`${at.wrapper} was changed by hand; it stays`);
    expect(readdirSync(join(at.folder, "bin")).sort()).toEqual(["small", "tool"]);
    expect(without(at.listing("content"), "bin/small")).toBe(before);
  });

  test("takes the state away with what was made for it", async () => {
    const at = await place({ policy: quick });
    const before = at.listing("content");
    const other = join(at.folder, "bin/other");
    const file = join(at.folder, "other.yaml");
    await at.shell(`cp -p bin/tool ${other}; printf 'name: another\nbinary: ${other}\nprobe: []\n' >${file}`);
    done(await at.apply());
    done(await at.tool(["apply", file, "--yes"]));
    done(await at.rollback());
    expect((await at.tool(["status"])).stdout).toContain("another  intact");
    done(await at.tool(["rollback", file, "--yes"]));
    rmSync(file);
    rmSync(other);
    expect(at.listing("content")).toBe(before);
  });
});

describe.concurrent("two runs at once", () => {
  test("one does the work, the other says which process is at it", async () => {
    const at = await place();
    writeFileSync(join(at.folder, "during"), `: >'${at.folder}/started'; sleep 1\n`);
    const first = at.apply();
    while (!existsSync(join(at.folder, "started"))) await new Promise((later) => setTimeout(later, 20));
    const second = await at.apply();
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(/Another run on small is at work: process \d+\./);
    rmSync(join(at.folder, "during"));
    done(await first);
    expect((await at.tool(["status"])).stdout).toContain("small  intact");
  });

  test("a lock whose process is gone is taken over, also when its number is another's now", async () => {
    const at = await place({ policy: quick });
    const before = at.listing("content");
    for (const holder of ["1:99999999", "999999999:5", "nonsense"]) {
      await at.shell(`mkdir -p /var/lib/interpose; ln -s ${holder} /var/lib/interpose/.lock.small`);
      done(await at.apply());
      done(await at.rollback());
    }
    await at.shell("rmdir /var/lib/interpose 2>/dev/null || true");
    expect(at.listing("content")).toBe(before);
  });
});

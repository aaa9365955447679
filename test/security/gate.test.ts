/** What others may change on the way of a call is found before anything is put there. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { look } from "../../src/host/look.ts";
import { contextsNaming, profilesNaming } from "../../src/plan/confinement.ts";
import { done, place, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";
import { gates, hostOf } from "./inside.ts";

describe.skipIf(!can.beRoot)("what others may change", () => {
  /** Shell lines before a look and after it; what is found, with the folder's path for AT; what can be accepted. */
  const cases: [string, string, string, string[], string?][] = [
    [
      "a folder of a group",
      "chgrp staff bin; chmod 2775 bin",
      "chgrp root bin; chmod g-s,go-w bin",
      ["writable-by-group AT/bin 2775 root"],
      "group-writable",
    ],
    ["a folder of everybody's", "chmod 0777 bin", "chmod 0755 bin", ["writable-by-all AT/bin 0777 root"]],
    ["a folder like /tmp", "chmod 1777 bin", "chmod 0755 bin", ["folder-for-all AT/bin 1777 root"]],
    ["another user's folder", "chown nobody bin", "chown root bin", ["place-of-another AT/bin 0755 nobody"]],
    ["a folder far above", "chmod 0757 .", "chmod 0755 .", ["writable-by-all AT 0757 root"]],
    ["the file", "chmod 0777 bin/tool", "chmod 0755 bin/tool", ["writable-by-all AT/bin/tool 0777 root"]],
    [
      "another user's file",
      "chown nobody bin/tool",
      "chown root bin/tool",
      ["other-owner AT/bin/tool 0755 nobody"],
      "other-owner",
    ],
    [
      "a folder that a chain of links leads through",
      "mkdir -p a/b c; mv bin/tool a/b/tool; ln -s ../a c/up; ln -s ../c/up/../c/./up/b/tool bin/tool; chmod 0777 a",
      "rm bin/tool; mv a/b/tool bin/tool; rm -r a c",
      ["writable-by-all AT/a 0777 root"],
    ],
    [
      "another user's link",
      "mv bin/tool home/tool; ln -s ../home/tool bin/tool; chown -h nobody bin/tool; chown root home",
      "rm bin/tool; mv home/tool bin/tool; chown nobody home",
      ["other-owner AT/bin/tool 0777 nobody"],
      "other-owner",
    ],
    [
      "the state",
      "mkdir -m 0777 /var/lib/interpose",
      "rmdir /var/lib/interpose",
      ["writable-by-all /var/lib/interpose 0777 root"],
    ],
    [
      "the state's place",
      "chmod 1777 /var/lib",
      "chmod 0755 /var/lib",
      ["folder-for-all /var/lib 1777 root"],
    ],
    [
      "an open folder for logs",
      "mkdir -m 0777 /tmp/interpose-0",
      "rmdir /tmp/interpose-0",
      ["log-folder-open /tmp/interpose-0 0777 root"],
    ],
  ];

  test("is found, said with its mode and owner, and accepted only by name", async () => {
    const at = await place({ policy: quick });
    const plans = async () => expect(await gates(at)).toHaveProperty("plan");
    await plans();
    for (const [title, before, after, expected, acceptable] of cases) {
      await at.shell(before);
      const paths = expected.map((line) => line.replace("AT", at.folder));
      expect(await gates(at), title).toEqual(paths);
      at.write(`${quick}accept: [group-writable, other-owner, apparmor-profile, selinux-context]\n`);
      if (acceptable) {
        at.write(`${quick}accept: [${acceptable}]\n`);
        await plans();
      } else {
        expect(await gates(at), title).toEqual(paths);
      }
      at.write(quick);
      await at.shell(after);
    }
    await plans();
  });

  test("stops apply with nothing changed", async () => {
    const at = await place({ policy: quick });
    await at.shell("chmod 0777 bin");
    const before = at.listing("all");
    const { status, stderr } = await at.apply();
    expect(status).toBe(1);
    expect(stderr).toContain(
      `${at.folder}/bin can be changed by everybody: its mode is 0777, its owner root.`,
    );
    expect(stderr).toContain(`chmod o-w ${at.folder}/bin`);
    expect(at.listing("all")).toBe(before);
  });

  test("is not what a user has of their own, also under a sticky folder", async () => {
    const at = await place({ policy: quick, as: "nobody" });
    const user = { as: "nobody" } as const;
    expect(await gates(at, user)).toHaveProperty("plan");
    await at.shell("chown root bin/tool");
    expect(await gates(at, user)).not.toContain(`other-owner ${at.binary} 0755 root`);
    await at.shell("chown 4242 bin");
    expect(await gates(at, user)).toContain(`place-of-another ${at.folder}/bin 0755 UNKNOWN`);
  });
});

describe("a group of one's own", () => {
  const script = readFileSync(join(import.meta.dirname, "../../src/host/parts/ways.sh"), "utf8");
  test.each([
    ["is known by its name, when nobody else is in it", "41fd:1000:1000:ann:ann", "own:"],
    ["is none with another name", "41fd:1000:50:ann:staff", "yes:"],
    ["is none with another member", "41fd:1001:1001:bob:bob", "yes:ann"],
    ["is none that is another's first group", "41fd:1002:1002:cat:cat", "yes:dan"],
    ["is not root's", "41fd:0:0:root:root", "yes:"],
  ])("%s", (_, stat, expected) => {
    const entries = `entries() {
	case $1 in
	group) printf '%s\\n' root:x:0: ann:x:1000: bob:x:1001:ann cat:x:1002:cat ;;
	*) printf '%s\\n' root:x:0:0::: ann:x:1000:1000::: bob:x:1001:1001::: dan:x:1003:1002::: ;;
	esac
}`;
    const input = `${script}\n${entries}\nfind_writers /nowhere ${stat}\necho "$group_may:$members"\n`;
    expect(spawnSync("sh", ["-s"], { input, encoding: "utf8" }).stdout.trim()).toBe(expected);
  });
});

describe("a state that others may have written", () => {
  const planted = JSON.stringify({
    ...{
      v: 1,
      name: "small",
      file: "/x",
      binary: "/etc/hostname",
      wrapper: "/etc/passwd",
      real: "/etc/group",
    },
    ...{ keepName: "no", probe: [], services: [], wrappers: [], original: { device: 1, inode: 1 } },
  });
  test.skipIf(!can.beRoot)("is not heeded, and named", async () => {
    const at = await place({ policy: quick, as: "nobody" });
    const state = join(at.folder, "home/state/interpose/small");
    const user = { as: "nobody" } as const;
    for (const [plant, back] of [
      [`chown 4242 ${state}`, `chown nobody ${state}`],
      [`chown 4242 ${state}/manifest.json`, `chown nobody ${state}/manifest.json`],
      [`chmod 0777 ${state}/..`, `chmod 0755 ${state}/..`],
      [`chmod 0666 ${state}/manifest.json`, `chmod 0644 ${state}/manifest.json`],
      [`mv ${state} ${at.folder}/home/x; ln -s ../../x ${state}`, `rm ${state}`],
    ] as const) {
      await at.shell(
        `mkdir -p ${state}; printf %s '${planted}' >${state}/manifest.json; chown -R nobody home/state; chmod -R u=rwX,go=rX home/state`,
      );
      const seen = async () => (await look(hostOf(at, user))).interceptions.length;
      expect(await seen()).toBe(1);
      await at.shell(plant);
      expect(await seen(), plant).toBe(0);
      expect(await gates(at, user), plant).toContain(`state-untrusted ${state}`);
      if (plant.startsWith("chmod 0666")) {
        for (const words of [["status"], ["rollback", "small", "--yes"]]) {
          const { status, stderr } = await at.tool(words, user);
          expect(status).toBe(1);
          expect(stderr).toContain(`${state} or its manifest belongs to somebody else`);
        }
      }
      await at.shell(back);
    }
  });
});

describe("AppArmor profiles", () => {
  const naming = (text: string, path = "/usr/bin/tool") =>
    profilesNaming([path], new Map([["/etc/apparmor.d/x", text]]), []).map(({ line }) => line);

  test.each([
    ["/usr/bin/tool {", true],
    ["profile tool /usr/bin/tool flags=(complain) {", true],
    ["profile tool /{,usr/}bin/tool {", true],
    ["profile tool /usr/{s,}bin/{tool,other} {", true],
    ['profile tool "/usr/bin/tool" {', true],
    ["@{exec_path} = @{bin}/tool\nprofile tool @{exec_path} {", true],
    ["@{exec_path} = /x\n@{exec_path} += /usr/bin/tool\nprofile tool @{exec_path} {", true],
    ["  /usr/bin/tool Pix -> tool,", true],
    ["  /**/tool rix,", true],
    ["# /usr/bin/tool {", false],
    ["  /usr/bin/* rix,", false],
    ["  /usr/bin/tool2 rix,", false],
    ["  /usr/bin/tool/ r,", false],
    ["  /usr/local/bin/tool rix,", false],
    ["@{exec_path} = /usr/bin/other\nprofile other @{exec_path} {", false],
  ])("%s", (text, expected) => {
    expect(naming(text).length > 0).toBe(expected);
  });

  test("that are loaded count without their file", () => {
    const loaded = ["/usr/bin/other (enforce)", "/usr/bin/tool (complain)"];
    expect(profilesNaming(["/usr/bin/tool"], new Map(), loaded)).toEqual([
      { path: "/usr/bin/tool", file: "/sys/kernel/security/apparmor/profiles", line: loaded[1] },
    ]);
  });

  test.skipIf(!can.beRoot || !existsSync("/etc/apparmor.d"))(
    "are a gate until they are accepted",
    async () => {
      const at = await place({ policy: quick });
      await at.shell(`mkdir profiles profiles/disable; mount --bind profiles /etc/apparmor.d
echo '${at.binary} {' >profiles/tool`);
      expect(await gates(at)).toEqual([`apparmor-profile ${at.binary}`]);
      at.write(`${quick}accept: [apparmor-profile]\n`);
      expect(await gates(at)).toHaveProperty("plan");
      done(await at.apply());
      at.write(quick);
      expect(await gates(at)).toEqual([`apparmor-profile ${at.binary}`]);
      await at.shell("ln -s ../tool profiles/disable/tool");
      expect(await gates(at)).toHaveProperty("plan");
    },
  );
});

describe("SELinux contexts", () => {
  const path = "/usr/bin/tool";
  test.each([
    ["/usr/bin/tool\t--\tsystem_u:object_r:tool_exec_t:s0", true],
    ["/usr/(s)?bin/tool -- system_u:object_r:tool_exec_t:s0", true],
    ["/usr/bin/tool system_u:object_r:tool_exec_t:s0", true],
    ["/usr/bin/tool -- system_u:object_r:bin_t:s0", false],
    ["/usr/bin/tool -- <<none>>", false],
    ["/usr/bin/.* -- system_u:object_r:special_t:s0", false],
    ["/usr/bin/tool2 -- system_u:object_r:tool_exec_t:s0", false],
    ["/usr/bin/(tool -- system_u:object_r:tool_exec_t:s0", false],
  ])("%s", (line, expected) => {
    expect(contextsNaming([path], new Map(), [line]).length > 0).toBe(expected);
  });

  test("are those that files have, too", () => {
    const label = "system_u:object_r:tool_exec_t:s0";
    expect(contextsNaming([path], new Map([[path, label]]), [])).toEqual([{ path, context: label }]);
    expect(contextsNaming([path], new Map([[path, "?"]]), [])).toEqual([]);
    expect(contextsNaming([path], new Map([[path, "u:r:bin_t:s0"]]), [])).toEqual([]);
  });

  test.skipIf(!can.beRoot || !existsSync("/etc/selinux"))("are a gate until they are accepted", async () => {
    const at = await place({ policy: quick });
    await at.shell(`mount -t tmpfs tmpfs /sys/fs; mkdir /sys/fs/selinux; echo 1 >/sys/fs/selinux/enforce
mkdir -p policy/targeted/contexts/files; mount --bind policy /etc/selinux
echo '${at.binary} -- system_u:object_r:tool_exec_t:s0' >policy/targeted/contexts/files/file_contexts`);
    expect(await gates(at)).toEqual([`selinux-context ${at.binary}`]);
    at.write(`${quick}accept: [selinux-context]\n`);
    expect(await gates(at)).toHaveProperty("plan");
  });
});

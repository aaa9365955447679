/** The role and the playbook that `export ansible` writes, run by the real ansible-playbook against hosts of a fleet. */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canFleet, type Fleet, openFleet } from "../support/fleet.ts";

const binary = "/opt/greet/greet";
const policy = (hosts: unknown, more = {}) =>
  JSON.stringify({ name: "po.lite", binary, hosts, always: { append: ["please"] }, ...more });

interface Play {
  status: number;
  said: string;
  /** By host. */
  recap: Record<string, { changed: number; failed: number; unreachable: number }>;
}

describe.skipIf(!canFleet)("an exported role", { timeout: 300_000 }, () => {
  let fleet: Fleet;
  let folder: string;
  beforeAll(async () => {
    // One has no Python.
    const prepare = [
      `mkdir -p /opt/greet; printf '#!/bin/sh\\necho hello "$@"\\n' >${binary}; chmod 755 ${binary}`,
      "case $(ip address) in *10.99.2.2*) rm -f /usr/bin/python3* /usr/local/bin/python3* ;; esac",
    ].join("\n");
    fleet = await openFleet(3, prepare);
    folder = join(fleet.folder, "exported");
    const file = join(fleet.folder, "polite.yaml");
    writeFileSync(file, policy({ web: ["h1", "oper@10.99.2.2"], db: ["h3"] }));
    expect(await fleet.interpose(["export", "ansible", file, "-o", folder])).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
  afterAll(() => fleet.close());

  const play = async (...words: string[]): Promise<Play> => {
    const { status, stdout, stderr } = await fleet.run(
      ["ansible-playbook", "-i", join(folder, "inventory.yml"), join(folder, "playbook.yml"), ...words],
      {
        env: {
          ANSIBLE_SSH_EXECUTABLE: join(fleet.folder, "bin/ssh"),
          ANSIBLE_HOME: join(fleet.folder, "ansible"),
          ANSIBLE_LOCAL_TEMP: join(fleet.folder, "ansible"),
          ANSIBLE_NOCOLOR: "1",
          // Its sftp would not know of the ssh that is used here.
          ANSIBLE_SSH_TRANSFER_METHOD: "piped",
          // Ends with the hosts.
          ANSIBLE_SSH_ARGS: "-o ControlMaster=auto -o ControlPersist=60s",
          ANSIBLE_SSH_CONTROL_PATH_DIR: join(fleet.folder, "cp"),
        },
      },
    );
    const lines = [
      ...stdout.matchAll(/^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm),
    ];
    const recap = Object.fromEntries(
      lines.map(([, host = "", changed, unreachable, failed]) => [
        host,
        { changed: Number(changed), unreachable: Number(unreachable), failed: Number(failed) },
      ]),
    );
    return { status, said: stdout + stderr, recap };
  };
  const names = ["h1", "oper@10.99.2.2", "h3"];
  const all = (changed: number) =>
    Object.fromEntries(names.map((name) => [name, { changed, unreachable: 0, failed: 0 }]));
  const calls = () => Promise.all(fleet.hosts.map((host) => host.shell(`${binary} a`)));
  const state = () =>
    Promise.all(
      fleet.hosts.map((host) =>
        host.shell(
          "find /opt/greet -printf '%p %M %n %l\\n' | sort; ls -A /var/lib | grep interpose || true",
        ),
      ),
    );

  test("changes nothing with --check, something once, and nothing again", async () => {
    const before = await state();
    const checked = await play("--check");
    expect(checked.said).not.toMatch(/Traceback|WARNING/);
    expect(checked).toMatchObject({ status: 0, recap: all(1) });
    expect(await state()).toEqual(before);
    expect(await play()).toMatchObject({ status: 0, recap: all(1) });
    expect(await calls()).toEqual(Array(3).fill("hello a please\n"));
    const placed = await state();
    expect(await play()).toMatchObject({ status: 0, recap: all(0) });
    expect(await play("--check")).toMatchObject({ status: 0, recap: all(0) });
    expect(await state()).toEqual(placed);

    expect(await play("--check", "-e", "interpose_po_lite_state=absent")).toMatchObject({ recap: all(1) });
    expect(await state()).toEqual(placed);
    const gone = ["-e", "interpose_po_lite_state=absent"];
    expect(await play(...gone)).toMatchObject({ status: 0, recap: all(1) });
    expect(await state()).toEqual(before);
    expect(await play(...gone)).toMatchObject({ status: 0, recap: all(0) });
    expect(await play("--check", ...gone)).toMatchObject({ status: 0, recap: all(0) });
    expect(await calls()).toEqual(Array(3).fill("hello a\n"));
    for (const host of fleet.hosts)
      expect(await host.shell("ls -A /tmp /root/.ansible/tmp 2>/dev/null || true")).not.toContain(
        "interpose",
      );
  });

  test("goes out in waves, and stops at a host that can't be changed, with its reason", async () => {
    const [first, second] = fleet.hosts;
    await first?.shell(`echo mine >${binary}-real`);
    const { status, said, recap } = await play();
    expect(status).not.toBe(0);
    expect(said).toContain(`${binary}-real is there already, and it is not from interpose.`);
    expect(recap).toMatchObject({ h1: { failed: 1, changed: 0 } });
    expect(await second?.shell(`${binary} a`)).toBe("hello a\n");
    await first?.shell(`rm ${binary}-real`);
  });

  test("puts right what an upgrade did, and finishes what was cut off", async () => {
    expect(await play()).toMatchObject({ status: 0, recap: all(1) });
    await fleet.hosts[0]?.shell(
      `printf '#!/bin/sh\\necho hi "$@"\\n' >/opt/new; chmod 755 /opt/new; mv -T /opt/new ${binary}; sleep 3`,
    );
    await fleet.hosts[1]?.shell("echo '1 apply begin' >>/var/lib/interpose/po.lite/journal");
    expect(await play()).toMatchObject({
      status: 0,
      recap: { ...all(1), h3: { changed: 0, failed: 0, unreachable: 0 } },
    });
    expect(await calls()).toEqual(["hi a please\n", "hello a please\n", "hello a please\n"]);
    expect(await play()).toMatchObject({ status: 0, recap: all(0) });
    expect(await play("-e", "interpose_po_lite_state=absent")).toMatchObject({ status: 0, recap: all(1) });
  });

  test("takes no other word for its state", async () => {
    const { status, said } = await play("-e", "interpose_po_lite_state=gone");
    expect(status).not.toBe(0);
    expect(said).toContain("value of interpose_po_lite_state must be one of: present, absent, got: gone");
  });

  test("pleases ansible-lint's strictest profile, which a spoiled one doesn't", async () => {
    const lint = (at: string) =>
      fleet.run(
        [
          "sh",
          "-c",
          `cd '${at}' && ansible-lint --offline --nocolor --profile production playbook.yml roles/interpose_po_lite`,
        ],
        { env: { ANSIBLE_HOME: join(fleet.folder, "ansible"), XDG_CACHE_HOME: join(fleet.folder, "cache") } },
      );
    const passed = await lint(folder);
    expect(passed).toMatchObject({ status: 0 });
    const spoiled = join(fleet.folder, "spoiled");
    cpSync(folder, spoiled, { recursive: true });
    const tasks = join(spoiled, "roles/interpose_po_lite/tasks/main.yml");
    writeFileSync(tasks, readFileSync(tasks, "utf8").replace("ansible.builtin.script", "script"));
    expect((await lint(spoiled)).stdout).toContain("fqcn[action-core]");
  });

  test("has an inventory of the file's hosts, or goes by the groups of another", async () => {
    expect(readFileSync(join(folder, "inventory.yml"), "utf8")).toBe(
      "---\nall:\n  children:\n    web:\n      hosts:\n        h1: {}\n        oper@10.99.2.2:\n          ansible_host: 10.99.2.2\n          ansible_user: oper\n    db:\n      hosts:\n        h3: {}\n",
    );
    const file = join(fleet.folder, "other.yaml");
    writeFileSync(
      file,
      policy(
        { inventory: "hosts.ini", groups: ["web", "db"] },
        { sudo: "never", rollout: { canary: 2, wave: 3, stopAfter: 2 } },
      ),
    );
    const to = join(fleet.folder, "other");
    expect((await fleet.interpose(["export", "ansible", file, "-o", to])).status).toBe(0);
    expect(existsSync(join(to, "inventory.yml"))).toBe(false);
    const playbook = readFileSync(join(to, "playbook.yml"), "utf8");
    expect(playbook).toContain('  hosts: "web:db"\n');
    expect(playbook).toContain("  serial: [2, 3]\n  max_fail_percentage: 33.34\n");
    expect(playbook).not.toContain("become");
    const again = await fleet.interpose(["export", "ansible", file, "-o", to]);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining("is there already") });
    expect(await fleet.interpose(["export", "ansible", file])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("-o DIR"),
    });
    expect(await fleet.interpose(["export", "chef", file])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no form chef"),
    });
  });
});

/**
 * What it takes to put an interception in place over ssh: by this tool, by the usual commands with one ssh each, and by
 * a playbook of Ansible's with the same steps. Hosts with a network and an sshd of their own, all on this machine, so
 * that what a host computes counts for all of them. Asserts nothing. Run by `npm run bench:hosts`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { canFleet, type Fleet, openFleet } from "../test/support/fleet.ts";

const counts = [1, 5, 20];
const times = 3;
const binary = "/opt/greet/greet";

test.skipIf(!canFleet)("hosts", async () => {
  for (const count of counts) {
    const fleet = await openFleet(count, `mkdir -p /opt/greet; cp /bin/echo ${binary}`);
    try {
      await table(fleet, count);
    } finally {
      await fleet.close();
    }
  }
});

// ---

async function table(fleet: Fleet, count: number): Promise<void> {
  const names = fleet.hosts.map(({ name }) => name);
  const file = join(fleet.folder, "greet.yaml");
  const policy = { binary, always: { append: ["--greeting"] } };
  const where = count === 1 ? { host: names[0] } : { hosts: names, rollout: { canary: 1, wave: 10 } };
  writeFileSync(file, JSON.stringify({ ...policy, ...where }));
  const inventory = join(fleet.folder, "hosts.ini");
  writeFileSync(inventory, `${names.join("\n")}\n`);
  const playbook = join(fleet.folder, "greet-playbook.yaml");
  writeFileSync(playbook, playbookText);
  const config = join(fleet.folder, "ansible.cfg");
  // As fast as Ansible gets by its own settings.
  writeFileSync(
    config,
    `[defaults]\nforks = ${count}\ngathering = explicit\nhost_key_checking = False\n[ssh_connection]\npipelining = True\n`,
  );

  const undo = () => Promise.all(fleet.hosts.map((host) => host.shell(undoing)));
  const rows: [string, number][] = [];
  const measure = async (
    title: string,
    work: () => Promise<{ status: number; stdout: string; stderr: string }[]>,
    after: () => Promise<unknown> = async () => {},
  ) => {
    const taken: number[] = [];
    for (let turn = 0; turn < times; turn++) {
      await undo();
      const from = performance.now();
      const ran = await work();
      taken.push((performance.now() - from) / 1000);
      await after();
      const failed = ran.find(({ status }) => status !== 0);
      if (failed) throw new Error(`${title}: ${failed.stdout}${failed.stderr}`);
    }
    rows.push([title, taken.sort((one, other) => one - other)[taken.length >> 1] ?? 0]);
  };
  await measure("ssh HOST true", () => Promise.all(names.map((name) => fleet.run(["ssh", name, "true"]))));
  await measure(
    "interpose apply",
    async () => [await fleet.interpose(["apply", file, "--yes"])],
    () => fleet.interpose(["rollback", file, "--yes"]),
  );
  await measure("by hand, one ssh each", async () => {
    const ran = [];
    for (const name of names) for (const command of byHand) ran.push(await fleet.run(["ssh", name, command]));
    return ran;
  });
  await measure("ansible-playbook", async () => [
    await fleet.run(["ansible-playbook", "-i", inventory, playbook], {
      env: { ANSIBLE_CONFIG: config, ANSIBLE_SSH_EXECUTABLE: join(fleet.folder, "bin/ssh") },
    }),
  ]);
  const [bare = 1, ours = 1] = rows.map(([, seconds]) => seconds);
  console.log(`\n${count === 1 ? "1 host" : `${count} hosts`}\n`);
  console.log("                         seconds  of ssh HOST true  of interpose");
  for (const [title, seconds] of rows) {
    const cells = [seconds.toFixed(2), (seconds / bare).toFixed(2), (seconds / ours).toFixed(2)];
    console.log(
      `  ${title.padEnd(22)} ${cells[0]?.padStart(7)}  ${cells[1]?.padStart(16)}  ${cells[2]?.padStart(12)}`,
    );
  }
}

const wrapper = `#!/bin/bash\nLOGFILE=/tmp/greet.log\necho "[WRAPPER] $(date) args: $@" >> "$LOGFILE"\nexec ${binary}-real "$@" --greeting\n`;

/** The steps that people take: look, write, move, link, look again. */
const byHand = [
  `test -x ${binary} && file ${binary}; ls -la ${binary}`,
  `${binary} --version`,
  `cat >/opt/greet/polite <<'END'\n${wrapper}END`,
  "chmod 755 /opt/greet/polite && bash -n /opt/greet/polite",
  `mv ${binary} ${binary}-real && ln -sf /opt/greet/polite ${binary}`,
  `readlink -f ${binary}`,
  `${binary} --version`,
  "tail -n 1 /tmp/greet.log",
];

const undoing = `if [ -e ${binary}-real ]; then mv ${binary}-real ${binary}; fi; rm -f /opt/greet/polite /tmp/greet.log`;

const playbookText = `- hosts: all
  tasks:
    - name: The binary is there
      ansible.builtin.stat: { path: ${binary} }
      register: there
      failed_when: not there.stat.executable
    - name: Its version
      ansible.builtin.command: ${binary} --version
      register: before
      changed_when: false
    - name: The wrapper
      ansible.builtin.copy:
        dest: /opt/greet/polite
        mode: "0755"
        content: ${JSON.stringify(wrapper)}
        validate: bash -n %s
    - name: Keep the real binary
      ansible.builtin.command: mv ${binary} ${binary}-real
    - name: Swap
      ansible.builtin.file: { src: /opt/greet/polite, dest: ${binary}, state: link }
    - name: Its version again
      ansible.builtin.command: ${binary} --version
      register: after
      changed_when: false
    - name: The log
      ansible.builtin.command: tail -n 1 /tmp/greet.log
      changed_when: false
`;

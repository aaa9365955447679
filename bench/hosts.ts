/**
 * What it takes to put an interception in place over ssh: by this tool, by the usual commands with one ssh each, and by
 * the exported role under ansible-playbook, in the same waves. Hosts with a network and an sshd of their own, all on this machine, so
 * that what a host computes counts for all of them. Asserts nothing. Run by `npm run bench:hosts`.
 */
import { randomUUID } from "node:crypto";
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
  const exported = join(fleet.folder, "exported");
  await fleet.interpose(["export", "ansible", file, "-o", exported]);
  const settings = `[defaults]\nhost_key_checking = False\nhome = ${fleet.folder}/ansible\n`;
  const ansible = {
    "ansible-playbook": settings,
    // As fast as it gets by its own settings.
    "ansible-playbook, tuned": `${settings}forks = ${count}\n[ssh_connection]\npipelining = True\ntransfer_method = piped\n`,
  };

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
  for (const [title, text] of Object.entries(ansible)) {
    const config = join(fleet.folder, "ansible.cfg");
    writeFileSync(config, text);
    await measure(
      title,
      async () => [
        await fleet.run(
          ["ansible-playbook", "-i", join(exported, "inventory.yml"), join(exported, "playbook.yml")],
          // Connections that an earlier run has left open are not used.
          { env: { ANSIBLE_CONFIG: config, ANSIBLE_SSH_CONTROL_PATH_DIR: join(fleet.folder, randomUUID()) } },
        ),
      ],
      () => fleet.interpose(["rollback", file, "--yes"]),
    );
  }
  const [bare = 1, ours = 1] = rows.map(([, seconds]) => seconds);
  console.log(`\n${count === 1 ? "1 host" : `${count} hosts`}\n`);
  console.log("                          seconds  of ssh HOST true  of interpose");
  for (const [title, seconds] of rows) {
    const cells = [seconds.toFixed(2), (seconds / bare).toFixed(2), (seconds / ours).toFixed(2)];
    console.log(
      `  ${title.padEnd(23)} ${cells[0]?.padStart(7)}  ${cells[1]?.padStart(16)}  ${cells[2]?.padStart(12)}`,
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

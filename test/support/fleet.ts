/**
 * Hosts that ssh reaches: each an overlay with a network, processes and an sshd of its own, and a cable from each to
 * the network that the tool runs in. Nothing of it is on the machine's own network.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inject } from "vitest";
import { canOverlay, type OverlayHost, openOverlay } from "./overlay-host.ts";
import type { Ran } from "./private-host.ts";

const layer = resolve(import.meta.dirname, "../../node_modules/.cache/hosts/root");

/** Whether hosts can be made here; where not, the test names it. */
export const canFleet = canOverlay && existsSync(layer);

export interface FleetHost extends OverlayHost {
  /** The alias that ssh's configuration has. */
  name: string;
  address: string;
  /** Pulls the cable, or puts it back. */
  cable(state: "up" | "down"): Promise<void>;
}

export interface RunHow {
  env?: Record<string, string>;
  /** Null: it is left open. */
  input?: string | null;
  /** Gets the process as soon as it runs. */
  onStart?: (child: ChildProcess) => void;
}

export interface Fleet {
  hosts: FleetHost[];
  /** Of the tool's user: ssh's configuration, keys, files. */
  folder: string;
  /** Runs the built tool in the network that reaches the hosts. */
  interpose(words: string[], how?: RunHow): Promise<Ran>;
  /** Runs any program there, with the same ssh. */
  run(words: string[], how?: RunHow): Promise<Ran>;
  close(): Promise<void>;
}

/** Users of each host: root, `oper`, whose sudo asks for nothing, `careful`, whose asks for a password, `plain`, who has none. */
export const users = ["root", "oper", "careful", "plain"] as const;
// Not as it is typed: a test looks for it in all files.
export const password = ["correct", "horse"].join(" ");

/** @param prepare lines of sh that root runs on each host before its sshd starts */
export async function openFleet(count: number, prepare = ""): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), "interpose-fleet-"));
  chmodSync(folder, 0o755);
  const net = spawn(
    "unshare",
    ["--net", "sh", "-euc", "ip link set lo up; echo ready; exec cat >/dev/null"],
    {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
    },
  );
  await once(net.stdout, "data");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
  const key = readFileSync(join(folder, "key.pub"), "utf8");
  const there = ["nsenter", "--target", String(net.pid), "--net", "--"];
  const hosts = await Promise.all(
    Array.from({ length: count }, (_, index) => openHost(index + 1, { folder, key, there, prepare })),
  );
  writeFileSync(join(folder, "config"), configuration(folder, hosts));
  // Whoever runs ssh reads this configuration; the tool has no way to say so, as it leaves that to its user.
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/ssh"), sshProgram(folder));
  writeFileSync(join(folder, "relay.cjs"), relay(folder));
  chmodSync(join(folder, "bin/ssh"), 0o755);

  const run = (words: string[], { env = {}, input = "", onStart }: RunHow = {}): Promise<Ran> => {
    const environment = {
      PATH: `${folder}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      ...{ HOME: folder, LANG: "C.UTF-8", NO_COLOR: "1", ...env },
    };
    const [program = "", ...args] = [...there, ...words];
    const child = spawn(program, args, { cwd: folder, env: environment, stdio: ["pipe", "pipe", "pipe"] });
    onStart?.(child);
    child.stdin.on("error", () => {});
    if (input !== null) child.stdin.end(input);
    return collected(child);
  };
  return {
    hosts,
    folder,
    run,
    interpose: (words, how) => run([process.execPath, inject("interpose"), ...words], how),
    async close() {
      await Promise.all(hosts.map((host) => host.close()));
      net.stdin.end();
      if (net.exitCode === null) await once(net, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// ---

interface Making {
  folder: string;
  key: string;
  /** The words that enter the tool's network. */
  there: string[];
  prepare: string;
}

async function openHost(number: number, { folder, key, there, prepare }: Making): Promise<FleetHost> {
  const host = await openOverlay({ layer, alone: true });
  const address = `10.99.${number}.2`;
  const cable = `h${number}`;
  const [program = "", ...enter] = there;
  const ip = (...words: string[]) => execFileSync(program, [...enter, "ip", ...words]);
  ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", String(host.pid));
  ip("address", "add", `10.99.${number}.1/24`, "dev", cable);
  ip("link", "set", cable, "up");
  await host.shell(
    [
      `ip address add ${address}/24 dev eth0; ip link set eth0 up`,
      "grep -q ^sshd: /etc/passwd || echo 'sshd:x:22:65534::/run/sshd:/usr/sbin/nologin' >>/etc/passwd",
      "mkdir -p /run/sshd /root/.ssh; hostname=$(hostname)",
      ...users
        .slice(1)
        .flatMap((user, index) => [
          `echo '${user}:x:${2001 + index}:${2001 + index}::/home/${user}:/bin/sh' >>/etc/passwd`,
          `echo '${user}:*:19000:0:99999:7:::' >>/etc/shadow`,
          `echo '${user}:x:${2001 + index}:' >>/etc/group`,
          `mkdir -p /home/${user}/.ssh`,
          `printf '%s' '${key}' >/home/${user}/.ssh/authorized_keys`,
          `chown -R ${2001 + index}:${2001 + index} /home/${user}; chmod -R go= /home/${user}`,
        ]),
      `printf '%s' '${key}' >/root/.ssh/authorized_keys; chmod -R go= /root/.ssh`,
      `echo 'careful:${password}' | chpasswd`,
      'echo "127.0.0.1 localhost $hostname" >/etc/hosts',
      "rm -f /etc/sudoers.d/*; echo 'root ALL=(ALL:ALL) ALL' >/etc/sudoers",
      "echo 'oper ALL=(ALL) NOPASSWD: ALL' >>/etc/sudoers; echo 'careful ALL=(ALL) ALL' >>/etc/sudoers",
      "echo 'Defaults lecture=never' >>/etc/sudoers; chmod 0440 /etc/sudoers",
      "rm -f /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key",
      "echo 'HostKey /etc/ssh/ssh_host_ed25519_key' >/etc/ssh/sshd_config",
      "echo 'PasswordAuthentication no' >>/etc/ssh/sshd_config",
      "echo 'LogLevel VERBOSE' >>/etc/ssh/sshd_config",
      "echo 'MaxStartups 100' >>/etc/ssh/sshd_config",
      prepare,
      "/usr/sbin/sshd -E /run/sshd.log",
    ].join("\n"),
  );
  const known = await host.shell("cat /etc/ssh/ssh_host_ed25519_key.pub");
  writeFileSync(join(folder, "known_hosts"), `${address} ${known}`, { flag: "a" });
  return {
    ...host,
    name: cable,
    address,
    async cable(state) {
      ip("link", "set", cable, state);
    },
  };
}

/** The real ssh; with TEST_RELAY it goes through a relay. */
const sshProgram = (folder: string): string => `#!/bin/sh
if [ -n "$TEST_RELAY" ]; then exec "${process.execPath}" "${folder}/relay.cjs" "$@"; fi
exec /usr/bin/ssh -F "${folder}/config" "$@"
`;

/** Notes in the file TEST_RELAY when something goes up to the host, or comes down from there. */
const relay = (folder: string): string => `const { spawn } = require("node:child_process");
const { appendFileSync } = require("node:fs");
const note = (what) => appendFileSync(process.env.TEST_RELAY, what);
const words = ["-F", "${folder}/config", ...process.argv.slice(2)];
const child = spawn("/usr/bin/ssh", words, { stdio: ["pipe", "pipe", "inherit"] });
note("connect ");
process.stdin.on("data", (chunk) => { note("up"); child.stdin.write(chunk); });
process.stdin.on("end", () => child.stdin.end());
child.stdout.on("data", (chunk) => { note(" down "); process.stdout.write(chunk); });
child.on("exit", (code) => process.exit(code));
`;

const configuration = (folder: string, hosts: FleetHost[]): string =>
  [
    `IdentityFile ${folder}/key`,
    "IdentitiesOnly yes",
    `UserKnownHostsFile ${folder}/known_hosts`,
    "StrictHostKeyChecking yes",
    ...hosts.flatMap(({ name, address }) => [`Host ${name}`, `  HostName ${address}`, "  User root"]),
    ...hosts.flatMap(({ name, address }) =>
      users.slice(1).flatMap((user) => [`Host ${user}-${name}`, `  HostName ${address}`, `  User ${user}`]),
    ),
  ].join("\n");

async function collected(child: ChildProcess): Promise<Ran> {
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return {
    status: code ?? 255,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

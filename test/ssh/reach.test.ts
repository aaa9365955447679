/** Where and how a host is reached, and what is said when it can't be. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { canFleet, type Fleet, openFleet, password } from "../support/fleet.ts";
import type { Ran } from "../support/private-host.ts";

let fleet: Fleet;
beforeAll(async () => {
  if (!canFleet) return;
  fleet = await openFleet(2);
  await fleet.hosts[1]?.shell("rm /usr/bin/sudo");
  const [first] = fleet.hosts;
  await first?.shell("ip -6 address add fd00:99::2/64 dev eth0 nodad");
  await fleet.run(["ip", "-6", "address", "add", "fd00:99::1/64", "dev", "h1", "nodad"]);
  const known = readFileSync(join(fleet.folder, "known_hosts"), "utf8")
    .split("\n")
    .find((line) => line.startsWith(`${first?.address} `))
    ?.replace(/^\S+/, "fd00:99::2");
  appendFileSync(join(fleet.folder, "known_hosts"), `${known}\n`);
  const stranger = join(fleet.folder, "stranger");
  await fleet.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", stranger]);
  const [, key] = readFileSync(`${stranger}.pub`, "utf8").split(" ");
  writeFileSync(join(fleet.folder, "changed"), `10.99.1.2 ssh-ed25519 ${key}\n`);
  const aliases = {
    unknown: ["HostName 10.99.1.2", "UserKnownHostsFile /dev/null"],
    changed: ["HostName 10.99.1.2", `UserKnownHostsFile ${fleet.folder}/changed`],
    keyless: ["HostName 10.99.1.2", "PubkeyAuthentication no", "User root"],
    silent: ["HostName 10.99.1.2", "Port 2"],
    nowhere: ["HostName nowhere.invalid"],
    forwarding: ["HostName 10.99.1.2", "User root", "LocalForward 1 localhost:1", "RemoteCommand false"],
    jumping: ["HostName 10.99.1.2", "User root", "ProxyCommand ssh -F %d/config h1 -W %h:%p"],
  };
  const lines = Object.entries(aliases).flatMap(([name, settings]) => [
    `Host ${name}`,
    ...settings.map((line) => `  ${line.replace("%d", fleet.folder)}`),
  ]);
  const config = join(fleet.folder, "config");
  // The first setting that is found counts.
  writeFileSync(config, `${lines.join("\n")}\nHost *\n${readFileSync(config, "utf8")}`);
});
afterAll(() => fleet?.close());

const status = (host: string, ...words: string[]): Promise<Ran> =>
  fleet.interpose(["status", "--host", host, ...words]);
const nothing = { status: 0, stdout: "Nothing is intercepted here.\n", stderr: "" };

describe.skipIf(!canFleet)("a host is written", { timeout: 120_000 }, () => {
  test.each([
    ["an alias", "h1"],
    ["user@host", "root@10.99.1.2"],
    ["user@host:port", "root@10.99.1.2:22"],
    ["an address of ssh's", "ssh://root@10.99.1.2:22"],
    ["an alias with a command and forwards of its own", "forwarding"],
    ["an alias that goes by way of another host", "jumping"],
    ["an address of IPv6", "root@[fd00:99::2]"],
    ["one without brackets", "fd00:99::2"],
  ])("as %s", async (_, host) => {
    expect(await status(host)).toEqual(nothing);
  });

  test.each([
    "-oProxyCommand=touch${IFS}/tmp/x",
    "a b",
    "user@",
    "h1:0",
    "h1:99999",
    "ssh://",
    "-l@h1",
    "h1;id",
    "$(id)@",
  ])("not as %s", async (host) => {
    const ran = await status(host);
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining("is no name of a host") });
  });
});

describe.skipIf(!canFleet)("it is said what to do", { timeout: 120_000 }, () => {
  test.each([
    ["the key is unknown", "unknown", [], "ssh-key-unknown"],
    ["the key is another one", "changed", [], "ssh-key-changed"],
    ["no key fits", "keyless", [], "ssh-refused"],
    ["nobody listens there", "silent", [], "ssh-no-way"],
    ["the name leads nowhere", "nowhere", [], "ssh-unknown-name"],
    ["sudo wants a password, and nobody is there", "careful-h1", ["--sudo", "always"], "sudo-password"],
    ["there is no sudo", "oper-h2", ["--sudo", "always"], "sudo-missing"],
  ])("when %s", async (_, host, words, code) => {
    const ran = await status(host, ...words);
    expect(ran).toMatchObject({ status: 3, stdout: "" });
    const json = await status(host, ...words, "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ findings: [{ code }] });
    expect(ran.stderr).not.toMatch(/undefined|\{\w+\}/);
  });

  test("when there is no ssh here", async () => {
    const ran = await fleet.run([
      ...["env", "PATH=/nowhere", process.execPath, inject("interpose"), "status", "--host", "h1"],
    ]);
    expect(ran).toMatchObject({ status: 3, stderr: expect.stringContaining("there is no ssh here") });
  });

  test("when there is no bash there", async () => {
    const host = fleet.hosts[1];
    await host?.shell("cp /bin/echo /usr/local/bin/greet");
    const file = join(fleet.folder, "bashless.yaml");
    writeFileSync(
      file,
      JSON.stringify({ host: "h2", binary: "/usr/local/bin/greet", runtime: "bash", probe: [] }),
    );
    await host?.shell(
      "sed -i 's|^root:.*|root:x:0:0::/root:/bin/sh|' /etc/passwd; mv /usr/bin/bash /usr/bin/shab",
    );
    expect(await fleet.interpose(["apply", file, "--yes"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("Install bash, 4.4 or later"),
    });
    await host?.shell("mv /usr/bin/shab /usr/bin/bash");
  });

  test("when the binary there is for another machine, unless something runs it", async () => {
    const host = fleet.hosts[0];
    const file = join(fleet.folder, "foreign.yaml");
    const binary = "/opt/foreign/tool";
    const write = (more = {}) => writeFileSync(file, JSON.stringify({ host: "h1", binary, ...more }));
    const places = "find /opt/foreign /var/lib/interpose /tmp -ls 2>/dev/null || :";
    const [arm64, x64, x86] = ["\\267\\000", "\\076\\000", "\\003\\000"];
    const [other, older] = process.arch === "arm64" ? [x64, "\\050\\000"] : [arm64, x86];
    const patch = (bytes: string | undefined) =>
      `cp /bin/echo ${binary}; printf '${bytes}' | dd of=${binary} bs=1 seek=18 conv=notrunc status=none`;
    await host?.shell(`mkdir /opt/foreign; ${patch(other)}`);
    // As the kernel itself says it.
    expect(await host?.run(`bash -c '${binary} a'`)).toMatchObject({
      status: 126,
      stderr: expect.stringContaining("Exec format error"),
    });
    const before = await host?.shell(places);
    write();
    for (const words of [
      ["plan", file],
      ["apply", file, "--yes"],
    ]) {
      const ran = await fleet.interpose(words);
      expect(ran).toMatchObject({ status: 3, stdout: "" });
      expect(ran.stderr).toMatch(/tool is a program for .+ machine is .+\n {2}Put the build for .+ there/);
      expect(JSON.parse((await fleet.interpose([...words, "--json"])).stdout)).toMatchObject({
        findings: [{ code: "other-machine", path: binary }],
      });
    }
    expect(await host?.shell(places)).toBe(before);

    const planned = async () => (await fleet.interpose(["plan", file])).status;
    write({ accept: ["other-machine"] });
    expect(await planned()).toBe(0);
    write();
    // Its family's older programs are run by many kernels.
    await host?.shell(patch(older));
    expect(await planned()).toBe(0);
    await host?.shell(patch(other));
    // What the kernel shows where qemu-user-static is installed; to register it would be for the whole machine.
    const folder = "/proc/sys/fs/binfmt_misc";
    const machine = other === arm64 ? "b700" : "3e00";
    const magic = `7f454c460201010000000000000000000200${machine}`;
    const show = (state: string) =>
      [
        `printf '${state}\\ninterpreter /usr/bin/qemu\\nflags: OC\\noffset 0\\nmagic ${magic}\\n' >${folder}/qemu`,
        `printf 'mask ffffffffffffff00fffffffffffffffffeffffff\\n' >>${folder}/qemu`,
      ].join("; ");
    await host?.shell(`mount -t tmpfs tmpfs ${folder}; echo enabled >${folder}/status; ${show("disabled")}`);
    expect(await planned()).toBe(3);
    await host?.shell(show("enabled"));
    expect(await planned()).toBe(0);
    await host?.shell(`umount ${folder}; rm -r /opt/foreign`);
  });

  test("when a disk there is full", async () => {
    const host = fleet.hosts[1];
    await host?.shell(
      "mkdir -p /small; mount -t tmpfs -o mode=755,size=32k tmpfs /small; cp /usr/bin/false /small/tool 2>/dev/null || printf '#!/bin/sh\\n' >/small/tool; chmod 755 /small/tool; head -c 40000 /dev/zero >/small/filler 2>/dev/null || :",
    );
    const file = join(fleet.folder, "full.yaml");
    writeFileSync(file, JSON.stringify({ host: "h2", binary: "/small/tool", probe: [], keepName: "no" }));
    expect(await fleet.interpose(["apply", file, "--yes"])).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/No space left on device[\s\S]*Is the disk full/),
    });
    expect(await host?.shell("ls -A /small /var/lib/interpose 2>&1 || :")).not.toContain("real");
  });
});

describe.skipIf(!canFleet)("who runs the scripts", { timeout: 120_000 }, () => {
  test("is root where sudo asks for nothing, unless the user says otherwise", async () => {
    const states = ["/var/lib", "/home/oper/.local/state", "/home/careful/.local/state"];
    // A lock that is left, which `status` names.
    const lines = states.map(
      (state) => `mkdir -p ${state}/interpose; ln -s 1:1 ${state}/interpose/.lock.of-${state.split("/")[2]}`,
    );
    await fleet.hosts[0]?.shell(
      `${lines.join("\n")}; chown -R oper: /home/oper; chown -R careful: /home/careful`,
    );
    const whose = async (...words: string[]) =>
      /A run on of-(\w+)/.exec((await status(...(words as [string]))).stderr)?.[1];
    expect(await whose("h1")).toBe("lib");
    expect(await whose("oper-h1")).toBe("lib");
    expect(await whose("oper-h1", "--sudo", "always")).toBe("lib");
    expect(await whose("oper-h1", "--sudo", "never")).toBe("oper");
    expect(await whose("careful-h1")).toBe("careful");
    await fleet.hosts[0]?.shell(states.map((state) => `rm -r ${state}/interpose`).join("; "));
  });

  test("is root by a password that is asked for once and seen nowhere", async () => {
    const words = ["status", "--host", "careful-h1", "--sudo", "always"];
    const asked = await terminal(words, `${password}\r`);
    expect(asked.stdout).toContain("Password for sudo on careful-h1");
    expect(asked.stdout).toContain("Nothing is intercepted here.");
    expect(asked.stdout).not.toContain(password);
    expect(asked.status).toBe(0);
    const wrong = await terminal(words, "no horse\r");
    expect(wrong.stdout).toMatch(/Sudo on careful-h1 refuses: the password is wrong/);
    expect(wrong.status).toBe(3);
    // One typing error counts as one.
    expect(await fleet.hosts[0]?.shell("cat /run/sshd.log /var/log/* 2>/dev/null || :")).not.toContain(
      "3 incorrect",
    );
    const cancelled = await terminal(words, "\u0003");
    expect(cancelled.status).toBe(1);
    const seen = await fleet.hosts[0]?.shell(
      `grep -rsl '${password}' /run /var/log /home /root/.ssh /tmp || :`,
    );
    expect(seen).toBe("");
  });
});

describe.skipIf(!canFleet)("a login there", { timeout: 240_000 }, () => {
  /** Of a user whose shell is bash, which reads this file also for a command. */
  const withStartFile = async (text: string, ...words: string[]): Promise<Ran> => {
    await fleet.hosts[0]?.shell(
      `cat >/home/oper/.bashrc <<'END'\n${text}\nEND\nsed -i 's|^\\(oper:.*\\):/bin/sh$|\\1:/bin/bash|' /etc/passwd`,
    );
    try {
      return await status("oper-h1", ...words);
    } finally {
      await fleet.hosts[0]?.shell("rm /home/oper/.bashrc");
    }
  };

  test.each([["auto"], ["always"]])("may print what it likes, with sudo %s", async (sudo) => {
    for (const text of ["echo Welcome", "printf Welcome", "echo a warning >&2", "sleep 30 &"])
      expect(await withStartFile(text, "--sudo", sudo), text).toEqual(nothing);
  });

  test("that is in the way is told", async () => {
    const ran = await withStartFile("read line");
    expect(ran).toMatchObject({ status: 3, stderr: expect.stringContaining("its shell doesn't answer") });
  });
});

test.skipIf(!canFleet)(
  "who follows a log there ends it as here, by Ctrl-C",
  { timeout: 60_000 },
  async () => {
    const record =
      '{"v":1,"time":1795529260.234915,"wrapper":"polite","pid":1,"ppid":1,"uid":0,"caller":{"comm":"sh"},"cwd":"/","argv":["before"],"argc":1,"execArgv":["before"],"route":"a","facts":{},"errors":[],"preflightUs":1}';
    const folder = "/tmp/interpose-0";
    await fleet.hosts[0]?.shell(
      `mkdir -m 700 ${folder}; echo '${record}' >${folder}/polite.log; chmod 600 ${folder}/polite.log`,
    );
    const command = [process.execPath, inject("interpose"), "logs", "polite", "--host", "h1", "--follow"];
    const quoted = command.map((word) => `'${word}'`).join(" ");
    const ran = await fleet.run(["script", "-qec", `exec ${quoted}`, "/dev/null"], {
      input: null,
      onStart: (child) => {
        child.stdout?.once("data", () => child.stdin?.write("\u0003"));
      },
    });
    expect(ran.stdout).toContain("before");
    expect(ran.stdout).not.toContain("problem");
    expect(ran.status).toBe(0);
    await fleet.hosts[0]?.shell(`rm -r ${folder}`);
  },
);

// ---

/** Runs the tool at a terminal of its own, where that is typed once the prompt is there. */
async function terminal(words: string[], typed: string): Promise<Ran> {
  const command = [process.execPath, inject("interpose"), ...words].map((word) => `'${word}'`).join(" ");
  return fleet.run(["script", "-qec", `stty cols 120 rows 40; exec ${command}`, "/dev/null"], {
    onStart: (child) => {
      let text = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (!/Password for sudo/.test(text)) return;
        child.stdin?.end(typed);
        text = "";
      });
    },
    input: null,
  });
}

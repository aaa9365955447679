/**
 * What another user owns: nothing is changed there by root, who goes by names that they could swap, and what they could
 * change is run with their rights, never with root's.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, inject, test } from "vitest";
import { canOverlay, type OverlayHost, overlayHost } from "../support/overlay-host.ts";

const options = { timeout: 400_000 };
const file = "/root/small.yaml";

test.runIf(process.env.CI)("a machine of one's own can be made", () => {
  expect(canOverlay).toBe(true);
});

/** A machine with the users ann and bob, and a secret of root's; the binary is /opt/ours/tool. */
async function machine(): Promise<OverlayHost> {
  const host = await overlayHost();
  await host.shell(`useradd --create-home ann; useradd --create-home bob; chmod 0755 /home/ann /home/bob
mkdir -p /opt/ours; printf 'first\\nof-root-alone\\n' >/root/secret; chmod 0600 /root/secret`);
  return host;
}

const policy = (host: OverlayHost, more: string, binary = "/opt/ours/tool") =>
  host.shell(`cat >${file} <<'END'
name: small
binary: ${binary}
routes: [{ name: pass }]
${more}
END`);

const secret = (host: OverlayHost) => host.shell("stat -c '%a %U' /root/secret; cat /root/secret");

/** Somebody who runs lines of perl in a loop, until it is ended. */
async function attack(host: OverlayHost, lines: string): Promise<() => Promise<void>> {
  const loop = `$| = 1; print "at it\\n"; alarm 380; while (1) { ${lines} }`;
  const [program = "", ...words] = host.enter([
    "nice",
    "-n",
    "-15",
    "setpriv",
    "--reuid=ann",
    "--regid=ann",
    "--clear-groups",
  ]);
  const child = spawn(program, [...words, "perl", "-e", loop], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
}

test.skipIf(!canOverlay)(
  "a folder that is another's has nothing changed in it by root",
  options,
  async () => {
    const host = await machine();
    await host.shell("printf '#!/bin/sh\\necho tool\\n' >/opt/ours/tool; chmod 0755 /opt/ours/tool");
    await policy(host, "probe: []\nkeepName: no\naccept: [other-owner, group-writable]");
    const exported = "/root/small.sh";
    await host.shell(`${process.execPath} ${cli()} export sh ${file} >${exported}`);
    expect(await host.interpose("apply", file, "--yes")).toMatchObject({ status: 0 });
    const script = "/var/lib/interpose/small/repair.sh";
    const state = await host.shell(`cd /var/lib/interpose/small; sha256sum manifest.json repair.sh`);
    const before = await secret(host);
    const names = [
      "tool",
      "small",
      "tool-real",
      ".small.interpose-new",
      ".small.interpose-bridge",
      ".small.name",
    ];
    for (const given of ["chown ann /opt/ours", "chown ann /opt; chown ann /opt/ours"]) {
      // An upgrade took the wrapper out of the way, and then somebody got the folder.
      await host.shell(`cd /opt/ours; rm -f tool; printf '#!/bin/sh\\necho new\\n' >tool; chmod 0755 tool
chown -h ann tool; ${given}`);
      const end = await attack(
        host,
        names
          .filter((name) => name.startsWith("."))
          .map((name) => `unlink "/opt/ours/${name}"; symlink "/root/secret", "/opt/ours/${name}";`)
          .join(" "),
      );
      try {
        for (let round = 0; round < 2; round++) {
          for (const run of [
            `sh ${script} act`,
            `sh ${script} guard`,
            `sh ${exported} apply`,
            `sh ${exported} rollback`,
          ]) {
            const { status, stdout, stderr } = await host.run(run);
            expect(await secret(host), `${run}: ${stdout}${stderr}`).toBe(before);
            expect(status, run).not.toBe(0);
          }
        }
        for (const words of [
          ["repair", "small"],
          ["rollback", "small"],
          ["apply", file],
          ["guard", "install", "small", "--cron"],
        ]) {
          const { status, stderr } = await host.interpose(...words, "--yes");
          expect(await secret(host), words.join(" ")).toBe(before);
          expect(status, words.join(" ")).toBe(1);
          // An interception that is out of the way is named first.
          if (words[0] !== "apply")
            expect(stderr, words.join(" ")).toContain(" can be changed by ann, who could");
        }
      } finally {
        await end();
      }
      expect(await host.shell(`cd /var/lib/interpose/small; sha256sum manifest.json repair.sh`)).toBe(state);
      await host.shell("chown root /opt /opt/ours; rm -f /opt/ours/.small.*");
    }
    // What it says to do about it helps.
    await host.shell("chown -h root /opt/ours/tool");
    expect(await host.interpose("repair", "small", "--yes")).toMatchObject({ status: 0 });
    expect(await host.interpose("rollback", "small", "--yes")).toMatchObject({ status: 0 });
    expect(await host.shell("/opt/ours/tool; ls -A /opt/ours")).toBe("new\ntool\n");
  },
);

const bridge = "/home/ann/bin/.small.interpose-bridge";
/** What its owner does while the script's text is copied, so that calls which began before can read it. */
const swaps = {
  "where it is written": `unlink "${bridge}"; symlink "/root/secret", "${bridge}";`,
  "where it is read": `for (1 .. 2000) { last if -e "${bridge}" }
if (-e "${bridge}") {
symlink "/root/secret", "/home/ann/x"; rename "/home/ann/x", "/home/ann/bin/tool";
for (1 .. 2000) { if (open F, "<", "${bridge}") { local $/; if (<F> =~ /of-root/) { open O, ">", "/home/ann/caught" } } }
} else { link "/home/ann/kept", "/home/ann/x"; rename "/home/ann/x", "/home/ann/bin/tool"; unlink "/home/ann/x" }`,
};

test.skipIf(!canOverlay).each(Object.entries(swaps))(
  "a script of another's behind root's link leads to nothing of root's, %s",
  options,
  async (title, lines) => {
    const host = await machine();
    await host.shell(`mkdir /home/ann/bin; printf '#!/bin/sh\necho tool\n' >/home/ann/kept
chmod 0755 /home/ann/kept; ln /home/ann/kept /home/ann/bin/tool; chown -R ann: /home/ann; ln -s /home/ann/bin/tool /opt/ours/tool`);
    await policy(host, "probe: []\nkeepName: no\naccept: [other-owner]");
    const before = await secret(host);
    const end = await attack(host, lines);
    try {
      for (let round = 0; round < (title === "where it is read" ? 8 : 3); round++) {
        await host.interpose("apply", file, "--yes");
        expect(await secret(host)).toBe(before);
        await host.interpose("rollback", "small", "--yes");
        expect(await secret(host)).toBe(before);
      }
    } finally {
      await end();
    }
    expect(await host.shell("cat /home/ann/caught 2>/dev/null || echo nothing")).toBe("nothing\n");
  },
);

test.skipIf(!canOverlay)("and works as ever for one who is up to nothing", options, async () => {
  const host = await machine();
  await host.shell(`mkdir /home/ann/bin; printf '#!/bin/sh\necho tool\n' >/home/ann/bin/tool
chmod 0755 /home/ann/bin/tool; chown -R ann: /home/ann; ln -s /home/ann/bin/tool /opt/ours/tool`);
  await policy(host, "accept: [other-owner]");
  const left = "ls -A /opt/ours /home/ann/bin; readlink /opt/ours/tool";
  const before = await host.shell(left);
  expect(await host.interpose("apply", file, "--yes")).toMatchObject({ status: 0, stderr: "" });
  expect(await host.shell("/opt/ours/tool")).toBe("tool\n");
  expect(await host.interpose("rollback", "small", "--yes")).toMatchObject({ status: 0, stderr: "" });
  expect(await host.shell(left)).toBe(before);
});

/** Whoever runs it is written down, with what they know of who called. */
const planted = `#!/bin/sh
echo "$(id -u) $(id -G) \${SECRET-none}" >>/tmp/ran
echo planted
`;

/** Who has read the program may say how it is run. */
const asked = "accept: [other-owner]\nprobe: [--version]";

/** Ways in which a program can be another's. */
const kinds = {
  "behind a link": `ln -s /home/ann/tool /opt/ours/tool`,
  "in root's folder": `mv /home/ann/tool /opt/ours/tool`,
  "as an interpreter": `mv /home/ann/tool /home/ann/shell; sed -i 's/^echo planted/exec \\/bin\\/sh "$@"/' /home/ann/shell
printf '#!/home/ann/shell -e\\necho planted\\n' >/opt/ours/tool; chmod 0755 /opt/ours/tool`,
};

test.skipIf(!canOverlay).each(Object.entries(kinds))(
  "a program of another's is run as its owner, %s",
  options,
  async (_, lay) => {
    const host = await machine();
    await host.shell(`cat >/home/ann/tool <<'END'
${planted}END
chmod 0755 /home/ann/tool; chown ann: /home/ann/tool; : >/tmp/ran; chmod 0666 /tmp/ran
${lay}`);
    const ann = `${(await host.shell("id -u ann; id -g ann")).trim().replace("\n", " ")} none`;
    const ran = async () =>
      (await host.shell("cat /tmp/ran; : >/tmp/ran")).split("\n").filter((line) => line !== "");
    const runs = async (command: string) => {
      const { status, stdout, stderr } = await host.run(`export SECRET=of-root\n${command}`);
      expect(status, `${command}: ${stdout}${stderr}`).toBe(0);
      const by = await ran();
      expect([...new Set(by)], command).toEqual([ann]);
      return stdout;
    };
    const tool = `${process.execPath} ${cli()}`;
    // Nobody said that the program may be run.
    await host.shell(`${tool} init --binary /opt/ours/tool --yes --output /root/new.yaml`);
    expect(await ran()).toEqual([]);
    await policy(host, asked);
    await runs(`${tool} apply ${file} --yes`);
    expect(await runs(`${tool} verify ${file}`)).toContain("run as ann");
    // What a guard's unit runs, once an upgrade took the wrapper out of the way.
    const upgrade = "cd /opt/ours; cp -dp tool-real new; chown -h --reference=tool-real new; mv -T new tool";
    await host.shell(upgrade);
    await runs("sh /var/lib/interpose/small/repair.sh guard");
    await host.shell(upgrade);
    await runs(`${tool} repair small --yes`);
    expect(await host.interpose("rollback", "small", "--yes")).toMatchObject({ status: 0 });
    expect(await ran()).toEqual([]);
    await host.shell(`${tool} export sh ${file} >/root/small.sh`);
    await runs("sh /root/small.sh apply");
    await runs("sh /root/small.sh verify");
    await host.shell("sh /root/small.sh rollback");
    expect(await ran()).toEqual([]);
    expect(await host.shell("ls -A /opt/ours; /opt/ours/tool")).toBe("tool\nplanted\n");
  },
);

test.skipIf(!canOverlay).each([
  ["setpriv", "true"],
  ["chroot", "rm -f /usr/bin/setpriv"],
  ["su", "rm -f /usr/bin/setpriv /usr/sbin/chroot"],
])("what becomes of it is done by %s", options, async (_, without) => {
  const host = await machine();
  await host.shell(`cat >/home/ann/tool <<'END'
${planted}END
chmod 0755 /home/ann/tool; chown ann: /home/ann/tool; : >/tmp/ran; chmod 0666 /tmp/ran
ln -s /home/ann/tool /opt/ours/tool; ${without}`);
  await policy(host, asked);
  const { status, stdout, stderr } = await host.interpose("apply", file, "--yes");
  expect(status, stdout + stderr).toBe(0);
  const uids = await host.shell("cut -d' ' -f1 /tmp/ran | sort -u; id -u ann");
  expect(uids).toMatch(/^(\d+)\n\1\n$/);
});

test.skipIf(!canOverlay)("a program that nobody can be for is not run", options, async () => {
  const host = await machine();
  await host.shell(`cat >/home/ann/tool <<'END'
${planted}END
chmod 0755 /home/ann/tool; chown ann: /home/ann/tool; : >/tmp/ran; chmod 0666 /tmp/ran
ln -s /home/ann/tool /opt/ours/tool`);
  await policy(host, asked);
  expect(await host.interpose("apply", file, "--yes")).toMatchObject({ status: 0 });
  await host.shell(": >/tmp/ran; chown bob /home/ann");
  for (const words of [
    ["verify", file],
    ["repair", "small", "--yes"],
  ]) {
    await host.shell(
      "cd /opt/ours; rm tool; cp -dp tool-real tool".repeat(Number(words[0] === "repair")) || "true",
    );
    const { status, stdout, stderr } = await host.interpose(...words);
    expect(status).toBe(1);
    expect(stdout + stderr).toContain("/home/ann can be changed by bob");
  }
  expect(await host.shell("cat /tmp/ran")).toBe("");
});

test.skipIf(!canOverlay)("a wrapper that another can swap is not tried by doctor", options, async () => {
  const host = await machine();
  await host.shell("cp /bin/true /opt/ours/tool");
  await policy(host, "probe: []");
  expect(await host.interpose("apply", file, "--yes")).toMatchObject({ status: 0 });
  await host.shell(`cp -p /opt/ours/small /home/ann/kept; cat >/home/ann/planted <<'END'
${planted}END
chmod 0755 /home/ann/planted; : >/tmp/ran; chmod 0666 /tmp/ran; cp -a /home/ann /opt/ann
chown -R ann: /opt/ours /opt/ann; mv /opt/ann /opt/ours/ann`);
  const name = "/opt/ours/ann/x";
  const end = await attack(
    host,
    ["planted", "kept"]
      .map(
        (kind) =>
          `link "/opt/ours/ann/${kind}", "${name}"; rename "${name}", "/opt/ours/small"; unlink "${name}";`,
      )
      .join(" "),
  );
  try {
    for (let round = 0; round < 8; round++) await host.interpose("doctor", "small");
  } finally {
    await end();
  }
  expect(await host.shell("cat /tmp/ran")).toBe("");
});

test.skipIf(!canOverlay)("a folder of a group that somebody is in can't be accepted", options, async () => {
  const host = await machine();
  await host.shell("cp /bin/true /opt/ours/tool; groupadd team; chgrp team /opt/ours; chmod g+w /opt/ours");
  await policy(host, "accept: [group-writable]");
  expect(await host.interpose("plan", file)).toMatchObject({ status: 0 });
  await host.shell("gpasswd -a ann team");
  const { status, stderr } = await host.interpose("apply", file, "--yes");
  expect(status).toBe(1);
  expect(stderr).toContain("/opt/ours can be changed by the group team, in which are: ann.");
  await host.shell(`gpasswd -d ann team`);
  expect(await host.interpose("apply", file, "--yes")).toMatchObject({ status: 0 });
  await host.shell("usermod -g team ann");
  expect((await host.interpose("rollback", "small", "--yes")).stderr).toContain("can be changed by ann");
});

const cli = () => inject("interpose");

/** An access list of POSIX's lets others write where the mode shows a group's right at most. */
import { expect, inject, test } from "vitest";
import { canOverlay, type OverlayHost, overlayHost } from "../support/overlay-host.ts";

const options = { timeout: 120_000 };
const cli = () => `${process.execPath} ${inject("interpose")}`;

/** A machine with the users ann and bob, each with a group of their own, and a program of root's and one of bob's. */
async function machine(): Promise<OverlayHost> {
  const host = await overlayHost();
  await host.shell(`useradd --create-home --user-group ann; useradd --create-home --user-group bob; groupadd team
mkdir -p /opt/ours /home/bob/bin; cp /bin/true /opt/ours/tool; cp /bin/true /home/bob/bin/tool; chown -R bob: /home/bob
chmod 0755 /home/bob /home/bob/bin
printf 'name: small\\nbinary: /opt/ours/tool\\nroutes: [{ name: pass }]\\naccept: [group-writable, other-owner]\\n' >/tmp/root.yaml
printf 'name: small\\nbinary: /home/bob/bin/tool\\nroutes: [{ name: pass }]\\naccept: [group-writable, other-owner]\\n' >/tmp/bob.yaml
chmod 0644 /tmp/*.yaml; ${cli()} export sh /tmp/root.yaml >/tmp/root.sh`);
  return host;
}

/** What can be changed, by whom, as the tool and as the exported script have it. */
async function told(host: OverlayHost): Promise<string[]> {
  const said = await Promise.all([
    host.run(`${cli()} plan /tmp/root.yaml`),
    host.run("sh /tmp/root.sh apply --check"),
    host.run(`setpriv --reuid=bob --regid=bob --init-groups env HOME=/home/bob ${cli()} plan /tmp/bob.yaml`),
  ]);
  return said.map(({ stdout, stderr }) => /(\S+ can be changed by [^:,]+)/.exec(stdout + stderr)?.[1] ?? "");
}

const [ours, bobs] = ["/opt/ours", "/home/bob/bin"];
const by = (whom: string) => [ours, ours, bobs].map((path) => `${path} can be changed by ${whom}`);

test.skipIf(!canOverlay).each([
  ["getfacl", "true", "the user ann", "the group team"],
  ["getfattr", "rm /usr/bin/getfacl", "the user ann", "the group team"],
  [
    "ls",
    "rm /usr/bin/getfacl /usr/bin/getfattr",
    ...Array(2).fill("somebody whom its access list names (getfacl"),
  ],
])("is found by %s", options, async (_, without, user, group) => {
  const host = await machine();
  expect(await told(host)).toEqual(["", "", ""]);
  await host.shell(`cp -a /usr/bin/setfacl /tmp; ${without}`);
  const lists: [string, string[]][] = [
    ["u:ann:rwx", by(user)],
    ["g:team:rwx", by(group)],
    // The mask takes that right away again.
    ["u:ann:rwx,m::r-x", ["", "", ""]],
    ["u:ann:r-x", ["", "", ""]],
  ];
  for (const [list, expected] of lists) {
    await host.shell(`/tmp/setfacl -b -m ${list} ${ours} ${bobs}`);
    expect(await told(host), list).toEqual(expected);
  }
  if (without === "true") {
    // A right to read alone, beside a group that may write.
    await host.shell(`/tmp/setfacl -b -m u:ann:r-x,g::rwx,m::rwx ${ours} ${bobs}`);
    expect(await told(host)).toEqual(["", "", ""]);
  }
});

test.skipIf(!canOverlay)(
  "keeps a repair, and a state that it lets others write, from root",
  options,
  async () => {
    const host = await machine();
    expect(await host.interpose("apply", "/tmp/root.yaml", "--yes")).toMatchObject({ status: 0 });
    await host.shell("cp --remove-destination /bin/false /opt/ours/tool; setfacl -m u:ann:rwx /opt/ours");
    const { stdout, status } = await host.run("sh /var/lib/interpose/small/repair.sh guard");
    expect(status).toBe(1);
    expect(stdout).toContain("/opt/ours can be changed by the user ann");
    await host.shell("setfacl -b /opt/ours; setfacl -m u:ann:rwx /var/lib/interpose/small/manifest.json");
    const { stderr } = await host.interpose("rollback", "small", "--yes");
    expect(stderr).toContain("or its manifest belongs to somebody else, or can be changed by others");
    await host.shell("setfacl -b /var/lib/interpose/small/manifest.json");
    expect(await host.interpose("rollback", "small", "--yes")).toMatchObject({ status: 0 });
  },
);

/** Upgrades by real package managers, on a host of the test's own: nothing newer is lost or hidden, no call fails. */
import { describe, expect, test } from "vitest";
import { canOverlay, type OverlayHost, overlayHost } from "../support/overlay-host.ts";

const policy = (binary: string): string =>
  `printf '%s\\n' 'name: small' 'binary: ${binary}' 'routes: [{ name: pass }]' 'always: { append: [--seen] }' >/tmp/small.yaml`;

async function tool(host: OverlayHost, ...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await host.interpose(...words);
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

async function stateOf(host: OverlayHost): Promise<[string, string[]]> {
  const [found] = JSON.parse((await host.interpose("status", "--json")).stdout) as {
    state: string;
    findings: { code: string }[];
  }[];
  return [found?.state ?? "none", (found?.findings ?? []).map(({ code }) => code)];
}

/** Builds a package that has a program which tells its version. */
const build = (version: string, path = "/usr/bin/speaker"): string => `
mkdir -p /tmp/p${version}/DEBIAN "/tmp/p${version}$(dirname ${path})"
printf '%s\\n' 'Package: speaker' 'Version: ${version}' 'Architecture: all' 'Maintainer: a <a@example.org>' 'Description: speaks' >/tmp/p${version}/DEBIAN/control
printf '#!/bin/sh\\nif [ "$1" = --version ]; then echo fixed; else echo ${version} "$@"; fi\\n' >/tmp/p${version}${path}
chmod 755 /tmp/p${version}${path}
dpkg-deb --root-owner-group -b /tmp/p${version} /tmp/speaker-${version}.deb >/dev/null`;

describe.skipIf(!canOverlay)("dpkg", { timeout: 240_000 }, () => {
  const intercepted = async (path = "/usr/bin/speaker") => {
    const host = await overlayHost();
    await host.shell(["1.0", "2.0", "3.0"].map((version) => build(version, path)).join("\n"));
    await host.shell("dpkg -i /tmp/speaker-2.0.deb; mkdir /tmp/before; ls -A /usr/bin >/tmp/before/bin");
    await host.shell(policy("/usr/bin/speaker"));
    await tool(host, "apply", "/tmp/small.yaml", "--yes");
    expect(await host.shell("dpkg-divert --list '*speaker*'")).toContain(`${path}-real`);
    return host;
  };
  const says = async (host: OverlayHost, version: string) =>
    expect(await host.shell("speaker a")).toBe(`${version} a --seen\n`);

  test("upgrades, downgrades and reinstalls behind the wrapper; rollback ends the diversion", async () => {
    const host = await intercepted();
    // A caller in a loop meanwhile.
    await host.shell(
      "touch /tmp/go; (while [ -e /tmp/go ]; do speaker a >>/tmp/said 2>&1 || echo failed >>/tmp/said; done) >/dev/null 2>&1 &",
    );
    for (const version of ["3.0", "1.0", "1.0", "2.0", "3.0"]) {
      await host.shell(`dpkg -i /tmp/speaker-${version}.deb`);
      await says(host, version);
      expect(await stateOf(host)).toEqual(["intact", ["real-upgraded"]]);
    }
    await host.shell("rm /tmp/go; sleep 1");
    expect(await host.shell("grep -v ' a --seen$' /tmp/said || true")).toBe("");
    await tool(host, "repair", "small", "--yes");
    expect(await stateOf(host)).toEqual(["intact", []]);
    await tool(host, "rollback", "small", "--yes");
    expect(await host.shell("dpkg-divert --list '*speaker*'; ls -A /usr/bin | diff /tmp/before/bin -")).toBe(
      "",
    );
    expect(
      await host.shell("speaker a; dpkg --verify speaker; test -e /var/lib/interpose || echo gone"),
    ).toBe("3.0 a\ngone\n");
    await host.shell("dpkg -i /tmp/speaker-1.0.deb");
    expect(await host.shell("speaker a")).toBe("1.0 a\n");
  });

  test.each(["--remove", "--purge"])("%s takes the real binary away; rollback the rest", async (how) => {
    const host = await intercepted();
    await host.shell(`dpkg ${how} speaker`);
    expect(await stateOf(host)).toEqual(["broken", ["real-removed"]]);
    const { status, stderr } = await host.interpose("repair", "small", "--yes");
    expect(stderr).toContain("The package that /usr/bin/speaker was from is gone");
    expect(status).toBe(1);
    expect((await host.interpose("rollback", "small", "--yes")).status).toBe(0);
    expect(
      await host.shell("dpkg-divert --list '*speaker*'; ls -A /usr/bin | diff /tmp/before/bin - || true"),
    ).toMatch(/^\d+d\d+\n< speaker\n$/);
  });

  test("installed again after a removal goes on through the wrapper", async () => {
    const host = await intercepted();
    await host.shell("dpkg --remove speaker; dpkg -i /tmp/speaker-3.0.deb");
    await says(host, "3.0");
    expect(await stateOf(host)).toEqual(["intact", ["real-upgraded"]]);
  });

  test("has the path without /usr, which is the same", async () => {
    const host = await intercepted("/bin/speaker");
    await host.shell("dpkg -i /tmp/speaker-3.0.deb");
    await says(host, "3.0");
    await tool(host, "rollback", "small", "--yes");
    expect(await host.shell("speaker a; dpkg-divert --list '*speaker*'")).toBe("3.0 a\n");
  });

  test("'s diversions of others are refused, with whose they are", async () => {
    const host = await overlayHost();
    await host.shell(`${build("1.0")}\ndpkg -i /tmp/speaker-1.0.deb\n${policy("/usr/bin/speaker")}`);
    for (const [option, whose] of [
      ["--local", "an administrator"],
      ["--package other", "the package other"],
    ]) {
      await host.shell(
        `dpkg-divert ${option} --no-rename --divert /usr/bin/speaker.old --add /usr/bin/speaker`,
      );
      const { status, stderr } = await host.interpose("apply", "/tmp/small.yaml", "--yes");
      expect(stderr).toContain(`/usr/bin/speaker is diverted to /usr/bin/speaker.old by ${whose}`);
      expect(status).toBe(1);
      await host.shell("dpkg-divert --no-rename --remove /usr/bin/speaker");
    }
  });

  test("'s diversion that somebody ended is registered again by a repair", async () => {
    const host = await intercepted();
    await host.shell("dpkg-divert --local --no-rename --remove /usr/bin/speaker");
    expect(await stateOf(host)).toEqual(["broken", ["diversion-lost"]]);
    await tool(host, "repair", "small", "--yes");
    await host.shell("dpkg -i /tmp/speaker-3.0.deb");
    await says(host, "3.0");
  });

  test("without a diversion replaces our link: that is the naive way, and repair mends it", async () => {
    const host = await intercepted();
    await host.shell(
      "dpkg-divert --local --no-rename --remove /usr/bin/speaker; dpkg -i /tmp/speaker-3.0.deb",
    );
    expect(await host.shell("speaker a")).toBe("3.0 a\n");
    expect((await stateOf(host))[1]).toContain("binary-overwritten");
    await tool(host, "repair", "small", "--yes");
    await says(host, "3.0");
    expect(await stateOf(host)).toEqual(["intact", ["old-kept"]]);
  });

  test("a failed gate takes the diversion back too", async () => {
    const host = await overlayHost();
    await host.shell(`${build("1.0")}\ndpkg -i /tmp/speaker-1.0.deb\n${policy("/usr/bin/speaker")}`);
    await host.shell(
      "printf 'name: small\\nbinary: /usr/bin/speaker\\nkeepName: no\\nprobe: [a]\\n' >/tmp/small.yaml",
    );
    await host.shell(`printf '#!/bin/sh\\necho "$0"\\n' >/usr/bin/speaker`);
    expect((await host.interpose("apply", "/tmp/small.yaml", "--yes")).status).toBe(1);
    expect(await host.shell("dpkg-divert --list '*speaker*'; ls /usr/bin | grep speaker")).toBe("speaker\n");
  });

  test("reinstalls a package of Debian's with apt-get", async () => {
    const host = await overlayHost();
    await host.shell(
      "apt-get install -qq hello >/dev/null 2>&1 || { apt-get update -qq; apt-get install -qq hello >/dev/null; }",
    );
    await host.shell(
      policy("/usr/bin/hello").replace("append: [--seen]", 'append: [--greeting, "from the policy"]'),
    );
    await tool(host, "apply", "/tmp/small.yaml", "--yes");
    expect(await host.shell("hello")).toBe("from the policy\n");
    await host.shell("apt-get install -qq --reinstall hello >/dev/null");
    expect(await host.shell("hello")).toBe("from the policy\n");
    expect(await stateOf(host)).toEqual(["intact", ["real-upgraded"]]);
    await tool(host, "rollback", "small", "--yes");
    expect(await host.shell("hello; dpkg --verify hello")).toBe("Hello, world!\n");
  });
});

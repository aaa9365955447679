/** Upgrades by a real rpm, on a host of the test's own: it has no diversions, so repair mends what it did. */
import { describe, expect, test } from "vitest";
import { canOverlay, overlayHost } from "../support/overlay-host.ts";

/** A package with one program that tells its version. */
const build = (version: string): string => `
mkdir -p /tmp/build
cat >/tmp/build/speaker.spec <<'END'
Name: speaker
Version: ${version}
Release: 1
Summary: speaks
License: MIT
BuildArch: noarch
%description
speaks
%install
mkdir -p %{buildroot}/opt/speaker
printf '#!/bin/sh\\necho ${version} "$@"\\n' >%{buildroot}/opt/speaker/speaker
chmod 755 %{buildroot}/opt/speaker/speaker
%files
/opt/speaker/speaker
END
rpmbuild --quiet -bb --define '_topdir /tmp/build' /tmp/build/speaker.spec
mv /tmp/build/RPMS/noarch/speaker-${version}-1.noarch.rpm /tmp/speaker-${version}.rpm`;

const speaker = "/opt/speaker/speaker";
const policy = ["name: small", `binary: ${speaker}`, "probe: []", "always: { append: [--seen] }"]
  .map((line) => `'${line}'`)
  .join(" ");

describe.skipIf(!canOverlay)("rpm", { timeout: 240_000 }, () => {
  test("names the owner; an upgrade overwrites the path, and repair puts the wrapper in front of the new file", async () => {
    const host = await overlayHost();
    await host.shell(
      "apt-get install -qq rpm >/dev/null 2>&1 || { apt-get update -qq; apt-get install -qq rpm >/dev/null; }",
    );
    await host.shell(`rpm --initdb\n${["1.0", "2.0", "3.0"].map(build).join("\n")}`);
    await host.shell(`rpm -i --nodeps /tmp/speaker-1.0.rpm; printf '%s\\n' ${policy} >/tmp/small.yaml`);
    const status = async () => {
      const ran = await host.interpose("status", "--json");
      const [found] = JSON.parse(ran.stdout) as { state: string; findings: { code: string }[] }[];
      return [ran.status, found?.state, (found?.findings ?? []).map(({ code }) => code)];
    };

    const init = await host.interpose("init", "--binary", speaker, "--yes", "--output", "/tmp/new.yaml");
    expect(init.stdout).toMatch(/package +speaker/);
    const plan = await host.interpose("plan", "/tmp/small.yaml");
    expect(plan.stdout).toContain(`${speaker} is from the package speaker.`);
    expect(plan.stdout).toContain("rpm has no diversions: interpose repair small puts it back");
    const applied = await host.interpose("apply", "/tmp/small.yaml", "--yes");
    expect(applied.status, applied.stderr).toBe(0);
    expect(await host.shell(`${speaker} a`)).toBe("1.0 a --seen\n");

    for (const [version, ...kept] of [["2.0"], ["3.0", "old-kept"]]) {
      await host.shell(`rpm -U --nodeps /tmp/speaker-${version}.rpm`);
      expect(await host.shell(`${speaker} a`)).toBe(`${version} a\n`);
      expect(await status()).toEqual([1, "overwritten", ["binary-overwritten", ...kept]]);
      const repaired = await host.interpose("repair", "small", "--yes");
      expect(repaired.status, repaired.stderr).toBe(0);
      expect(await host.shell(`${speaker} a`)).toBe(`${version} a --seen\n`);
    }
    expect(await status()).toEqual([0, "intact", ["old-kept", "old-kept"]]);
    expect((await host.interpose("rollback", "small", "--yes")).status).toBe(0);
    expect(await host.shell(`${speaker} a; ls -A /opt/speaker; rpm --verify --nodeps speaker`)).toBe(
      "3.0 a\nspeaker\n",
    );

    await host.interpose("apply", "/tmp/small.yaml", "--yes");
    await host.shell("rpm -e --nodeps speaker");
    expect(await status()).toEqual([1, "broken", ["binary-removed"]]);
    expect((await host.interpose("rollback", "small", "--yes")).stderr).toContain(`rm ${speaker}`);
  });
});

/**
 * An interception that 0.1.0 put in place: fixtures/0.1.0 holds what it wrote, to the byte. The only change is which
 * file the real binary is, since an inode is the machine's own.
 */
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { canOverlay, type OverlayHost, overlayHost } from "../support/overlay-host.ts";
import { done, passing, place } from "../support/place.ts";

const fixture = join(import.meta.dirname, "../fixtures/0.1.0");

/** Puts it where 0.1.0 had it. */
async function lay(host: OverlayHost): Promise<void> {
  await host.shell("mkdir -p /opt/old/bin/.old.name /var/lib/interpose/old");
  for (const file of ["manifest.json", "journal", "paths", "repair.sh"])
    cpSync(join(fixture, file), host.inside(`/var/lib/interpose/old/${file}`));
  cpSync(join(fixture, "wrapper"), host.inside("/opt/old/bin/old"));
  cpSync(join(fixture, "old.yaml"), host.inside("/opt/old/old.yaml"));
  await host.shell(`
    cd /opt/old/bin
    chmod 755 old
    cp "$(command -v busybox)" seq-real
    ln -s /opt/old/bin/old seq
    ln -s /opt/old/bin/seq-real .old.name/seq
    state=/var/lib/interpose/old/manifest.json
    set -- $(stat -c '%d %i %s %Y' seq-real)
    sed -i "s/\\"device\\": [0-9]*/\\"device\\": $1/; s/\\"inode\\": [0-9]*/\\"inode\\": $2/" $state
    sed -i "s/\\"size\\": [0-9]*/\\"size\\": $3/; s/\\"modified\\": [0-9]*/\\"modified\\": $4/" $state
    sed -i "s/\\"sha256\\": \\"[0-9a-f]*\\"/\\"sha256\\": \\"$(sha256sum <seq-real | cut -d' ' -f1)\\"/" $state
  `);
}

describe.runIf(canOverlay)("what 0.1.0 put in place", () => {
  test("is told by its release, works, and is renewed without a missed call", async () => {
    const host = await overlayHost();
    await lay(host);
    const seen = await host.interpose("status");
    expect(seen.stdout).toContain("a bash script, made by interpose 0.1.0 from /opt/old/old.yaml");
    expect(seen.stdout).toContain("interpose apply /opt/old/old.yaml renews it in one rename");
    expect(seen.status).toBe(0);
    expect(await host.shell("/opt/old/bin/seq 2")).toBe("1\n2\n");

    // Calls go on meanwhile.
    await host.shell(`
      cat >/opt/old/caller <<'END'
      while [ ! -e /opt/old/enough ]; do
        [ "$(/opt/old/bin/seq 2 --more 2>&1)" = "$(printf '2\\n3\\n4\\n5')" ] && echo ok || echo missed
      done >/opt/old/calls
END
      sh /opt/old/caller </dev/null >/dev/null 2>&1 &`);
    const applied = await host.interpose("apply", "/opt/old/old.yaml", "--yes");
    expect({ said: applied.stderr, status: applied.status }).toEqual({ said: "", status: 0 });
    await host.shell("sleep 1; touch /opt/old/enough; sleep 1");
    const calls = (await host.shell("sort /opt/old/calls | uniq -c")).trim();
    expect(calls).toMatch(/^\d+ ok$/);

    const renewed = await host.interpose("status", "--json");
    const [one] = JSON.parse(renewed.stdout);
    expect(one).toMatchObject({ state: "intact", runtime: "native", findings: [] });
    expect(await host.shell("head -c 4 /opt/old/bin/old | tr -d '\\177'")).toBe("ELF");
    const gone = await host.interpose("rollback", "old", "--yes");
    expect({ said: gone.stderr, status: gone.status }).toEqual({ said: "", status: 0 });
    expect(await host.shell("ls -A /opt/old/bin")).toBe("seq\n");
    expect(await host.shell("ls -A /var/lib/interpose/old 2>&1 || :")).toContain("No such file");
  });

  test("is taken away whole by this release", async () => {
    const host = await overlayHost();
    await lay(host);
    const before = await host.shell("stat -c '%i %a' /opt/old/bin/seq-real");
    const gone = await host.interpose("rollback", "old", "--yes");
    expect({ said: gone.stderr, status: gone.status }).toEqual({ said: "", status: 0 });
    expect(await host.shell("ls -A /opt/old/bin")).toBe("seq\n");
    expect(await host.shell("stat -c '%i %a' /opt/old/bin/seq")).toBe(before);
    expect(await host.shell("/opt/old/bin/seq 2")).toBe("1\n2\n");
  });

  test.each([
    ["where nothing else is wrong", ":"],
    [
      "once an upgrade took its place",
      "cp /opt/old/bin/seq-real /opt/old/new && mv /opt/old/new /opt/old/bin/seq",
    ],
  ])("is renewed by a repair, %s, and then also its guard's script is this release's", async (_, trouble) => {
    const host = await overlayHost();
    await lay(host);
    await host.shell(trouble);
    const repaired = await host.interpose("repair", "old", "--yes");
    expect({ said: repaired.stderr, status: repaired.status }).toEqual({ said: "", status: 0 });
    expect(repaired.stdout).toContain("Another release made old: it is renewed from /opt/old/old.yaml.");
    const [one] = JSON.parse((await host.interpose("status", "--json")).stdout);
    expect(one).toMatchObject({ state: "intact", runtime: "native" });
    expect(await host.shell("/opt/old/bin/seq 2 --more")).toBe("2\n3\n4\n5\n");
    await host.shell("sh /var/lib/interpose/old/repair.sh guard");
    expect(await host.shell("head -c 4 /opt/old/bin/old | tr -d '\\177'")).toBe("ELF");
  });

  test("is repaired by its own script where its file is gone, and status says so", async () => {
    const host = await overlayHost();
    await lay(host);
    await host.shell(
      "rm /opt/old/old.yaml; cp /opt/old/bin/seq-real /opt/old/new && mv /opt/old/new /opt/old/bin/seq",
    );
    const repaired = await host.interpose("repair", "old", "--yes");
    expect({ said: repaired.stderr, status: repaired.status }).toEqual({ said: "", status: 0 });
    expect(await host.shell("/opt/old/bin/seq 2 --more")).toBe("2\n3\n4\n5\n");
  });
});

test("a script and a program take each other's place under calls, none of which is missed", async () => {
  const at = await place();
  const text = (runtime: string) => `${passing}runtime: ${runtime}\n`;
  at.write(text("bash"));
  done(await at.apply());
  // They end with the test's folder, however that ends.
  await at.shell(`
    begun=$(date +%s)
    for caller in 1 2 3; do
      ( until [ -e enough ] || [ ! -e small.yaml ] || [ "$(($(date +%s) - begun))" -gt 400 ]; do
        [ "$(bin/tool a 2>&1)" = "$(printf 'tool\\na')" ] && echo ok || echo missed
      done >calls.$caller ) </dev/null >/dev/null 2>&1 &
    done`);
  for (let cycle = 0; cycle < (process.env.CI ? 8 : 3); cycle++)
    for (const runtime of ["native", "bash"]) {
      at.write(text(runtime));
      done(await at.apply());
    }
  await at.shell("touch enough; sleep 1");
  const counted = await at.shell("cat calls.* | sort | uniq -c; rm calls.* enough");
  expect(counted.trim()).toMatch(/^\d+ ok$/);
  done(await at.rollback());
  expect(readdirSync(join(at.folder, "bin"))).toEqual(["tool"]);
});

/** An interception of root's, seen by another user: whose it is, and that only root can change it. */
import { expect, inject, test } from "vitest";
import { canOverlay, overlayHost } from "../support/overlay-host.ts";

const file = "/opt/ours/small.yaml";

test.runIf(canOverlay)(
  "another user is told whose it is, and nothing that isn't so",
  { timeout: 200_000 },
  async () => {
    const host = await overlayHost();
    await host.shell(`useradd --create-home ann; mkdir -p /opt/ours; printf '#!/bin/sh\\necho tool\\n' >/opt/ours/tool
chmod 0755 /opt/ours/tool; printf 'name: small\\nbinary: /opt/ours/tool\\nprobe: []\\n' >${file}`);
    expect(await host.interpose("apply", file, "--yes")).toMatchObject({ status: 0 });
    const left = "ls -lA --time-style=full-iso /opt/ours; ls -A /var/lib/interpose";
    const before = await host.shell(left);
    const asAnn = (words: string) =>
      host.run(
        `setpriv --reuid=ann --regid=ann --clear-groups env HOME=/home/ann ${process.execPath} ${inject("interpose")} ${words}`,
      );

    const seen = await asAnn("status");
    expect(seen).toMatchObject({ status: 0, stderr: "" });
    expect(seen.stdout).toContain("small  root's");
    expect(seen.stdout).toContain("/opt/ours/tool -> /opt/ours/small");
    for (const words of [
      `apply ${file} --yes`,
      `plan ${file}`,
      "status small",
      "repair small --yes",
      "rollback small --yes",
      "doctor small",
    ]) {
      const { status, stdout, stderr } = await asAnn(words);
      expect(status, words).toBe(1);
      expect(stdout + stderr, words).toContain(
        "/opt/ours/tool belongs to the interception small, which root has put in place.",
      );
      expect(stdout + stderr, words).toContain("run this as root");
      expect(stdout + stderr, words).not.toMatch(/by hand|lost|not intercepted|adopt/);
    }
    expect(await host.shell(left)).toBe(before);
    expect(await host.interpose("status", "small")).toMatchObject({ status: 0 });
  },
);

/** Modes, owners and capabilities that changed: what every command says of them, and what its advice makes of them. */
import { describe, expect, test } from "vitest";
import { type Account, account } from "../support/account.ts";
import { canOverlay } from "../support/overlay-host.ts";

const binary = "/opt/bin/tool";

async function intercepted(): Promise<Account> {
  const host = await account(
    `binary: ${binary}`,
    "routes: [{ name: pass }]",
    "always: { append: [--seen] }",
    "probe: []",
    "accept: [other-owner]",
  );
  await host.shell(
    [
      "mkdir -p /opt/bin; cp /usr/bin/printenv /opt/bin/tool",
      // Of which a first link makes another file.
      "cp /opt/bin/tool /opt/bin/tool.new; mv /opt/bin/tool.new /opt/bin/tool; chmod 755 /opt/bin /opt/bin/tool",
    ].join("\n"),
  );
  await host.tool("apply", "/opt/small.yaml", "--yes");
  await host.healthy();
  return host;
}

const rights =
  "stat -c '%a %u:%g' /opt/bin/tool-real; getcap /opt/bin/tool-real; stat -c '%a %u:%g' /opt/bin/small; getcap /opt/bin/small";

describe.skipIf(!canOverlay)("done to the binary by its path", { timeout: 600_000 }, () => {
  test.each([
    ["chmod a-x", "wrapper-mode", "755 0:0\n755 0:0\n"],
    ["chmod 666", "wrapper-mode", "755 0:0\n755 0:0\n"],
    ["chmod 700", "wrapper-mode", "700 0:0\n755 0:0\n"],
    ["chmod 4755", "wrapper-rights", "4755 0:0\n755 0:0\n"],
    ["chgrp nogroup TOOL; chmod 2750", "wrapper-rights", "2750 0:65534\n755 0:0\n"],
    ["chown nobody:nogroup", "wrapper-rights", "755 65534:65534\n755 0:0\n"],
    ["setcap cap_net_raw+ep", "wrapper-rights", "755 0:0\n/opt/bin/tool-real cap_net_raw=ep\n755 0:0\n"],
  ])("%s is told, and given to the real binary", async (change, code, after) => {
    const host = await intercepted();
    await host.shell(
      `${change.replace("TOOL", binary)} ${change.startsWith("setcap") ? "/opt/bin/small" : binary}`,
    );
    expect(await host.told()).toEqual({
      ...{ state: "broken", status: [code], doctor: [code], plan: [code] },
      ...{ repair: "wrapper-rights", repairs: true },
    });
    expect((await host.interpose("apply", "/opt/small.yaml", "--yes")).status).toBe(1);
    expect(await host.follow()).toEqual(["interpose repair small --yes"]);
    expect(await host.shell(rights)).toBe(after);
    await host.healthy();
  });

  test("the guard does the same", async () => {
    const host = await intercepted();
    await host.shell(`chmod 4711 ${binary}`);
    await host.shell("sh /var/lib/interpose/small/repair.sh guard");
    expect(await host.shell(rights)).toBe("4711 0:0\n755 0:0\n");
    await host.healthy();
  });
});

describe.skipIf(!canOverlay)("the real binary", { timeout: 600_000 }, () => {
  test("that can't be run is told by all, and left to a person", async () => {
    const host = await intercepted();
    await host.shell("chmod a-x /opt/bin/tool-real");
    expect(await host.told()).toEqual({
      ...{ state: "broken", status: ["real-mode"], doctor: ["real-mode"], plan: ["real-mode"] },
      ...{ repair: "real-mode", repairs: false },
    });
    const { status, stderr } = await host.interpose("repair", "small", "--yes");
    expect(stderr).toContain("/opt/bin/tool-real is not executable");
    expect(status).toBe(1);
    await host.follow();
    await host.healthy();
  });
});

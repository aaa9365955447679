/** Programs of Debian's packages: what every command says of them, before and after what packages do. */
import { describe, expect, test } from "vitest";
import { type Account, account } from "../support/account.ts";
import { canOverlay } from "../support/overlay-host.ts";
import { type PackageOptions, packageLines } from "../support/package.ts";

async function intercepted(...packages: PackageOptions[]): Promise<Account> {
  const host = await account(
    "binary: /usr/bin/speaker",
    "routes: [{ name: pass }]",
    "always: { append: [--seen] }",
  );
  await host.shell(packages.map(packageLines).join("\n"));
  await host.shell(`dpkg -i /opt/speaker-${packages[0]?.version}.deb`);
  await host.tool("apply", "/opt/small.yaml", "--yes");
  return host;
}

describe.skipIf(!canOverlay)("a Debian package's program", { timeout: 600_000 }, () => {
  test("is well when it was just intercepted, and after an upgrade", async () => {
    const host = await intercepted({ version: "1" }, { version: "2" });
    await host.healthy();
    await host.shell("dpkg -i /opt/speaker-2.deb");
    expect(await host.told()).toMatchObject({ state: "intact", status: [], doctor: [] });
    expect(await host.shell("speaker a")).toBe("2 a --seen\n");
    await host.tool("repair", "small", "--yes");
    await host.healthy();
  });

  test("whose diversion somebody ended gets it back by the advice", async () => {
    const host = await intercepted({ version: "1" }, { version: "2" });
    await host.shell("dpkg-divert --local --no-rename --remove /usr/bin/speaker");
    expect(await host.told()).toMatchObject({
      ...{ state: "broken", status: ["diversion-lost"], doctor: ["diversion-lost"] },
      ...{ repair: "diversion-lost", repairs: true },
    });
    await host.follow();
    await host.healthy();
    await host.shell("dpkg -i /opt/speaker-2.deb");
    expect(await host.shell("speaker a")).toBe("2 a --seen\n");
  });
});

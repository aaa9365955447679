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

  test("whose new package gives it rights by its path gets them, and the wrapper loses them", async () => {
    const host = await intercepted(
      { version: "1" },
      { version: "2", postinst: "chgrp mail /usr/bin/speaker; chmod 2755 /usr/bin/speaker" },
    );
    await host.shell("dpkg -i /opt/speaker-2.deb");
    expect(await host.told()).toMatchObject({
      ...{
        state: "broken",
        status: ["wrapper-rights"],
        doctor: ["wrapper-rights"],
        plan: ["wrapper-rights"],
      },
      repairs: true,
    });
    await host.follow();
    await host.healthy();
    expect(
      await host.shell("stat -c '%a %G' /usr/bin/speaker-real; stat -c %a /usr/bin/small; speaker a"),
    ).toBe("2755 mail\n755\n2 a --seen\n");
    await host.tool("rollback", "small", "--yes");
    expect(await host.shell("stat -c '%a %G' /usr/bin/speaker")).toBe("2755 mail\n");
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

/** What repairs an interception by itself: a real user manager of systemd's, and cron's tables. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, place, quick, says } from "../support/place.ts";
import { can } from "../support/private-host.ts";
import { canManage, managed, userManager } from "../support/user-manager.ts";

const policy = `${quick}always: { append: [--seen] }\n`;
const newer = (word: string): string =>
  `printf '#!/bin/sh\\nprintf "%%s\\\\n" ${word} "$@"\\n' >bin/new; chmod 755 bin/new; chown nobody bin/new`;

/** Asks until the binary answers so, or for half a minute. */
async function answers(at: Place, expected: string): Promise<void> {
  let said = "";
  for (let tries = 0; tries < 150 && said !== expected; tries++) {
    said = (await at.call("a")).stdout;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(said, readFileSync(join(at.folder, "home/state/interpose/small/journal"), "utf8")).toBe(expected);
}

describe.skipIf(!canManage)("a guard of systemd's", { timeout: 120_000 }, () => {
  test("takes each new binary as the real one, without Node, and goes with a rollback", async () => {
    const at = await place({ policy, as: "nobody", make: says("first") });
    await userManager(at);
    const before = at.listing("content");
    const tool = (...words: string[]) => at.tool(words, { env: managed });
    done(await at.apply());
    done(await tool("guard", "install", "small", "--yes"));
    const units = join(at.folder, "home/.config/systemd/user");
    for (const kind of ["path", "timer", "service"]) {
      const unit = join(units, `interpose-guard-small.${kind}`);
      const { status, stdout, stderr } = await at.run(["systemd-analyze", "--user", "verify", unit], {
        as: "nobody",
        env: managed,
      });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    }
    await at.shell(`${newer("second")}; mv -T bin/new bin/tool`);
    await answers(at, "second\na\n--seen\n");
    await at.shell(`${newer("third")}; rm bin/tool; mv -T bin/new bin/tool`);
    await answers(at, "third\na\n--seen\n");
    await at.shell("rm bin/small");
    await answers(at, "third\na\n--seen\n");
    done(await tool("guard", "install", "small", "--yes"));
    done(await tool("rollback", "small", "--yes"));
    expect(existsSync(units)).toBe(false);
    const { stdout } = await at.run(["systemctl", "--user", "list-units", "--all", "interpose*"], {
      as: "nobody",
      env: managed,
    });
    expect(stdout).toContain("0 loaded units");
    expect(readdirSync(join(at.folder, "bin"))).toEqual(["tool"]);
    const own = (text: string) => text.replace(/^(bin\/tool|home|\.host\/tmp)\b.*\n/gm, "");
    expect(own(at.listing("content"))).toBe(own(before));
  });
});

describe.skipIf(!can.beRoot).concurrent("a guard of cron's", () => {
  /** A machine without systemd. */
  const withoutSystemd = async (as?: "nobody") => {
    const at = await place({ policy, as, make: says("first") });
    await at.shell(
      "mount -t tmpfs tmpfs /run; mkdir -p .host/cron.d .host/spool/crontabs; mount --bind .host/cron.d /etc/cron.d; chmod 1777 .host/spool/crontabs; mount --bind .host/spool /var/spool/cron",
    );
    done(await at.apply());
    return at;
  };

  test("is a file for root; what its line says is done as cron does it", async () => {
    const at = await withoutSystemd();
    done(await at.tool(["guard", "install", at.file, "--yes"]));
    const file = join(at.folder, ".host/cron.d/interpose-guard-small");
    const [, time, user, command] =
      /^(\*\S+ \S+ \S+ \S+ \S+) (\S+) (.*)$/m.exec(readFileSync(file, "utf8")) ?? [];
    expect([time, user]).toEqual(["*/5 * * * *", "root"]);
    await at.shell(`${newer("second")}; mv -T bin/new bin/tool`);
    expect(await at.run(["env", "-i", "/bin/sh", "-c", command ?? ""])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    expect((await at.call("a")).stdout).toBe("second\na\n--seen\n");
    done(await at.tool(["guard", "remove", "small", "--yes"]));
    expect(existsSync(file)).toBe(false);
    expect(done(await at.tool(["guard", "remove", "small", "--yes"])).stdout).toContain("Nothing to do");
  });

  test("is run by cron itself", { timeout: 150_000 }, async () => {
    const at = await withoutSystemd();
    done(await at.tool(["guard", "install", "small", "--yes"]));
    await at.shell("sed -i 's/^\\*\\/5/*/' /etc/cron.d/interpose-guard-small");
    await at.shell(`${newer("second")}; mv -T bin/new bin/tool`);
    const [program = "", ...args] = at.enter(["cron", "-f"]);
    const cron = spawn(program, args, { stdio: "ignore" });
    try {
      for (let tries = 0; tries < 130 && (await at.call("a")).stdout !== "second\na\n--seen\n"; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      expect((await at.call("a")).stdout).toBe("second\na\n--seen\n");
    } finally {
      cron.kill("SIGKILL");
    }
  });

  test("is a line of a user's table, beside the user's own", async () => {
    const at = await withoutSystemd("nobody");
    const table = async () => (await at.run(["crontab", "-l"], { as: "nobody" })).stdout;
    await at.run(["crontab", "-"], { as: "nobody", input: "0 0 * * * true\n" });
    const before = await table();
    done(await at.tool(["guard", "install", "small", "--yes"]));
    expect(await table()).toBe(
      `${before}*/5 * * * * /bin/sh ${at.folder}/home/state/interpose/small/repair.sh guard >/dev/null 2>&1 # interpose guard small\n`,
    );
    done(await at.rollback());
    expect(await table()).toBe(before);
  });
});

test.skipIf(!can.mount)("a host with neither is told so", async () => {
  const at = await place({ policy });
  await at.shell("mount -t tmpfs tmpfs /run; true");
  done(await at.apply());
  await at.shell("mkdir -p .host/etc; mount --bind .host/etc /etc/cron.d");
  const path = await at.shell("mkdir few; ln -s /usr/bin/* few/; rm -f few/crontab few/systemctl; pwd");
  const env = { PATH: `${path.trim()}/few` };
  const { status, stderr } = await at.tool(["guard", "install", "small", "--yes"], { env });
  expect(stderr).toContain("neither systemd nor cron");
  expect(status).toBe(3);
});

/** What leads to a binary: found in the files of a machine of its own, and among its processes. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { type Service, servicesOf } from "../src/services/callers.ts";
import type { Line } from "../src/services/look.ts";
import { usesParts } from "../src/services/look.ts";
import { findParts } from "../src/services/named.ts";
import { restartParts } from "../src/services/restart.ts";
import { canOverlay, overlayHost } from "./support/overlay-host.ts";

const binary = "/usr/local/bin/greet";

const files: Record<string, string> = {
  "/etc/systemd/system/direct.service": `[Service]\nExecStartPre=/bin/true\nExecStart=-${binary} --serve\n`,
  "/etc/systemd/system/by-script.service": "[Service]\nExecStart=/usr/local/sbin/daily-greet now\n",
  "/etc/systemd/system/shell.service.d/more.conf":
    "[Service]\nExecStart=\nExecStart=/bin/sh -c 'cd /; exec greet a'\n",
  "/etc/systemd/system/other.service": `[Service]\nDescription=${binary}\nExecStart=${binary}ing\n# ExecStart=${binary}\n`,
  "/etc/systemd/user/of-users.service": "[Service]\nExecStart=greet\n",
  "/etc/cron.d/greetings": `# ${binary}\nMAILTO=greet\n0 1 * * * root ${binary} x\n`,
  "/var/spool/cron/crontabs/root": "@daily nice greet >/dev/null\n5 * * * * echo greet\n",
  "/etc/supervisor/conf.d/two.conf": `[program:first]\ncommand=/bin/cat\n\n[program:second]\ncommand=${binary} -n\n`,
  "/usr/local/sbin/daily-greet": '#!/bin/sh\n# greet\nfor word; do greet "$word"; done\n',
  "/usr/local/bin/greeter": "#!/bin/sh\necho greet\n",
};

const shown = ({ kind, name, via }: Service) => [kind, name, ...(via === undefined ? [] : [via])].join(" ");

describe.skipIf(!canOverlay)("services", () => {
  test("are found by what their files run, and by what runs", async () => {
    const host = await overlayHost();
    await host.shell(`cp /bin/sleep ${binary}`);
    for (const [path, text] of Object.entries(files))
      await host.shell(
        `mkdir -p '${path.slice(0, path.lastIndexOf("/"))}'; printf '%s' '${text.replaceAll("'", "'\\''")}' >'${path}'`,
      );
    await host.shell("chmod 755 /usr/local/sbin/daily-greet /usr/local/bin/greeter");
    await host.shell(`printf 'binary: ${binary}\\nkeepName: no\\nprobe: []\\n' >/tmp/polite.yaml`);

    const expected = [
      "unit by-script.service /usr/local/sbin/daily-greet",
      "unit direct.service",
      "unit shell.service",
      "user-unit of-users.service",
      "cron /etc/cron.d/greetings",
      "cron /var/spool/cron/crontabs/root",
      "supervisor second",
      "script /usr/local/sbin/daily-greet",
    ].sort();
    const before = await host.interpose("services", "/tmp/polite.yaml", "--json");
    expect(before).toMatchObject({ status: 0, stderr: "" });
    expect((JSON.parse(before.stdout) as Service[]).map(shown).sort()).toEqual(expected);

    expect(await host.interpose("apply", "/tmp/polite.yaml", "--yes")).toMatchObject({
      status: 0,
      stderr: "",
    });
    const running = await host.shell(`${binary} 60 >/dev/null 2>&1 & echo $!`);
    try {
      for (const target of ["/tmp/polite.yaml", "polite"]) {
        const found = JSON.parse((await host.interpose("services", target, "--json")).stdout) as Service[];
        const processes = found.filter(({ kind }) => kind === "process");
        expect(
          found
            .filter(({ kind }) => kind !== "process")
            .map(shown)
            .sort(),
          target,
        ).toEqual(expected);
        expect(processes).toMatchObject([{ name: "greet-real", pid: Number(running) }]);
      }
      const people = await host.interpose("services", "polite");
      expect(people.stdout).toContain(
        "direct.service  unit\n  line 3 of /etc/systemd/system/direct.service: ExecStart=-",
      );
      expect(people.stdout).toContain("by-script.service  unit, by way of /usr/local/sbin/daily-greet\n");
    } finally {
      await host.shell(`kill ${running}`);
    }
    await host.shell(`rm ${Object.keys(files).join(" ")}`);
    expect((await host.interpose("services", "polite")).stdout).toBe(
      `Nothing was found that leads to ${binary}.\n`,
    );
    expect(await host.interpose("services", "none")).toMatchObject({ status: 1 });
  }, 120_000);
});

describe("a line", () => {
  const line = (kind: Line["kind"], text: string, file = "/etc/x.service"): Line => ({
    kind,
    file,
    number: 1,
    text,
  });
  const found = (one: Line) => servicesOf({ lines: [one], instances: [], running: [] }, binary).length > 0;
  test.each([
    [line("unit", "ExecStart=greet"), true],
    [line("unit", "ExecStartPre=+/usr/bin/env greet"), true],
    [line("unit", `ExecStart=/bin/sh -c "${binary}"`), true],
    [line("unit", "ExecStart=echo greet"), false],
    [line("unit", "ExecStart=greet-real"), false],
    [line("unit", `WorkingDirectory=${binary}`), false],
    [line("cron", `0 1 * * * root cd / && greet`, "/etc/cron.d/x"), true],
    [line("cron", `0 1 * * * greet`, "/var/spool/cron/crontabs/x"), true],
    [line("cron", `0 1 * * * greet x`, "/etc/cron.d/x"), false],
    [line("script", `if greet; then :; fi`, "/usr/local/bin/x"), true],
    [line("script", `out=$(greet a)`, "/usr/local/bin/x"), true],
    [line("script", `# greet`, "/usr/local/bin/x"), false],
  ])("%j: %s", (one, expected) => {
    expect(found(one)).toBe(expected);
  });
});

test("the scripts please shellcheck and shfmt", () => {
  for (const input of [...usesParts, ...findParts, ...restartParts]) {
    expect(spawnSync("shfmt", ["-d", "-ln", "posix"], { input, encoding: "utf8" }).stdout).toBe("");
    const { stdout } = spawnSync("shellcheck", ["--shell=sh", "--exclude=SC3013", "-"], {
      input,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
  }
});

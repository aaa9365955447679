/** `verify --services` and `services` on a machine whose services are systemd's own, with a journal. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BootedHost, bootHost, canBoot, unitFolder } from "./support/system-manager.ts";

test.runIf(process.env.CI)("a machine that systemd starts can be made", () => {
  expect(canBoot, "CI has to run this as root, with systemd").toBe(true);
});

describe.skipIf(!canBoot)("a unit of the machine's", { timeout: 240_000 }, () => {
  let host: BootedHost;
  beforeAll(async () => {
    host = await bootHost();
    await host.shell("mkdir -p /srv/bin; cp /bin/echo /srv/bin/tool");
    await file("caller.service");
    const applied = await host.interpose("apply", "/srv/small.yaml", "--yes");
    expect(applied, applied.stdout + applied.stderr).toMatchObject({ status: 0 });
  }, 60_000);
  afterAll(() => host?.close());

  const file = (service: string) =>
    host.shell(
      `printf '%s\\n' 'name: small' 'binary: /srv/bin/tool' 'services: [${service}]' >/srv/small.yaml`,
    );
  const write = (unit: string, ...lines: string[]) =>
    host.shell(
      `cat >${unitFolder}/${unit} <<'UNIT'\n${lines.join("\n")}\nUNIT\nsystemctl daemon-reload; systemctl reset-failed`,
    );
  /** Writes the section `Service` of a unit. */
  const define = (unit: string, ...lines: string[]) => write(unit, "[Service]", ...lines);
  /** Calls again and again, with a word. */
  const calling = (word = "x") => `ExecStart=/bin/sh -c 'while :; do /srv/bin/tool ${word}; sleep 0.2; done'`;
  /** Of a file that names the service. */
  const verify = async (service: string, ...words: string[]) => {
    await file(service);
    return await host.interpose("verify", "/srv/small.yaml", "--services", "--yes", ...words);
  };
  const goesThrough = async (service: string) => {
    const verified = await verify(service);
    expect(verified, verified.stdout).toMatchObject({ status: 0, stderr: "" });
    return verified.stdout;
  };

  test("that calls goes through the wrapper, by the unit that the log names", async () => {
    await define("caller.service", "User=nobody", calling());
    expect(await goesThrough("caller.service")).toMatch(
      /^ok {4}caller.service goes through the wrapper: a call by sh, process \d+ of uid 65534/m,
    );
    const { stdout } = await host.interpose("logs", "small", "--json");
    const { caller } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(caller).toMatchObject({ unit: "caller.service", cgroup: "/system.slice/caller.service" });
    // Nothing came to the unit's own output but what the real binary prints.
    expect(await host.shell("journalctl _SYSTEMD_UNIT=caller.service -o cat --no-pager -q")).toMatch(
      /^(x\n)+$/,
    );
  });

  test("that a timer starts is found, and so is its call", async () => {
    await define("nightly.service", "Type=oneshot", "ExecStart=/srv/bin/tool nightly");
    await write("nightly.timer", "[Timer]", "OnCalendar=*-*-* 03:00:00");
    await goesThrough("nightly.service");
    expect((await host.interpose("services", "/srv/small.yaml")).stdout).toContain("nightly.service");
  });

  test("that doesn't start is told with the last lines of its journal", async () => {
    await define("broken.service", "ExecStart=/bin/sh -c 'echo no configuration in /etc/broken >&2; exit 3'");
    const verified = await verify("broken.service");
    expect(verified.status, verified.stdout).toBe(1);
    expect(verified.stdout).toContain("broken.service did not start, or ended at once: exit-code.");
    expect(verified.stdout).toMatch(/\| no configuration in \/etc\/broken$/m);
    expect(verified.stdout).toMatch(/\| broken.service: Main process exited, code=exited, status=3/);
  });

  test("that makes no call is not helped by one of another unit", async () => {
    await define("idle.service", "ExecStart=/bin/sleep 600");
    await define("busy.service", calling());
    await host.shell("systemctl start busy");
    const verified = await verify("idle.service", "--wait", "4");
    await host.shell("systemctl stop busy");
    expect(verified.status, verified.stdout).toBe(1);
    expect(verified.stdout).toMatch(
      /no {4}idle.service goes through the wrapper: \d+ calls came, none of them from it$/m,
    );
    expect(verified.stdout).toContain("idle.service made no call within 4 seconds.");
  });

  test("with a /tmp of its own, another's user, and a folder that may not be written", async () => {
    await define("private.service", "User=daemon", "PrivateTmp=yes", calling());
    await goesThrough("private.service");
    await define("strict.service", "User=daemon", "ProtectSystem=strict", calling());
    const strict = await verify("strict.service", "--wait", "3");
    expect(strict.status, strict.stdout).toBe(1);
    expect(strict.stdout).toMatch(
      /strict.service has ProtectSystem=strict: it can't write to \/tmp|can't write to \/tmp|can't write to the \/tmp that it sees/,
    );
  });

  test("with DynamicUser=", async () => {
    await define("dynamic.service", "DynamicUser=yes", calling());
    await goesThrough("dynamic.service");
  });

  test("of a template", async () => {
    await define("each@.service", calling("%i"));
    await goesThrough("each@one.service");
    await host.shell("systemctl start each@two.service");
    const { stdout } = await host.interpose("services", "/srv/small.yaml");
    expect(stdout).toContain("each@one.service");
    expect(stdout).toContain("each@two.service");
    expect(stdout).not.toContain("each@.service  ");
  });
});

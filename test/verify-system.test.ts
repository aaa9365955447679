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

  const file = (...services: string[]) =>
    host.shell(
      `printf '%s\\n' 'name: small' 'binary: /srv/bin/tool' 'services: [${services.join(", ")}]' >/srv/small.yaml`,
    );
  const define = (unit: string, ...lines: string[]) =>
    host.shell(
      `cat >${unitFolder}/${unit} <<'UNIT'\n${lines.join("\n")}\nUNIT\nsystemctl daemon-reload; systemctl reset-failed`,
    );
  const verify = (...words: string[]) =>
    host.interpose("verify", "/srv/small.yaml", "--services", "--yes", ...words);

  test("that calls goes through the wrapper, by the unit that the log names", async () => {
    await define(
      "caller.service",
      "[Service]",
      "User=nobody",
      "ExecStart=/bin/sh -c 'while :; do /srv/bin/tool x; sleep 1; done'",
    );
    const verified = await verify();
    expect(verified, verified.stdout).toMatchObject({ status: 0, stderr: "" });
    expect(verified.stdout).toMatch(
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
    await define("nightly.service", "[Service]", "Type=oneshot", "ExecStart=/srv/bin/tool nightly");
    await define("nightly.timer", "[Timer]", "OnCalendar=*-*-* 03:00:00");
    await file("nightly.service");
    const found = await host.interpose("services", "/srv/small.yaml");
    expect(found.stdout).toContain("nightly.service");
    const verified = await verify();
    expect(verified, verified.stdout).toMatchObject({ status: 0, stderr: "" });
  });

  test("that doesn't start is told with the last lines of its journal", async () => {
    await define(
      "broken.service",
      "[Service]",
      "ExecStart=/bin/sh -c 'echo no configuration in /etc/broken >&2; exit 3'",
    );
    await file("broken.service");
    const verified = await verify();
    expect(verified.status, verified.stdout).toBe(1);
    expect(verified.stdout).toContain("broken.service did not start, or ended at once: exit-code.");
    expect(verified.stdout).toMatch(/\| no configuration in \/etc\/broken$/m);
    expect(verified.stdout).toMatch(/\| broken.service: Main process exited, code=exited, status=3/);
  });

  test("that makes no call is not helped by one of another unit", async () => {
    await define("idle.service", "[Service]", "ExecStart=/bin/sleep 600");
    await define(
      "busy.service",
      "[Service]",
      "ExecStart=/bin/sh -c 'while :; do /srv/bin/tool x; sleep 0.2; done'",
    );
    await host.shell("systemctl start busy");
    await file("idle.service");
    const verified = await verify("--wait", "4");
    await host.shell("systemctl stop busy");
    expect(verified.status, verified.stdout).toBe(1);
    expect(verified.stdout).toMatch(
      /no {4}idle.service goes through the wrapper: \d+ calls came, none of them from it$/m,
    );
    expect(verified.stdout).toContain("idle.service made no call within 4 seconds.");
  });

  test("with a /tmp of its own, another's user, and a folder that may not be written", async () => {
    const calls = "ExecStart=/bin/sh -c 'while :; do /srv/bin/tool x; sleep 0.2; done'";
    await define("private.service", "[Service]", "User=daemon", "PrivateTmp=yes", calls);
    await define("strict.service", "[Service]", "User=daemon", "ProtectSystem=strict", calls);
    await file("private.service");
    const verified = await verify();
    expect(verified, verified.stdout).toMatchObject({ status: 0, stderr: "" });
    await file("strict.service");
    const strict = await verify("--wait", "3");
    expect(strict.status, strict.stdout).toBe(1);
    expect(strict.stdout).toMatch(
      /strict.service has ProtectSystem=strict and no PrivateTmp=|can't write to the \/tmp that it sees/,
    );
  });

  test("with DynamicUser=", async () => {
    await define(
      "dynamic.service",
      "[Service]",
      "DynamicUser=yes",
      "ExecStart=/bin/sh -c 'while :; do /srv/bin/tool x; sleep 0.2; done'",
    );
    await file("dynamic.service");
    const verified = await verify();
    expect(verified, verified.stdout).toMatchObject({ status: 0, stderr: "" });
  });

  test("of a template", async () => {
    await define(
      "each@.service",
      "[Service]",
      "ExecStart=/bin/sh -c 'while :; do /srv/bin/tool %i; sleep 0.2; done'",
    );
    await file("each@one.service");
    const verified = await verify();
    expect(verified, verified.stdout).toMatchObject({ status: 0, stderr: "" });
    await host.shell("systemctl start each@two.service");
    const found = await host.interpose("services", "/srv/small.yaml");
    expect(found.stdout).toContain("each@two.service");
  });
});

/** `verify --services` with supervisor and cron as they come from Debian, on a machine of their own. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { canOverlay, openOverlay } from "./support/overlay-host.ts";

const layer = join(import.meta.dirname, "../node_modules/.cache/supervisor/root");
const binary = "/usr/local/bin/greet";
const canRun = canOverlay && existsSync(layer);
if (!canRun)
  console.warn("SKIPPED: supervisor and cron can't be had here, so no service of theirs was verified");

async function intercepted(service: string, program = "/bin/echo") {
  const host = await openOverlay({ layer, alone: true });
  onTestFinished(() => host.close());
  await host.shell(`cp ${program} ${binary}
printf 'binary: ${binary}\\nkeepName: no\\nprobe: []\\nservices: [${service}]\\n' >/tmp/polite.yaml`);
  const applied = await host.interpose("apply", "/tmp/polite.yaml", "--yes");
  expect(applied, applied.stderr).toMatchObject({ status: 0, stderr: "" });
  const verify = (...words: string[]) => host.interpose("verify", "polite", "--services", "--yes", ...words);
  /** Calls until the file is there, from no service. */
  const byHand = (as: string) =>
    host.shell(
      `rm -f /tmp/done; until [ -e /tmp/done ]; do ${as} ${binary} 0.02; sleep 0.1; done >/dev/null`,
    );
  return { ...host, verify, byHand };
}

describe.skipIf(!canRun)("a service", () => {
  test("of supervisor's calls, and another program of it or a hand doesn't do", async () => {
    const host = await intercepted("caller");
    await host.shell(`
printf '#!/bin/sh\\nwhile :; do if [ -e /tmp/quiet ]; then sleep 0.1; else ${binary} x; sleep 0.3; fi; done\\n' >/usr/local/bin/calls
chmod 755 /usr/local/bin/calls
cat >/etc/supervisor/conf.d/callers.conf <<'END'
[program:caller]
command=/usr/local/bin/calls
[program:other]
command=/bin/sh -c 'while :; do ${binary} other; sleep 0.2; done'
END
/usr/bin/python3 /usr/bin/supervisord -c /etc/supervisor/supervisord.conf`);
    const verified = await host.verify();
    expect(verified, verified.stdout + verified.stderr).toMatchObject({ status: 0, stderr: "" });
    expect(verified.stdout).toMatch(
      /^ok {4}caller goes through the wrapper: a call by calls, process \d+ of uid 0/m,
    );

    await host.shell(": >/tmp/quiet");
    const calls = host.byHand("");
    const quiet = await host.verify("--wait", "6");
    await host.shell(": >/tmp/done");
    await calls;
    expect(quiet.status, quiet.stdout).toBe(1);
    expect(quiet.stdout).toMatch(/^no {4}caller goes.*: \d+ calls came, none of them from it$/m);
    expect(quiet.stdout).toContain("caller made no call within 6 seconds.");
  }, 120_000);

  test("of cron's is waited for, and a hand doesn't do", async () => {
    // As long as jobs of programs that are worth it: without systemd a shorter one may be gone before it is seen.
    const host = await intercepted("greetings", "/bin/sleep");
    const table = (line: string) => host.shell(`printf '%s\\n' '${line}' >/etc/cron.d/greetings`);
    await table(`* * * * * nobody ${binary} 3`);
    await host.shell("chmod 644 /etc/cron.d/greetings; /usr/sbin/cron");
    const calls = host.byHand("setpriv --reuid=65534 --regid=65534 --clear-groups");
    const verified = await host.verify();
    await host.shell(": >/tmp/done");
    await calls;
    expect(verified, verified.stdout + verified.stderr).toMatchObject({ status: 0, stderr: "" });
    const [, pid] =
      /^ok {4}\/etc\/cron.d\/greetings goes through the wrapper: a call by \S+, process (\d+) of uid 65534/m.exec(
        verified.stdout,
      ) ?? [];
    // It was cron's, and not one of the others.
    const log = (await host.shell("cat /tmp/interpose-65534/polite.log")).split("\n");
    expect(log.filter((line) => line.includes(`"pid":${pid},`)).join()).toContain('"argv":["3"]');
    expect(await host.shell("cat /tmp/interpose-65534/polite.log | grep -c 0.02")).not.toBe("0\n");

    const again = host.byHand("setpriv --reuid=65534 --regid=65534 --clear-groups");
    await host.shell("rm /etc/cron.d/greetings; sleep 1; touch /etc/cron.d");
    await table(`0 0 1 1 * nobody ${binary} 3`);
    const none = await host.verify("--wait", "3");
    await host.shell(": >/tmp/done");
    await again;
    expect(none.status, none.stdout).toBe(1);
    expect(none.stdout).toMatch(/greetings goes through the wrapper: \d+ calls came, none of them from it$/m);
  }, 240_000);
});

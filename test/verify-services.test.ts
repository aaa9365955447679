import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CalledByUnit, calledBy } from "./support/called-by-unit.ts";
import { quick } from "./support/place.ts";
import { can } from "./support/private-host.ts";
import { hasSystemd } from "./support/services.ts";

interface Verified {
  status: number;
  stdout: string;
  stderr: string;
}

describe.skipIf(!can.beRoot || !hasSystemd)(
  "a unit",
  () => {
    const unit = `caller-${process.pid}.service`;
    let at: CalledByUnit["at"];
    let services: CalledByUnit["services"];
    let define: CalledByUnit["define"];
    beforeAll(async () => {
      ({ at, services, define } = await calledBy(unit));
    });
    afterAll(() => services?.stop());

    const verify = (...words: string[]): Promise<Verified> =>
      at.tool(["verify", "small", "--services", "--yes", ...words], { env: services.env });
    /** What it says of the unit. */
    const said = ({ stdout }: Verified) => stdout.slice(stdout.indexOf(`${unit} goes through`) - 6);
    /** Calls by hand, as the same user, until it is ended. */
    const byHand = () =>
      at.run(["sh", "-c", `until [ -e done ]; do '${at.binary}' by-hand; sleep 0.1; done; rm done`]);

    test("that calls as it starts, from Python and from a shell", async () => {
      for (const exec of [
        `/usr/bin/python3 -c 'import subprocess, time; subprocess.run(["${at.binary}", "x"]); time.sleep(600)'`,
        `/bin/sh -c 'sleep 1; ${at.binary} x; sleep 600'`,
        `${at.binary} wait`,
      ]) {
        await define(`ExecStart=${exec}`);
        const verified = await verify();
        expect(verified, verified.stdout + verified.stderr).toMatchObject({ status: 0, stderr: "" });
        expect(verified.stdout).toMatch(
          new RegExp(`^ok {4}${unit} goes through the wrapper: a call by \\S+, process \\d+ of uid 0`, "m"),
        );
      }
      // It calls and is over, and systemctl waits for that.
      await define("Type=oneshot", `ExecStart=${at.binary} x`);
      expect(await verify()).toMatchObject({ status: 0, stderr: "" });
      const json = await verify("--json");
      expect(JSON.parse(json.stdout)).toMatchObject({
        passed: true,
        checks: expect.arrayContaining([
          expect.objectContaining({ name: `${unit} goes through the wrapper` }),
        ]),
      });
    });

    test("that makes none isn't helped by calls by hand", async () => {
      await define("ExecStart=/bin/sleep 600");
      const calls = byHand();
      const verified = await verify("--wait", "4");
      await at.shell(": >done");
      await calls;
      expect(verified.status, verified.stdout).toBe(1);
      expect(said(verified)).toMatch(/^no {4}.*: \d+ calls came, none of them from it$/m);
      expect(said(verified)).toContain(`${unit} made no call within 4 seconds.`);
      expect(said(verified)).toContain(`Nothing in ${unit} leads to ${at.binary}`);
      expect(said(verified)).toContain("it runs: /bin/sleep 600");
    });

    test("that makes none isn't helped by what another user writes into a log of their own", async () => {
      await define("ExecStart=/bin/sleep 600");
      await services.systemctl("restart", unit);
      const { stdout } = await services.systemctl("show", "-p", "ControlGroup", "-p", "MainPID", unit);
      const [group, main] = ["ControlGroup", "MainPID"].map(
        (name) => new RegExp(`^${name}=(.*)$`, "m").exec(stdout)?.[1] ?? "",
      );
      expect(group).toContain(unit);
      const record = {
        ...{ v: 1, time: 0, wrapper: "small", pid: 999_999, ppid: Number(main), uid: 65534 },
        caller: { comm: "sleep", cmdline: [], unit, cgroup: group },
        ...{ cwd: "/", argv: ["x"], argc: 1, execArgv: ["x"], route: "pass", facts: {}, errors: [] },
        preflightUs: 1,
      };
      const line = JSON.stringify(record).replace('"time":0', '"time":%s.5');
      const forging = at.run(
        [
          ...["sh", "-c"],
          `umask 077; mkdir -p /tmp/interpose-65534; until [ -e done ]; do printf '${line}\\n' "$(($(date +%s) + 2))" >>/tmp/interpose-65534/small.log; sleep 0.1; done`,
        ],
        { as: "nobody" },
      );
      const verified = await verify("--wait", "4");
      await at.shell(": >done");
      await forging;
      await at.shell("rm -r done /tmp/interpose-65534");
      expect(verified.status, verified.stdout).toBe(1);
      expect(said(verified)).toMatch(/^no {4}.*: [1-9]\d* calls came, none of them from it$/m);
    });

    test("that runs as another user is told by that user's log", async () => {
      await define("User=nobody", `ExecStart=/bin/sh -c 'sleep 1; ${at.binary} x; sleep 600'`);
      const verified = await verify("--wait", "20");
      expect(verified, verified.stdout).toMatchObject({ status: 0 });
      expect(said(verified)).toContain("of uid 65534");
      await at.shell("rm -r /tmp/interpose-65534");
    });

    test("whose last call came before the restart made none since", async () => {
      await define("ExecStart=/bin/sleep 600", `ExecStop=${at.binary} stopping`);
      await services.systemctl("restart", unit);
      await define("ExecStart=/bin/sleep 600", `ExecStop=${at.binary} stopping`);
      const verified = await verify("--wait", "4");
      expect(verified.status, verified.stdout).toBe(1);
      expect(said(verified)).toContain("1 calls came, none of them from it");
      await define("ExecStart=/bin/sleep 600");
      await services.systemctl("stop", unit);
    });

    test("that waits for a job is given one by --trigger", async () => {
      await define(
        `ExecStart=/bin/sh -c 'while :; do if [ -e ${at.folder}/job ]; then ${at.binary} x; fi; sleep 0.2; done'`,
      );
      const verified = await verify("--trigger", `: >'${at.folder}/job'`);
      expect(verified, verified.stdout).toMatchObject({ status: 0, stderr: "" });
      await at.shell("rm job");
      const failed = await verify("--trigger", "echo no such queue >&2; exit 7", "--wait", "3");
      expect(failed.status).toBe(1);
      expect(said(failed)).toContain("failed with exit status 7");
      expect(said(failed)).toContain("| no such queue");
    });

    test("that doesn't start", async () => {
      await define("ExecStart=/bin/sh -c 'echo no configuration; exit 3'");
      const verified = await verify();
      expect(verified.status, verified.stdout).toBe(1);
      expect(said(verified)).toContain(`${unit} did not start, or ended at once: exit-code.`);
      expect(said(verified)).toMatch(/\| .*(no configuration|status=3)/);
      await define("ExecStart=/nowhere/at/all");
      expect(said(await verify())).toContain(`${unit} did not start`);
      await define("Type=oneshot", "ExecStart=/bin/false");
      expect(said(await verify())).toContain(`${unit} could not be restarted (exit status 1).`);
    });

    test("that may not write to /tmp", async () => {
      const calls = `/bin/sh -c 'while :; do ${at.binary} x; sleep 0.2; done'`;
      await define("ProtectSystem=strict", `ExecStart=${calls}`);
      expect(said(await verify("--wait", "3"))).toContain("can't write to the /tmp that it sees");
      await define("ProtectSystem=strict", "Type=oneshot", `ExecStart=${at.binary} x`);
      expect(said(await verify("--wait", "3"))).toContain(
        `${unit} has ProtectSystem=strict: it can't write to /tmp`,
      );
      await define("ProtectSystem=strict", "ReadWritePaths=/tmp", `ExecStart=${calls}`);
      expect(await verify()).toMatchObject({ status: 0 });
    });

    test("that may not run the wrapper", async () => {
      await define(
        `NoExecPaths=${at.folder}`,
        `ExecStart=/bin/sh -c 'while :; do ${at.binary} x; sleep 0.2; done'`,
      );
      expect(said(await verify("--wait", "3"))).toContain(`can't run ${at.binary} as others can`);
      await define(`NoExecPaths=${at.folder}`, "Type=oneshot", `ExecStart=-/bin/sh -c '${at.binary} x; :'`);
      expect(said(await verify("--wait", "3"))).toContain(`has NoExecPaths=${at.folder}, which holds for`);
    });

    test("with a /tmp of its own", async () => {
      const calls = `/bin/sh -c 'while :; do ${at.binary} x; sleep 0.2; done'`;
      await define("PrivateTmp=yes", `BindPaths=${at.folder}`, `ExecStart=${calls}`);
      const verified = await verify();
      expect(verified, verified.stdout).toMatchObject({ status: 0, stderr: "" });
      // One that isn't below /tmp is seen by the way of the process alone.
      await define("TemporaryFileSystem=/tmp:mode=1777", `BindPaths=${at.folder}`, `ExecStart=${calls}`);
      const elsewhere = said(await verify("--wait", "3"));
      expect(elsewhere).toContain(
        "are logged in a /tmp of its own, which interpose logs doesn't see: /proc/",
      );
    });

    test("that calls another path", async () => {
      await at.shell("cp bin/tool-real other");
      await define(`ExecStart=/bin/sh -c 'while :; do ${at.folder}/other x; sleep 0.2; done'`);
      const verified = said(await verify("--wait", "3"));
      expect(verified).toContain(`Nothing in ${unit} leads to ${at.binary}`);
      expect(verified).toContain(`${at.folder}/other x`);
    });

    test("is asked for before it is restarted, and all are known before one is", async () => {
      await define("ExecStart=/bin/sleep 600");
      await services.systemctl("restart", unit);
      const pid = () => services.systemctl("show", "-p", "MainPID", unit);
      const before = await pid();
      const tool = (...words: string[]) => at.tool(["verify", ...words], { env: services.env });
      expect(await tool("small", "--services")).toMatchObject({ status: 2 });
      expect(await tool("small", "--trigger", "x")).toMatchObject({ status: 2 });
      expect(await tool("small", "--services", "--wait", "0")).toMatchObject({ status: 2 });
      at.write(`${quick}services: [${unit.replace(".service", "")}, nothing-of-that-name]\n`);
      const unknown = await tool(at.file, "--services", "--yes");
      expect(unknown).toMatchObject({ status: 1 });
      expect(unknown.stderr).toContain("nothing-of-that-name is no service on localhost");
      at.write(quick);
      const none = await tool(at.file, "--services", "--yes");
      expect(none).toMatchObject({ status: 2 });
      expect(none.stderr).toContain("small.yaml names no services");
      expect(await pid()).toEqual(before);
      at.write(`${quick}services: [${unit}]\n`);
    });
  },
  240_000,
);

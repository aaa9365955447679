/** Services of a host that ssh reaches are verified there. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canFleet, openFleet } from "../support/fleet.ts";

const binary = "/opt/greet/greet";

test.skipIf(!canFleet)(
  "a call from cron's job on another host is told from one by hand",
  {
    timeout: 240_000,
  },
  async () => {
    const prepare = [
      `mkdir -p /opt/greet; cp /bin/echo ${binary}; rm -f /etc/cron.d/*`,
      `echo '* * * * * root ${binary} from cron; sleep 5' >/etc/cron.d/greet; chmod 644 /etc/cron.d/greet`,
    ].join("\n");
    const fleet = await openFleet(1, prepare);
    try {
      const file = join(fleet.folder, "greet.yaml");
      const policy = {
        name: "polite",
        host: "oper-h1",
        binary,
        probe: [],
        services: ["greet", "nobody-knows"],
      };
      const write = (services: string[]) => writeFileSync(file, JSON.stringify({ ...policy, services }));
      write(["greet", "nobody-knows"]);
      expect(await fleet.interpose(["apply", file, "--yes"])).toMatchObject({ status: 0, stderr: "" });
      expect(await fleet.interpose(["verify", file, "--services", "--yes"])).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("nobody-knows is no service on oper-h1"),
      });

      write(["greet"]);
      const call = `sudo ${binary} by hand`;
      const words = ["verify", file, "--services", "--yes"];
      const relay = join(fleet.folder, "trips");
      const ask = async (...more: string[]) => {
        writeFileSync(relay, "");
        const ran = await fleet.interpose([...words, ...more], { env: { TEST_RELAY: relay } });
        const seen = readFileSync(relay, "utf8");
        return { ran, connects: seen.match(/connect/g)?.length, trips: seen.match(/(up)+/g)?.length };
      };
      const { ran: quiet, ...silent } = await ask("--wait", "4", "--trigger", call);
      // One more, to say why.
      expect(silent).toEqual({ connects: 1, trips: 4 });
      expect(quiet).toMatchObject({ status: 1, stderr: "" });
      expect(quiet.stdout).toMatch(
        /^no .*greet goes through the wrapper: 1 calls came, none of them from it$/m,
      );

      await fleet.hosts[0]?.shell("cron");
      const { ran: loud, ...spoken } = await ask("--wait", "100", "--trigger", call);
      // To look, to try, and to restart and wait.
      expect(spoken).toEqual({ connects: 1, trips: 3 });
      expect(loud, loud.stdout).toMatchObject({ status: 0, stderr: "" });
      expect(loud.stdout).toMatch(/^ok .*greet goes through the wrapper: a call by sh/m);
    } finally {
      await fleet.close();
    }
  },
);

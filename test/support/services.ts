/** A real systemd of a test's own: the manager of a user's services, with its own /run, in the test's namespace. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { PrivateHost, Ran } from "./private-host.ts";

const program = "/lib/systemd/systemd";

/** Whether there is one to be started. */
export const hasSystemd = existsSync(program) && spawnSync("systemctl", ["--version"]).status === 0;

export interface Services {
  /** What programs need to find the manager. */
  env: Record<string, string>;
  systemctl(...words: string[]): Promise<Ran>;
  stop(): Promise<void>;
}

/** Units go into the folder `units` of the host's. */
export async function startServices(host: PrivateHost): Promise<Services> {
  await host.shell(
    "mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/system /run/user/0 .host/config/systemd units",
  );
  await host.shell("ln -s ../../../units .host/config/systemd/user");
  const env = { XDG_RUNTIME_DIR: "/run/user/0", XDG_CONFIG_HOME: `${host.folder}/.host/config` };
  const ended = host.run([program, "--user", "--log-level=err"], { env });
  const systemctl = (...words: string[]) => host.run(["systemctl", "--user", ...words], { env });
  for (let tries = 0; (await systemctl("is-system-running")).stdout !== "running\n"; tries++) {
    if (tries === 200) throw new Error("systemd did not start");
    await setTimeout(100);
  }
  return {
    env,
    systemctl,
    async stop() {
      await systemctl("exit");
      await ended;
    },
  };
}

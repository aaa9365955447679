/** A user manager of systemd's for `nobody`, in the namespace of a private host and in a control group of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { onTestFinished } from "vitest";
import { joinGroup, newGroup, removeGroup } from "./control-group.ts";
import { can, type PrivateHost } from "./private-host.ts";

export const canManage = can.beRoot && existsSync("/lib/systemd/systemd");

/** Environment by which programs find the manager. */
export const managed = { XDG_RUNTIME_DIR: "/run/user/65534" };

/** Ended when the test is. */
export async function userManager(host: PrivateHost): Promise<void> {
  const group = newGroup();
  await host.shell(
    "mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/system /run/user/65534; chown nobody: /run/user/65534; chmod 700 /run/user/65534",
  );
  // It takes every process of its control group into a new one, so it gets a group that has no other.
  const script = `${joinGroup(group, "nobody")}
exec setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME='${host.folder}/home' \\
	PATH=/usr/bin:/bin XDG_RUNTIME_DIR=/run/user/65534 /lib/systemd/systemd --user --log-target=console`;
  const [program = "", ...args] = host.enter(["sh", "-euc", script]);
  const manager = spawn(program, args, { stdio: "ignore" });
  onTestFinished(() => end(host, manager, group));
  for (let tries = 0; tries < 100; tries++) {
    const { status } = await host.run(["systemctl", "--user", "is-active", "basic.target"], {
      as: "nobody",
      env: managed,
    });
    if (status === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the user manager did not start");
}

// ---

async function end(host: PrivateHost, manager: ChildProcess, group: string): Promise<void> {
  await host.run(["systemctl", "--user", "exit"], { as: "nobody", env: managed });
  const ended = manager.exitCode !== null || manager.signalCode !== null;
  if (!ended) {
    const timer = setTimeout(() => manager.kill("SIGKILL"), 10_000);
    await once(manager, "exit");
    clearTimeout(timer);
  }
  await removeGroup(group);
}

/**
 * A machine that systemd has started: an overlay host in which it is process 1, with a journal. Its units are those
 * that the test writes and the few below; no other of the machine's is started, and the kernel's settings are read-only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { inject } from "vitest";
import { joinGroup, newGroup, removeGroup } from "./control-group.ts";
import { canOverlay, collect, type OverlayHost, openOverlay, shellBy } from "./overlay-host.ts";
import { hasSystemd } from "./services.ts";

export const canBoot = canOverlay && hasSystemd && existsSync("/lib/systemd/system/systemd-journald.service");

export type BootedHost = Pick<OverlayHost, "run" | "shell" | "interpose" | "close">;

/** Where units are; the host has no other. */
export const unitFolder = "/etc/systemd/system";

const targets = ["sysinit", "basic", "shutdown", "own"]
  .map((name) => `printf '[Unit]\\nDefaultDependencies=no\\n' >${unitFolder}/${name}.target`)
  .join("\n");

const boot = `
rm -rf ${unitFolder}
mkdir ${unitFolder}
${targets}
printf 'Requires=systemd-journald.service\\nAfter=systemd-journald.service\\n' >>${unitFolder}/own.target
cp /lib/systemd/system/systemd-journald*.service /lib/systemd/system/systemd-journald*.socket ${unitFolder}
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/dev
for device in null zero full random urandom tty; do
	: >"/run/dev/$device"
	mount --bind "/dev/$device" "/run/dev/$device"
done
mount --rbind /run/dev /dev
ln -s /proc/self/fd /dev/fd
mkdir /dev/shm
mount -t sysfs -o ro sysfs /sys
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd /sys/fs/cgroup/unified
if [ -n "$hybrid" ]; then
	mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
	mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
else
	umount /sys/fs/cgroup
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
exec env -i container=other SYSTEMD_UNIT_PATH=${unitFolder} PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
	/lib/systemd/systemd --system --unit=own.target --log-target=journal`;

/** The caller closes it. */
export async function bootHost(): Promise<BootedHost> {
  const overlay = await openOverlay();
  const group = newGroup();
  const script = `${joinGroup(group)}
if [ -e /sys/fs/cgroup/systemd/cgroup.procs ]; then hybrid=1; else hybrid=''; fi
export hybrid
exec "$@"`;
  const namespaces = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--net", "--fork", "--kill-child"];
  const started = ["unshare", ...namespaces, "sh", "-euc", boot];
  const holder = spawn("sh", ["-euc", script, "sh", ...overlay.enter(started)], { stdio: "ignore" });
  try {
    return await bootedHost(overlay, holder, group);
  } catch (error) {
    await close(overlay, holder, group);
    throw error;
  }
}

// ---

async function bootedHost(overlay: OverlayHost, holder: ChildProcess, group: string): Promise<BootedHost> {
  for (let tries = 0; tries < 200; tries++) {
    await setTimeout(100);
    const first = firstProcess(holder.pid);
    if (first === undefined) continue;
    const namespaces = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--net", "--root"];
    const enter = ["nsenter", "--target", String(first), ...namespaces, "--"];
    const run = (lines: string) => collect([...enter, "sh", "-euc", `cd /tmp\n${lines}`]);
    const { stdout } = await run("systemctl is-system-running");
    if (stdout !== "running\n") continue;
    return {
      run,
      shell: shellBy(run),
      interpose: (...words) => collect([...enter, process.execPath, inject("interpose"), ...words]),
      close: () => close(overlay, holder, group),
    };
  }
  throw new Error("systemd did not start");
}

/** Process 1 of the host, once it is there, by its number here. */
function firstProcess(pid: number | undefined): number | undefined {
  for (let one = Number(pid); ; ) {
    const children = readFileSync(`/proc/${one}/task/${one}/children`, "utf8").trim();
    if (children === "") return undefined;
    one = Number(children.split(" ")[0]);
    if (readFileSync(`/proc/${one}/comm`, "utf8") === "systemd\n") return one;
  }
}

async function close(overlay: OverlayHost, holder: ChildProcess, group: string): Promise<void> {
  if (holder.exitCode === null && holder.signalCode === null) {
    const ended = once(holder, "exit");
    // All that it started ends with it, and is gone when its parent has seen that.
    const first = firstProcess(holder.pid);
    if (first === undefined) holder.kill("SIGKILL");
    else process.kill(first, "SIGKILL");
    await ended;
  }
  await overlay.close();
  await removeGroup(group);
}

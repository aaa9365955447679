/** A control group of a test's own, in whichever hierarchies the machine has. */
import { spawn } from "node:child_process";
import { once } from "node:events";

export const newGroup = (): string => `interpose-test-${process.pid}-${Math.random().toString(36).slice(2)}`;

/** Lines of sh that make the group and put the shell into it. @param owner who may make groups in it; root unless given */
export const joinGroup = (group: string, owner = "root"): string => `
for top in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
	[ -e "$top/cgroup.procs" ] || continue
	mkdir "$top/${group}" && echo $$ >"$top/${group}/cgroup.procs" && chown -R ${owner}: "$top/${group}"
done
`;

/** With those that were made in it, once no process is left there. */
export async function removeGroup(group: string): Promise<void> {
  const remove = `find /sys/fs/cgroup -depth -type d -path '*/${group}*' -exec rmdir {} \\;`;
  await once(spawn("sh", ["-c", remove], { stdio: "ignore" }), "exit");
}

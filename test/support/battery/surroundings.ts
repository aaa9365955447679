/** File systems that lack what a wrapper might want, and the real binary's own file. */
import { at, type Group, type Point, type Step, usualEntries, without } from "./point.ts";

const nobody: Step = ["user", "65534"];
const mounts = (line: string): Step => ["mounts", line];
const tmp = (options: string): Step => mounts(`mount -t tmpfs -o ${options} none /tmp`);

export function surroundingsGroup(home: string): Group {
  const root = `${home}/root`;
  const noTmp = `mount -t tmpfs none '${root}'
    for path in /*; do
      case $path in /tmp) continue ;; esac
      if [ -L "$path" ]; then cp -P "$path" '${root}/'; continue; fi
      if [ -d "$path" ]; then mkdir '${root}'"$path"; mount --rbind "$path" '${root}'"$path"; fi
    done`;
  const noProc = "mount -t tmpfs -o ro none /proc";
  const points: Point[] = [
    at("/proc hides others (hidepid=2), as nobody", mounts("mount -t proc -o hidepid=2 proc /proc"), nobody),
    at("a PID namespace, the outer /proc", ["first", ""]),
    at("a PID namespace, whose numbers begin again", ["first", ""], ["proc", "sys/kernel/ns_last_pid 32765"]),
    at("no /tmp", mounts(noTmp), ["root", root]),
    at("/tmp read-only", tmp("ro")),
    at(
      "/tmp full",
      mounts("mount -t tmpfs -o size=4k none /tmp; cat /dev/zero >/tmp/filler 2>/dev/null || :"),
    ),
    at("/tmp without inodes", tmp("nr_inodes=1")),
    at("/tmp noexec", tmp("noexec,mode=1777")),
    at("/tmp of another user", tmp("mode=755,uid=4242"), nobody),
    at("/tmp may not be entered", tmp("mode=000"), nobody),
    at("/dev empty", mounts("mount -t tmpfs -o ro none /dev")),
    at("/etc empty", mounts("mount -t tmpfs -o ro none /etc")),
    at("all read-only", mounts("mount -o remount,bind,ro /; mount -t tmpfs -o ro none /tmp")),
    {
      title: "no /proc, no PWD",
      ask: { environment: without(usualEntries(home), "PWD"), steps: [mounts(noProc)] },
    },
    at(
      "no /proc, no /dev, /tmp read-only",
      mounts(noProc),
      mounts("mount -t tmpfs -o ro none /dev"),
      tmp("ro"),
    ),
  ];
  return { name: "surroundings", points };
}

/** @param real the real binary, by whatever name: all have the same inode */
export function fileGroup(real: string): Group {
  const undo = `chown root:root '${real}'; chmod 755 '${real}'; setcap -r '${real}' 2>/dev/null || :`;
  const as = (title: string, line: string): Point => ({
    title,
    prepare: line,
    undo,
    ask: { steps: [nobody] },
  });
  const points: Point[] = [
    as("may be run, not read", `chmod 711 '${real}'`),
    as("setuid", `chown 4242 '${real}'; chmod 4755 '${real}'`),
    as("setgid", `chgrp 4242 '${real}'; chmod 2755 '${real}'`),
    as("setuid, may not be read", `chmod 4711 '${real}'`),
    as("capabilities", `setcap cap_net_raw,cap_sys_nice+ep '${real}'`),
  ];
  return { name: "file", points: points.map((point) => ({ ...point, programOnly: true })) };
}

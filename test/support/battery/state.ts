/** Working directory, signals, limits, scheduling, identity and what else belongs to the process. */
import { constants } from "node:os";
import { at, type Group, type Point, type Step, usualEntries, without } from "./point.ts";

const signals = constants.signals;
const nobody: Step = ["user", "65534"];
const MiB = 1024 * 1024;
const limit = (which: number, soft: number | string, hard = soft): Step => [
  "limits",
  `${which} ${soft} ${hard}`,
];
const unlimited = "18446744073709551615";

export function directoryGroup(home: string): Group {
  const noPwd = without(usualEntries(home), "PWD");
  const points: Point[] = [
    at("usual"),
    at("deleted", ["vanish", `${home}/gone`]),
    at("deeper than PATH_MAX", ["cwd", `${home}/deep`], ["deep", "25"]),
    at(
      "not below the root",
      ["mounts", `mount -t tmpfs none '${home}/away'`],
      ["cwd", `${home}/away`],
      ["detach", `${home}/away`],
    ),
    at("a name of odd bytes", ["cwd", Buffer.from(`${home}/odd \xff\x01\n"`, "latin1")]),
    { title: "deleted, no PWD", ask: { environment: noPwd, steps: [["vanish", `${home}/gone`]] } },
    at("may not be entered", ["cwd", `${home}/closed`], nobody),
    ...["000", "022", "077", "777"].map((mask) => at(`umask ${mask}`, ["umask", mask])),
  ];
  return { name: "working directory", points };
}

const ignored = (title: string, ...names: (keyof typeof signals)[]): Point =>
  at(`ignored: ${title}`, ...names.map((name): Step => ["ignore", `${signals[name]}`]));
const blocked = (title: string, ...names: (keyof typeof signals)[]): Point =>
  at(`blocked: ${title}`, ...names.map((name): Step => ["block", `${signals[name]}`]));
const { SIGUSR1, SIGTERM } = signals;

export const signalGroup: Group = {
  name: "signals",
  points: [
    at("ignored: all", ["ignore", "0"]),
    at("blocked: all", ["block", "0"]),
    at("ignored and blocked: all", ["ignore", "0"], ["block", "0"]),
    ignored("INT and QUIT", "SIGINT", "SIGQUIT"),
    ignored("TSTP, TTIN, TTOU", "SIGTSTP", "SIGTTIN", "SIGTTOU"),
    ignored("XFSZ", "SIGXFSZ"),
    ignored("CHLD", "SIGCHLD"),
    ignored("PIPE", "SIGPIPE"),
    ignored("ALRM, USR1, WINCH", "SIGALRM", "SIGUSR1", "SIGWINCH"),
    blocked("CHLD", "SIGCHLD"),
    blocked("PIPE", "SIGPIPE"),
    blocked("HUP", "SIGHUP"),
    blocked("INT and QUIT", "SIGINT", "SIGQUIT"),
    at("pending: USR1", ["block", `${SIGUSR1}`], ["send-self", `${SIGUSR1}`]),
    at("pending: CHLD", ["block", `${signals.SIGCHLD}`], ["send-self", `${signals.SIGCHLD}`]),
    at("pending for the thread: USR1", ["block", `${SIGUSR1}`], ["raise", `${SIGUSR1}`]),
    {
      title: "pending, handled at last",
      ended: "SIGTERM",
      ask: {
        words: ["unblock"],
        steps: [
          ["block", `${SIGTERM}`],
          ["send-self", `${SIGTERM}`],
        ],
      },
    },
    at("an alarm is set", ["timer", "1000"]),
  ],
};

const lower: [number, number][] = [
  ...([
    [0, 1000],
    [1, 10 ** 9],
    [2, 10 ** 9],
    [3, 4 * MiB],
    [4, 0],
    [5, 10 ** 9],
    [6, 5000],
    [7, 200],
  ] as const),
  ...([
    [8, 65536],
    [9, 4 * 10 ** 9],
    [10, 100],
    [11, 1000],
    [12, 1000],
    [15, 10 ** 6],
  ] as const),
].map(([which, value]) => [which, value]);

export const limitGroup = (home: string): Group => ({
  name: "limits",
  points: [
    at("all of them lower", ...lower.map(([which, value]) => limit(which, value))),
    at(
      "soft ones below hard ones",
      ...lower.map(([which, value]) => limit(which, value, which === 4 ? 10 : value)),
    ),
    at("NPROC 0, as nobody", nobody, limit(6, 0)),
    at("NPROC 1, then another user", limit(6, 1), ["user", "4243"]),
    at("NOFILE 4, 3 open", ["open", `3 ${home}/inherited`], limit(7, 4)),
    at("NOFILE 3", limit(7, 3)),
    at("NOFILE 5", limit(7, 5)),
    at("FSIZE 0", limit(1, 0)),
    at("FSIZE 1", limit(1, 1)),
    at("FSIZE 512", limit(1, 512)),
    at("STACK 128 KiB", limit(3, MiB / 8)),
    at("STACK unlimited", limit(3, unlimited)),
    ...[8, 64, 256].map((size) => at(`AS ${size} MiB`, limit(9, size * MiB))),
    ...[1, 4].map((size) => at(`DATA ${size} MiB`, limit(2, size * MiB))),
    at("MEMLOCK 0", limit(8, 0)),
    at("CPU 1", limit(0, 1)),
  ],
});

export const schedulingGroup: Group = {
  name: "scheduling",
  points: [
    at("nice 10", ["nice", "10"]),
    at("BATCH", ["policy", "3"]),
    // On a busy machine each process of such a call waits long.
    { ...at("IDLE", ["policy", "5"]), withoutFacts: true },
    at("I/O class idle", ["io", `${3 << 13}`]),
    at("one processor", ["processor", ""]),
    at(
      "oom_score_adj, coredump_filter",
      ["proc", "self/oom_score_adj 500"],
      ["proc", "self/coredump_filter 0x7"],
    ),
    at("timer slack", ["option", "29 123456"]),
  ],
};

export const identityGroup: Group = {
  name: "identity",
  points: [
    at("nobody", nobody),
    at("real user is another", ["users", "4242 0 0"]),
    at("effective user is another", ["users", "0 4242 0"]),
    at("saved user is another", ["users", "4242 4242 0"]),
    at("real group is another", ["groups", "4242 0 0"]),
    at(
      "real and effective group differ, as nobody",
      ["groups", "4242 65534 65534"],
      ["users", "65534 65534 65534"],
    ),
    at("supplementary groups", ["memberships", "7 4242"], nobody),
    at("no new privileges", ["option", "38 1"]),
    at("session keyring", ["keyring", "interpose-battery"]),
  ],
};

const pids = "/sys/fs/cgroup/pids";
const group = `interpose-battery-${process.pid}`;

export const processGroup = (home: string): Group => ({
  name: "process",
  points: [
    at("short name"),
    at("no child is there, none was"),
    at("a child is there", ["child", ""]),
    at("parent death signal", ["option", "1 10"]),
    at("child subreaper", ["option", "36 1"]),
    at("no huge pages", ["option", "41 1"]),
    at("memory deny write-execute", ["option", "65 1"]),
    at("no time stamp counter", ["option", "26 2"]),
    { ...at("speculation disabled", ["option", "53 0 4"]), notEverywhere: true },
    at("no address randomisation", ["personality", "0x0040000"]),
    at("personality: 32 bit, 2.6", ["personality", "0x0020008"]),
    at("forking refused (seccomp)", ["refuse", "forking"]),
    { ...at("forking is death (seccomp)", ["forbid", "forking"]), withoutFacts: true },
    at("sockets are death (seccomp)", ["forbid", "sockets"]),
    at("faccessat2, statx, openat2 refused as by old container runtimes", ["unknown", "newer calls"]),
    at("a child that has ended can be waited for", ["zombie", ""]),
    {
      title: "pids.max 1",
      prepare: `for top in ${pids} /sys/fs/cgroup; do
        [ -e "$top/cgroup.procs" ] || continue
        mkdir -p "$top/${group}" && echo 1 >"$top/${group}/pids.max" && ln -sfn "$top/${group}" '${home}/group' && break
      done`,
      undo: `rmdir "$(readlink '${home}/group')"`,
      ask: { steps: [["join", `${home}/group`]] },
    },
    at("a session of its own", ["session", ""]),
  ],
});

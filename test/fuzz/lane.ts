/**
 * A folder in memory, seen by one shell that runs for a whole test: it runs scripts one after the other, in a mount
 * and a PID namespace of its own, where few processes are to be looked at and nobody waits for a program to settle.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Cut, cutWords } from "../crash/cutter.ts";

export interface Lane {
  /** The folder's path inside. */
  folder: string;
  /** A path inside, for this process. */
  inside(path: string): string;
  /** Runs a line of sh and waits for its end. */
  line(words: string): Promise<void>;
  /** Runs a script with the host's sh; exit status 137 when it was cut off. */
  run(script: string, how?: { cut?: Cut | undefined; words?: string }): Promise<LaneRun>;
  close(): Promise<void>;
}

export interface LaneRun {
  status: number;
  stdout: string;
  stderr: string;
}

/** @param cut the tracer of test/crash */
export async function openLane(cut: string): Promise<Lane> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "interpose-fuzz-")));
  const rootless = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const shell = spawn(
    "unshare",
    [
      "--mount",
      "--pid",
      "--fork",
      "--mount-proc",
      "--kill-child",
      ...rootless,
      "/bin/sh",
      "-c",
      server,
      "sh",
      folder,
    ],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: { PATH: `${folder}/home/first:/usr/sbin:/usr/bin:/sbin:/bin`, LANG: "C.UTF-8" },
    },
  );
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { done, value } = await lines.next();
    if (done) throw new Error("the shell of a lane has ended");
    return value;
  };
  await next();
  const pid = childOf(shell);
  const inside = (path: string) => `/proc/${pid}/root${path}`;
  const line = async (words: string) => {
    shell.stdin.write(`${words}\n`);
    await next();
  };
  const home = join(folder, "home");
  mkdirSync(inside(join(home, "first")), { recursive: true });
  symlinkSync("/bin/true", inside(join(home, "first/sleep")));
  writeFileSync(inside(join(home, "cut")), readFileSync(cut), { mode: 0o755 });
  const read = (name: string) => readFileSync(inside(join(home, name)), "utf8");
  return {
    ...{ folder, inside, line },
    async run(script, { cut: at, words = "" } = {}) {
      writeFileSync(inside(join(home, "script")), script);
      const traced = at ? `home/cut home/operations ${cutWords(at).join(" ")} ` : "";
      await line(
        `${traced}/bin/sh home/script ${words} >home/out 2>home/err </dev/null; echo $? >home/status`,
      );
      return { status: Number(read("status")), stdout: read("out"), stderr: read("err") };
    },
    async close() {
      shell.stdin.end();
      if (shell.exitCode === null) await once(shell, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Compiles the program whose versions are put in each other's place. */
export function compileVersion(folder: string): Buffer {
  const target = join(folder, "version");
  execFileSync("gcc", ["-O1", "-s", "-o", target, join(import.meta.dirname, "../fixtures/fuzz/version.c")]);
  return readFileSync(target);
}

// ---

/** The logs go to a /tmp of its own, in which the folder is found under the same path. */
const server = `set -e
mount -t tmpfs -o size=32m,mode=755 tmpfs "$1"
mkdir "$1/home" "$1/home/tmp"
case $1 in /tmp/*) mkdir -p "$1/home$1" && mount --bind "$1" "$1/home$1" ;; esac
mount --rbind "$1/home/tmp" /tmp
set +e
cd "$1" || exit
echo ready
while read -r line; do
	eval "$line"
	echo
done`;

const childOf = ({ pid }: ChildProcess): string =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();

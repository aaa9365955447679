/**
 * Makes calls of real processes as odd as a caller can make them, where /tmp is private: see
 * fixtures/transparency/caller.c for what does the work. Without the right to mount, /tmp is the host's own.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";

export type Word = string | Buffer;

export interface Call {
  /** The path that is given to execve(2). */
  path: string;
  /** The path, unless given; null for no words at all. */
  argv0?: Word | null;
  words?: Word[];
  environment?: Word[];
  /** What the caller does to itself before it calls, such as `["umask", "077"]`. */
  steps?: [name: string, value: Word][];
  /** A signal sent once the process has written `ready`. */
  send?: number;
}

export interface Outcome {
  /** An exit status, a signal's name, or `late` for a call that had to be killed. */
  ended: number | string;
  pid: number;
  stdout: Buffer;
  stderr: Buffer;
}

export interface Caller {
  /** A scratch folder, the same inside and outside. */
  folder: string;
  /** What calls see as /tmp. */
  tmp: string;
  privateTmp: boolean;
  root: boolean;
  call(call: Call): Promise<Outcome>;
  /** Makes a link lead elsewhere, in one step. */
  turn(link: string, target: string): void;
  unlink(path: string): void;
  /** Runs a line of sh where the calls are made. @throws when it fails */
  shell(line: string): Promise<void>;
  close(): Promise<void>;
}

const fixture = (name: string): string => join(import.meta.dirname, "../fixtures/transparency", name);

export function compileC(source: string, target: string, ...flags: string[]): void {
  execFileSync("gcc", ["-O1", "-o", target, fixture(source), ...flags]);
}

/** @param below where its scratch folder is made; not in /tmp for calls that find another /tmp */
export async function openCaller(below = tmpdir()): Promise<Caller> {
  const folder = realpathSync(mkdtempSync(join(below, "interpose-transparency-")));
  // Calls of other users come here too.
  chmodSync(folder, 0o755);
  try {
    return await openIn(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function openIn(folder: string): Promise<Caller> {
  const program = join(folder, "caller");
  compileC("caller.c", program, "-lutil");
  const root = process.getuid?.() === 0;
  const namespace = ["--mount", ...(root ? [] : ["--user", "--map-root-user"])];
  const privateTmp = spawnSync("unshare", [...namespace, "true"]).status === 0;
  const tmp = privateTmp ? join(folder, "tmp") : "/tmp";
  if (privateTmp) execFileSync("mkdir", ["-m", "1777", tmp]);
  const command = privateTmp
    ? ["unshare", ...namespace, "sh", "-euc", mounts(folder), "sh", program]
    : [program];
  // When this process is killed, the caller ends with its stdin, and the folder goes too.
  const line = 'trap : INT TERM; "$@"; rm -rf "$0"';
  const child = spawn("sh", ["-c", line, folder, ...command], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child, "spawn");

  const stdin = child.stdin as Writable;
  const answers = readAnswers(child.stdout as Readable);
  const send = (...words: Word[]) => {
    for (const word of words) {
      stdin.write(word);
      stdin.write("\0");
    }
  };
  const answer = async (): Promise<Outcome> => {
    const { value, done } = await answers.next();
    if (done) throw new Error("the caller has ended");
    // So it says when it could not do what the test asked of it.
    if (value.stderr.toString().startsWith("caller: ")) throw new Error(value.stderr.toString());
    return value;
  };
  return {
    folder,
    tmp,
    privateTmp,
    root,
    call({ path, argv0 = path, words = [], environment = [], steps = [], send: signal }) {
      stdin.cork();
      send("path", path);
      if (argv0 !== null) send("arg", argv0);
      for (const word of words) send("arg", word);
      for (const entry of environment) send("env", entry);
      for (const [name, value] of steps) send(name, value);
      if (signal !== undefined) send("send", String(signal));
      send("go", "");
      stdin.uncork();
      return answer();
    },
    turn: (link, target) => send("turn", `${link} ${target}`),
    unlink: (path) => send("unlink", path),
    async shell(line) {
      send("shell", line);
      const { ended } = await answer();
      if (ended !== 0) throw new Error(`${line}: ended with ${ended}`);
    },
    close: () => close(child, folder),
  };
}

// ---

/** Puts a folder of the scratch folder in the place of /tmp, and the scratch folder back into it. */
function mounts(folder: string): string {
  const inside =
    dirname(folder) === "/tmp"
      ? `mkdir tmp/${basename(folder)}; mount --bind . tmp/${basename(folder)};`
      : "";
  return `cd '${folder}'; ${inside} mount --rbind tmp /tmp; cd '${folder}'; exec "$1"`;
}

async function close(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.stdin?.end();
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
}

async function* readAnswers(stream: Readable): AsyncGenerator<Outcome, void> {
  const chunks = stream[Symbol.asyncIterator]();
  let kept = Buffer.alloc(0);
  const take = async (count: number): Promise<Buffer> => {
    const parts = [kept];
    for (let have = kept.length; have < count; ) {
      const next = await chunks.next();
      if (next.done) throw new Error("the caller has ended");
      parts.push(next.value);
      have += next.value.length;
    }
    const all = parts.length === 1 ? kept : Buffer.concat(parts);
    kept = all.subarray(count);
    return all.subarray(0, count);
  };
  for (;;) {
    let line = "";
    while (!line.endsWith("\n")) line += (await take(1)).toString();
    const [status = 0, pid = 0, out = 0, err = 0] = line.split(" ").map(Number);
    yield { ended: ending(status), pid, stdout: await take(out), stderr: await take(err) };
  }
}

function ending(status: number): number | string {
  if (status === -1) return "late";
  const signal = status & 0x7f;
  if (signal === 0) return status >> 8;
  const names = Object.entries(constants.signals);
  return names.find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;
}

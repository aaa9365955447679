/**
 * A machine of its own for a test, as far as the command-line tool can see: /tmp and /var/lib are folders of a
 * scratch folder, in a mount namespace, so that nothing is left and tests don't meet. Without the right to mount,
 * the host's own are used.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, inject } from "vitest";
import { listing } from "./listing.ts";

export interface Ran {
  /** Exit status; 128 and the signal's number when a signal ended it. */
  status: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** A user without privileges; the one that runs the tests unless given. */
  as?: "nobody";
  env?: Record<string, string>;
  input?: string | Buffer;
  /** In a process group of its own, which a script can kill as a power cut would. */
  ownGroup?: boolean;
}

export interface PrivateHost {
  /** The scratch folder, under the same path inside and outside. */
  folder: string;
  /** Runs a program inside, in the scratch folder. */
  run(words: string[], options?: RunOptions): Promise<Ran>;
  /** Runs the built tool inside. */
  interpose(words: string[], options?: RunOptions): Promise<Ran>;
  /** Runs a line of sh inside, as who runs the tests. @throws when it fails */
  shell(line: string): Promise<string>;
  /** The words of a command that runs inside, in the scratch folder, as who runs the tests. */
  enter(words: string[]): string[];
  /** A path inside as the tests can read it. */
  inside(path: string): string;
  /** Everything in the scratch folder, with /tmp, /var/lib and the home of `nobody`. */
  listing(times: "all" | "content"): string;
}

// What a group may write to is refused.
process.umask(0o022);

const isRoot = process.getuid?.() === 0;
const userNamespace = isRoot ? [] : ["--user", "--map-root-user"];
const canMount = spawnSync("unshare", ["--mount", ...userNamespace, "true"]).status === 0;

/** What the tests may do here; a test that can't run names what it lacks. */
export const can = {
  /** Mount file systems in a namespace of their own. */
  mount: canMount,
  /** Become another user and set attributes: root itself, not in a namespace. */
  beRoot: isRoot && canMount,
};

/** The user number of `nobody`, and of its group. */
const nobody = 65534;

const opened: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(opened.map((end) => end()));
});

export interface PrivateHostOptions {
  /** Options of a tmpfs that all of it is kept in; only where the tests can mount. */
  tmpfs?: string;
}

/** Gone when the tests of the file are over. */
export async function privateHost({ tmpfs = "" }: PrivateHostOptions = {}): Promise<PrivateHost> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "interpose-e2e-")));
  chmodSync(folder, 0o755);
  for (const [name, mode] of [
    ["home", 0o755],
    [".host", 0o755],
    [".host/tmp", 0o1777],
    [".host/lib", 0o755],
  ] as const) {
    mkdirSync(join(folder, name));
    chmodSync(join(folder, name), mode);
  }
  if (isRoot) chownSync(join(folder, "home"), nobody, nobody);
  const holder = canMount ? await openNamespace(folder, tmpfs) : undefined;
  opened.push(() => close(folder, holder));

  const inside = (path: string) => (holder ? `/proc/${holder.pid}/root${path}` : path);
  const enter = holder
    ? [
        "nsenter",
        "--target",
        String(holder.pid),
        "--mount",
        ...(isRoot ? [] : ["--user", "--preserve-credentials"]),
        "--",
      ]
    : [];
  const run = (words: string[], options: RunOptions = {}): Promise<Ran> => {
    const { as, env = {}, ownGroup = false } = options;
    const identity = as ? ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--"] : [];
    const home = join(folder, "home");
    const unprivileged = as || !isRoot;
    const environment = {
      ...{ PATH: process.env.PATH ?? "/usr/bin:/bin", LANG: "C.UTF-8", NO_COLOR: "1" },
      ...(unprivileged ? { HOME: home, XDG_STATE_HOME: join(home, "state") } : { HOME: "/root" }),
      ...env,
    };
    return collect(
      [...enter, ...identity, "env", "-C", folder, ...words],
      environment,
      ownGroup,
      options.input,
    );
  };
  return {
    folder,
    run,
    enter: (words) => [...enter, "env", "-C", folder, ...words],
    interpose: (words, options) => run([process.execPath, inject("interpose"), ...words], options),
    async shell(line) {
      const { status, stdout, stderr } = await run(["sh", "-euc", line]);
      if (status !== 0) throw new Error(`${line}: exit status ${status}: ${stderr}`);
      return stdout;
    },
    inside,
    listing: (times) =>
      listing(inside(folder), {
        times,
        without: [...seenInTmp(folder).map((path) => `.host${/^\/tmp\/[^/]+/.exec(path)}`), ".host/lib/dpkg"],
      })
        .split("\n")
        // Any program may make a file in /tmp for a moment.
        .map((line) => (line.startsWith(".host/tmp ") ? line.replace(/ modified .*/, "") : line))
        .join("\n"),
  };
}

// ---

/** What has to be found in the place of /tmp too: a scratch folder, and the tool when it lies there. */
export const seenInTmp = (folder: string): string[] =>
  [folder, resolve(import.meta.dirname, "../..")].filter((path) => path.startsWith("/tmp/"));

async function openNamespace(folder: string, tmpfs: string): Promise<ChildProcess> {
  const script = [
    'folder=$1 tmpfs=$2; shift 2; cd "$folder"',
    'if [ -n "$tmpfs" ]; then',
    // What was made on the disk so far is made there too.
    '\tmount -t tmpfs -o "$tmpfs" tmpfs "$folder"; cp -a . "$folder"; cd "$folder"',
    "fi",
    "if [ -d /var/lib/dpkg ]; then mkdir .host/lib/dpkg; mount --bind /var/lib/dpkg .host/lib/dpkg; fi",
    "mount --rbind .host/lib /var/lib",
    'for seen in "$@"; do mkdir -p ".host$seen"; mount --bind "$seen" ".host$seen"; done',
    "mount --rbind .host/tmp /tmp",
    "echo ready",
    "exec cat >/dev/null",
  ].join("\n");
  const holder = spawn(
    "unshare",
    ["--mount", ...userNamespace, "sh", "-euc", script, "sh", folder, tmpfs, ...seenInTmp(folder)],
    { stdio: ["pipe", "pipe", "inherit"], detached: true },
  );
  const [ready] = await Promise.race([once(holder.stdout, "data"), once(holder, "exit")]);
  if (!Buffer.isBuffer(ready)) throw new Error(`a mount namespace could not be made: exit status ${ready}`);
  return holder;
}

async function close(folder: string, holder: ChildProcess | undefined): Promise<void> {
  if (holder && holder.exitCode === null && holder.signalCode === null) {
    holder.stdin?.end();
    await once(holder, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
}

async function collect(
  [program = "", ...args]: string[],
  env: Record<string, string>,
  ownGroup: boolean,
  input: string | Buffer | undefined,
): Promise<Ran> {
  const child = spawn(program, args, { env, detached: ownGroup, stdio: ["pipe", "pipe", "pipe"] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return {
    status: code ?? 128 + (signal ? constants.signals[signal] : 0),
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

/**
 * A machine of its own as far as files go: an overlay on the root folder, entered with chroot in a mount namespace.
 * What programs install or remove there is gone with it.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { type Ran, seenInTmp } from "./private-host.ts";

export interface OverlayHost {
  /** Runs lines of sh inside, as root. */
  run(lines: string): Promise<Ran>;
  /** The same. @throws when they fail */
  shell(lines: string): Promise<string>;
  /** Runs the built tool inside. */
  interpose(...words: string[]): Promise<Ran>;
  /** The words of a command that runs inside, as root. */
  enter(words: string[]): string[];
  /** A path inside as the tests can read it. */
  inside(path: string): string;
  /** Of the process that holds its namespaces. */
  pid: number;
  close(): Promise<void>;
}

export interface OverlayOptions {
  /** A folder whose files are laid over the machine's own. */
  layer?: string;
  /** With processes and a network of its own, which has no way out yet. */
  alone?: boolean;
}

/** Whether this process may make one; where not, the test names it. */
export const canOverlay =
  process.getuid?.() === 0 &&
  spawnSync("unshare", [
    "--mount",
    "sh",
    "-euc",
    "mount -t tmpfs tmpfs /mnt; mkdir /mnt/a /mnt/u /mnt/w; mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w overlay /mnt/a",
  ]).status === 0;

/** Gone when the test is. */
export async function overlayHost(): Promise<OverlayHost> {
  const host = await openOverlay();
  onTestFinished(() => host.close());
  return host;
}

export async function openOverlay({ layer = "", alone = false }: OverlayOptions = {}): Promise<OverlayHost> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "interpose-host-")));
  const script = [
    'folder=$1 layer=$2; shift 2; cd "$folder"',
    "mount -t tmpfs tmpfs .",
    // The folder that was entered lies below the mount.
    'cd "$folder"',
    "mkdir upper work root",
    // A layer below cannot be within the machine's own files, which are one.
    'if [ -n "$layer" ]; then cp -a "$layer/." upper; fi',
    "mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay root",
    "mount -t proc proc root/proc",
    "mount --rbind /dev root/dev",
    "mount -t tmpfs tmpfs root/tmp; chmod 1777 root/tmp",
    'for seen in "$@"; do mkdir -p "root$seen"; mount --bind "$seen" "root$seen"; done',
    "mount -t tmpfs tmpfs root/run",
    'rm -rf "root/var/lib/interpose"',
    ...(alone ? ["ip link set lo up"] : []),
    "echo ready",
    "exec cat >/dev/null",
  ].join("\n");
  const namespaces = ["--mount", ...(alone ? ["--net", "--pid", "--fork", "--kill-child"] : [])];
  const holder = spawn(
    "unshare",
    [...namespaces, "sh", "-euc", script, "sh", folder, layer, ...seenInTmp("")],
    {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
    },
  );
  const [ready] = await Promise.race([once(holder.stdout, "data"), once(holder, "exit")]);
  if (!Buffer.isBuffer(ready)) throw new Error(`an overlay could not be made: exit status ${ready}`);

  const pid = alone ? childOf(holder.pid) : Number(holder.pid);
  const root = join(folder, "root");
  const entered = ["--mount", ...(alone ? ["--net", "--pid"] : [])];
  const enter = ["nsenter", "--target", String(pid), ...entered, "--", "/usr/sbin/chroot", root];
  const run = (lines: string) => collect([...enter, "sh", "-euc", `cd /tmp\n${lines}`]);
  return {
    run,
    shell: shellBy(run),
    enter: (words) => [...enter, ...words],
    interpose: (...words) => collect([...enter, process.execPath, inject("interpose"), ...words]),
    inside: (path) => `/proc/${pid}/root${root}${path}`,
    pid,
    close: () => close(folder, holder),
  };
}

/** The same as `run` for lines that have to succeed. */
export const shellBy =
  (run: OverlayHost["run"]): OverlayHost["shell"] =>
  async (lines) => {
    const { status, stdout, stderr } = await run(lines);
    if (status !== 0) throw new Error(`${lines}: exit status ${status}: ${stdout}${stderr}`);
    return stdout;
  };

export async function collect([program = "", ...args]: string[]): Promise<Ran> {
  const env = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...{ HOME: "/root", LANG: "C.UTF-8", NO_COLOR: "1", DEBIAN_FRONTEND: "noninteractive" },
  };
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return {
    status: code ?? 255,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

// ---

const childOf = (pid: number | undefined): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0]);

async function close(folder: string, holder: ChildProcess): Promise<void> {
  if (holder.exitCode === null && holder.signalCode === null) {
    holder.stdin?.end();
    await once(holder, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
}

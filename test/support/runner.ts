/**
 * A host on which a runner as PeerTube's transcribes: a real unit of a real user manager of systemd's, which finds a
 * stand-in for whisper-ctranslate2 on its PATH. /usr/local and /etc are the test's own.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import { type PrivateHost, privateHost, type Ran } from "./private-host.ts";
import { managed, userManager } from "./user-manager.ts";

export const unit = "peertube-runner.service";
export const binary = "/usr/local/bin/whisper-ctranslate2";

/** What the runner says of one run of the transcriber. */
export interface Try {
  pid: number;
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Whether its output was still held open after it had ended. */
  held?: boolean;
  error?: string;
}

export interface Result {
  /** PID of the runner. */
  runner: number;
  version: Try;
  tries: Try[];
  stopped?: boolean;
  /** What came on standard error. */
  suspicious: string[];
}

export interface Job {
  media: string;
  /** By its path instead of its name. */
  engine?: string;
  /** Milliseconds from SIGTERM to SIGKILL. */
  grace?: number;
}

export interface Runner extends PrivateHost {
  /** The folder of recordings. */
  media: string;
  begin(name: string, job: Job): void;
  /** Waits until its transcriber is at work. @returns the PID that the runner knows */
  atWork(name: string): Promise<number>;
  stop(name: string): void;
  ended(name: string): Promise<Result>;
  /** What the transcriber wrote into a file of the job's output; nothing when it didn't. */
  wrote(name: string, file: string): string | undefined;
  /** The processes of the unit, but for the runner itself. */
  children(): number[];
  /** PID of the runner, and how often it was started anew. */
  unitState(): Promise<string>;
  /** Runs the tool as an administrator does. */
  admin(...words: string[]): Promise<Ran>;
}

const fixtures = resolve(import.meta.dirname, "../fixtures/peertube");

/** @param owned whether the transcriber is in the home of the runner's user, and a link leads there, as pip has it for one user */
export async function startRunner({ owned = false } = {}): Promise<Runner> {
  const host = await privateHost();
  const home = join(host.folder, "home");
  const work = join(home, "runner");
  const media = join(host.folder, "media");
  makeMedia(media);
  await host.shell(
    [
      "mkdir .host/over; mount -t tmpfs tmpfs .host/over",
      ...["/usr/local", "/etc"].flatMap((folder, index) => {
        const at = `.host/over/${index}`;
        const options = `lowerdir=${folder},upperdir=${at}/upper,workdir=${at}/work`;
        return [`mkdir -p ${at}/upper ${at}/work`, `mount -t overlay overlay -o ${options} ${folder}`];
      }),
      "rm -rf /etc/cron.d/* /etc/systemd/user",
      "mkdir -p /usr/local/bin /usr/local/lib/node_modules/@peertube/peertube-runner/dist",
    ].join("\n"),
  );
  const put = (from: string, to: string) => {
    cpSync(from, host.inside(to));
    chmodSync(host.inside(to), 0o755);
  };
  const transcriber = owned ? join(home, ".local/bin/whisper-ctranslate2") : binary;
  mkdirSync(join(home, ".local/bin"), { recursive: true });
  put(join(fixtures, "whisper-ctranslate2"), transcriber);
  if (owned) await host.shell(`ln -s ${transcriber} ${binary}`);
  const program = "/usr/local/lib/node_modules/@peertube/peertube-runner/dist/peertube-runner.mjs";
  put(join(fixtures, "runner.mjs"), program);
  await host.shell(`ln -s ${program} /usr/local/bin/peertube-runner`);
  const [tool, sudo] = [
    `#!/bin/sh\nexec ${process.execPath} ${inject("interpose")} "$@"\n`,
    '#!/bin/sh\nexec "$@"\n',
  ];
  for (const [name, text] of Object.entries({ interpose: tool, sudo })) {
    writeFileSync(host.inside(`/usr/local/bin/${name}`), text, { mode: 0o755 });
  }

  const units = join(home, ".config/systemd/user");
  mkdirSync(units, { recursive: true });
  mkdirSync(work);
  writeFileSync(join(units, unit), unitText(work));
  await host.shell("chown -R nobody: home");
  await userManager(host);
  const systemctl = (...words: string[]) =>
    host.run(["systemctl", "--user", ...words], { as: "nobody", env: managed });
  const started = await systemctl("start", unit);
  if (started.status !== 0) throw new Error(`the runner did not start: ${started.stderr}`);
  // There is a manager for the user's services alone.
  await host.shell("rmdir /run/systemd/system");

  const inWork = (path: string) => host.inside(join(work, path));
  const until = async <Value>(what: string, find: () => Value | undefined): Promise<Value> => {
    for (let tries = 0; tries < 3000; tries++) {
      const found = find();
      if (found !== undefined) return found;
      await sleep(20);
    }
    throw new Error(`${what} did not come to be: ${readdirSync(work, { recursive: true }).join(" ")}`);
  };
  const read = (path: string) => (existsSync(inWork(path)) ? readFileSync(inWork(path), "utf8") : undefined);
  await until("the runner's last folder", () => existsSync(inWork("transcripts")) || undefined);
  const unitState = async () => (await systemctl("show", "-p", "MainPID", "-p", "NRestarts", unit)).stdout;
  const main = /MainPID=(\d+)/.exec(await unitState())?.[1] ?? "";
  const namespace = ofProcess(main, (at) => readlinkSync(`${at}/ns/mnt`));
  return {
    ...host,
    media,
    begin(name, job) {
      writeFileSync(inWork(`jobs/.${name}`), JSON.stringify(job));
      chownSync(inWork(`jobs/.${name}`), 65534, 65534);
      execFileSync("mv", [inWork(`jobs/.${name}`), inWork(`jobs/${name}.json`)]);
    },
    async atWork(name) {
      await until(`the work on ${name}`, () => read(`transcripts/${name}/begun`) || undefined);
      return Number(read(`running/${name}`));
    },
    stop: (name) => writeFileSync(inWork(`stop/${name}`), ""),
    ended: async (name) =>
      JSON.parse(await until(`the end of ${name}`, () => read(`results/${name}.json`))) as Result,
    wrote: (name, file) => read(`transcripts/${name}/${file}`),
    children() {
      const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
      const ofUnit = (at: string) =>
        readFileSync(`${at}/cgroup`, "utf8").includes(`/${unit}`) &&
        readlinkSync(`${at}/ns/mnt`) === namespace;
      return all.filter((pid) => pid !== main && ofProcess(pid, ofUnit)).map(Number);
    },
    unitState,
    admin: (...words) => host.interpose(words),
  };
}

// ---

/** As in PeerTube's documentation, for a user's manager. */
const unitText = (work: string): string => `[Unit]
Description=PeerTube runner daemon

[Service]
Type=simple
Environment=NODE_ENV=production PATH=/usr/local/bin:/usr/bin:/bin
ExecStart=${process.execPath} /usr/local/bin/peertube-runner server
WorkingDirectory=${work}
SyslogIdentifier=prunner
Restart=always
NoNewPrivileges=true
`;

/** @returns nothing when it has ended */
function ofProcess<Value>(pid: string, look: (at: string) => Value): Value | undefined {
  try {
    return look(`/proc/${pid}`);
  } catch {
    return undefined;
  }
}

/** Recordings of ten seconds and of two hours, and what is none; names with all that breaks careless wrappers. */
function makeMedia(folder: string): void {
  mkdirSync(folder);
  const ffmpeg = (...words: string[]) => execFileSync("ffmpeg", ["-v", "error", ...words], { cwd: folder });
  const sources = [
    "-f",
    "lavfi",
    "-i",
    "testsrc=size=64x36:rate=5",
    "-f",
    "lavfi",
    "-i",
    "sine=440:sample_rate=8000",
  ];
  ffmpeg(...sources, "-t", "10", "-c:a", "aac", "-b:a", "8k", "-shortest", "short.mp4");
  ffmpeg("-stream_loop", "719", "-i", "short.mp4", "-c", "copy", "long.mp4");
  writeFileSync(join(folder, "broken.mp4"), "This is no recording.\n");
  for (const name of [
    'two words  \'and "more" $(id) * é.mp4',
    "new\nline.mp4",
    "slow.mp4",
    "stubborn.mp4",
    "failing.mp4",
  ])
    cpSync(join(folder, "short.mp4"), join(folder, name));
  cpSync(join(folder, "long.mp4"), join(folder, "slow long.mp4"));
}

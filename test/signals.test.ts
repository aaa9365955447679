/**
 * A signal that comes before the wrapper's exec does what it does on a direct call: the call dies by it, at once, and so
 * does what it has started to find out a fact. Each is sent at random moments, from before bash has read a line.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileC } from "./support/caller.ts";
import { placeByHand } from "./support/place-by-hand.ts";
import { sharedFolder } from "./support/scratch.ts";

const { SIGALRM, SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGQUIT, SIGTERM, SIGUSR1, SIGXFSZ } = constants.signals;
const times = process.env.CI ? 500 : 100;
const name = `signals-${process.pid}`;
const logs = `/tmp/interpose-${process.getuid?.()}`;

let folder = "";
let plain = "";
let asking = "";
beforeAll(() => {
  folder = sharedFolder();
  compileC("../signals/sender.c", join(folder, "sender"));
  const place = (file: string, policy: string) => {
    const binary = join(folder, file);
    copyFileSync("/usr/bin/tail", binary);
    placeByHand({ file: `name: ${name}-${file}\nbinary: ${binary}\n${policy}`, keepName: false });
    return binary;
  };
  plain = place("plain", "");
  asking = place(
    "asking",
    `facts: { length: { mediaDuration: operand(0) } }
routes:
  - { name: long, when: 'length > duration("1h")' }
  - { name: other }
`,
  );
  writeFileSync(join(folder, "talk.mp3"), "");
  // Programs of its own, as wrappers of ffprobe have them; they are told apart by the directory.
  writeFileSync(
    join(folder, "ffprobe"),
    `#!/bin/sh\necho >>${folder}/asked\n${folder}/slow 30 & ${folder}/slow 30\n`,
  );
  chmodSync(join(folder, "ffprobe"), 0o755);
  copyFileSync("/bin/sleep", join(folder, "slow"));
  mkdirSync(join(folder, "quick"));
  writeFileSync(join(folder, "quick/ffprobe"), "#!/bin/sh\necho 60.0\n", { mode: 0o755 });
});
afterAll(() => {
  for (const file of readdirSync(logs)) if (file.startsWith(`${name}-`)) rmSync(join(logs, file));
});

/** How many of so many calls didn't die by the signal, and after how many somebody was left. */
async function send(
  signal: number,
  count: number,
  microseconds: number,
  path: string,
  words: string[],
  programs = folder,
) {
  const env = { PATH: `${programs}:/usr/bin:/bin`, HOME: "/", SHLVL: "1", _: "/usr/bin/env", PWD: folder };
  const args = [count, signal, microseconds, path, ...words].map(String);
  const child = spawn(join(folder, "sender"), args, {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const piece of child.stdout) text += piece;
  const [lost, held] = text.trim().split(" ").map(Number);
  return { lost, held };
}

/** The programs that were started for a fact and run yet. */
const left = () =>
  readdirSync("/proc").filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith(`${folder}/slow\0`)
      );
    } catch {
      return false;
    }
  });

/** SIGXFSZ is ignored for a moment while the record is written, as a file that may not grow sends it. */
const each = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM, SIGPIPE, SIGXFSZ, SIGKILL };

describe("before the exec", () => {
  test.each(Object.entries(each).filter(([, number]) => number !== SIGXFSZ))(
    "%s ends the call",
    async (_, number) => {
      expect(await send(number, times, 12_000, plain, ["-f", "talk.mp3"])).toEqual({ lost: 0, held: 0 });
    },
    600_000,
  );
});

describe("while ffprobe is asked", () => {
  test.each(Object.entries(each))(
    "%s ends the call and what it has started",
    async (_, number) => {
      rmSync(join(folder, "asked"), { force: true });
      const count = Math.ceil(times / 3);
      expect(await send(number, count, 120_000, asking, ["-f", "talk.mp3"])).toEqual({
        lost: 0,
        held: 0,
      });
      // Some came that late.
      expect(existsSync(join(folder, "asked"))).toBe(true);
      for (let turn = 0; turn < 100 && left().length > 0; turn++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(left()).toEqual([]);
    },
    600_000,
  );

  test.each(Object.entries(each).filter(([, number]) => number !== SIGXFSZ))(
    "%s ends the call, about when the answer comes",
    async (_, number) => {
      const words = ["-f", "talk.mp3"];
      const { lost = times, held } = await send(number, times, 60_000, asking, words, join(folder, "quick"));
      // The trap by which a script goes on where it can't fork makes bash catch deadly signals, and forget one that comes
      // in the moment before its exec: a known limit of the script, see docs/transparency.md.
      expect(lost).toBeLessThanOrEqual(times / 100);
      expect(held).toBe(0);
    },
    600_000,
  );

  test("SIGQUIT ends it, too, but for bash's own start, in which bash ignores it", async () => {
    const quit = async (microseconds: number) => {
      const child = spawn(asking, ["-f", "talk.mp3"], {
        cwd: folder,
        env: { PATH: `${folder}:/usr/bin:/bin` },
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => child.on("exit", (_status, signal) => resolve(signal)));
      while (!existsSync(join(folder, "asked"))) await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setTimeout(resolve, microseconds / 1000));
      child.kill("SIGQUIT");
      return ended;
    };
    for (let turn = 0; turn < 20; turn++) {
      rmSync(join(folder, "asked"), { force: true });
      expect(await quit(turn * 500)).toBe("SIGQUIT");
    }
    expect(SIGQUIT).toBe(3);
  }, 600_000);
});

/** The wrapper works where little is there: its policy comes with it, mapped by the kernel. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nativeFile } from "../support/install.ts";
import { compileFixture, type NativePlace, nativePlace, tellCall } from "../support/native-place.ts";
import { can } from "../support/private-host.ts";
import { scratchFolder, sharedFolder } from "../support/scratch.ts";

const words = ["in.wav", "-v"];
const changed = ["in.wav", "-v", "--more"];
const policy = 'routes:\n  - name: more\n    when: flag("-v")\n    append: [--more]\n  - name: rest\n';

let tell: string;
let at: NativePlace;
beforeAll(() => {
  tell = compileFixture("native-tell", join(sharedFolder(), "tell"));
});
beforeEach(() => {
  at = nativePlace(scratchFolder(), tell, policy);
  chmodSync(at.folder, 0o755);
});

/** Runs words of a command that ends in a call of the wrapper. */
function expectDecided(...[program = "", ...rest]: string[]): void {
  const { status, signal, stderr, argv } = tellCall(program, rest);
  expect({ status, signal, stderr, words: argv?.slice(1) }).toEqual({
    ...{ status: 0, signal: null, stderr: "" },
    words: changed,
  });
}

describe("the wrapper decides, and runs the real binary,", () => {
  test("with mode 0711, as another user", ({ skip }) => {
    skip(!can.beRoot, "only root can become another user");
    chmodSync(at.wrapper, 0o711);
    expectDecided("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", at.binary, ...words);
    expect(at.hasLog(65534)).toBe(true);
  });

  test("in 4 MiB of address space", () => {
    expectDecided("prlimit", "--as=4194304", at.binary, ...words);
    expect(at.hasLog()).toBe(true);
  });

  test("with three descriptors, all taken, so that there is no log", () => {
    expectDecided("prlimit", "--nofile=3", at.binary, ...words);
    expect(at.hasLog()).toBe(false);
  });

  test("with no descriptor open at all but for what is printed to", () => {
    expectDecided("sh", "-c", 'exec "$@" <&- 2>&-', "sh", at.binary, ...words);
    expect(at.hasLog()).toBe(true);
  });

  test("without /proc", ({ skip }) => {
    skip(!can.mount, "file systems can't be mounted here");
    const lines = 'mount -t tmpfs none /proc; exec "$@"';
    expectDecided("unshare", "--mount", "sh", "-euc", lines, "sh", at.binary, ...words);
    expect(at.hasLog()).toBe(true);
  });

  test("in a chroot that has nothing else", ({ skip }) => {
    skip(!can.beRoot, "only root can change its root directory");
    const root = join(at.folder, "root");
    mkdirSync(join(root, "bin"), { recursive: true });
    const text = `name: tool\nbinary: /bin/tool\nwrapper: /bin/wrapper\n${policy}`;
    writeFileSync(join(root, "bin/wrapper"), nativeFile(text, "/tool.yaml"), { mode: 0o755 });
    copyFileSync(tell, join(root, "bin/tool-real"));
    symlinkSync("wrapper", join(root, "bin/tool"));
    expectDecided("/usr/sbin/chroot", root, "/bin/tool", ...words);
  });

  test("with a stack of the smallest size", () => {
    expectDecided("prlimit", "--stack=131072", at.binary, ...words);
  });
});

/** Stops the wrapper before its first instruction, changes what is there, and lets it go on. */
async function changedWhileRunning(change: () => void): Promise<void> {
  const stopped = compileFixture("native-stop", join(scratchFolder(), "stop"));
  const child = spawn(stopped, [at.binary, ...words], { env: {}, stdio: ["pipe", "pipe", "pipe"] });
  const output: Buffer[] = [];
  const ready = once(child.stderr, "data");
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  const closed = once(child, "close");
  expect(String((await ready)[0])).toBe("stopped\n");
  change();
  child.stdin.end();
  expect(await closed).toEqual([0, null]);
  const [, , ...passed] = Buffer.concat(output).toString().split("\0");
  expect(passed.slice(0, changed.length)).toEqual(changed);
}

describe("the wrapper that is running decides by its own policy", () => {
  test("after its file was deleted", () => changedWhileRunning(() => rmSync(at.wrapper)));

  test("after another was put in its place", () =>
    changedWhileRunning(() => at.put(Buffer.from(readFileSync("/bin/true")))));
});

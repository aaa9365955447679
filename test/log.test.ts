/** Reading logs: the script on real files in real shells, and what is made of the lines. */
import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { changes } from "../src/log/changes.ts";
import { followLogsScript, type OutputLine, readLogsScript, readOutput } from "../src/log/files.ts";
import { followLogs, type LogReading, type Runner, readLogs } from "../src/log/read.ts";
import { bytesOf, type Entry, factsInSeconds, type LogRecord, readLine } from "../src/log/record.ts";
import { select, sinceTime } from "../src/log/select.ts";
import { humanDuration, humanSize, localTime, showEntry } from "../src/log/show.ts";
import { shellWord, visible } from "../src/log/visible.ts";

const root = process.getuid?.() === 0;
const me = process.getuid?.() ?? 0;
const nobody = 65534;

function found(program: string): boolean {
  const there = (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, program)));
  if (!there && process.env.CI) throw new Error(`${program} is needed for these tests, and is not installed`);
  if (!there) console.warn(`SKIPPED: ${program} is not installed, so it was not tested with`);
  return there;
}

/** A record as it would be written, with `time` or other members of its own. */
function recordOf(own: Partial<LogRecord> = {}): LogRecord {
  return {
    v: 1,
    time: 1_700_000_000.25,
    wrapper: "sample",
    pid: 12,
    ppid: 11,
    uid: me,
    caller: { comm: "caller" },
    cwd: "/srv",
    argv: ["in.mp4"],
    argc: 1,
    execArgv: ["in.mp4"],
    route: "gpu",
    facts: {},
    errors: [],
    preflightUs: 812,
    ...own,
  };
}
const lineOf = (own?: Partial<LogRecord>): string => `${JSON.stringify(recordOf(own))}\n`;
const entryOf = (own?: Partial<LogRecord>, change = (line: string) => line): Entry => {
  const { entry } = readLine(Buffer.from(change(lineOf(own).trimEnd())));
  if (!entry) throw new Error("not a record");
  return entry;
};

describe("a line of a log", () => {
  it("is a record, with the bytes it was written in", () => {
    const line = Buffer.from(lineOf().trimEnd());
    expect(readLine(line, me)).toEqual({ entry: { record: recordOf(), line }, skipped: 0 });
  });

  it.each([
    ["empty", "", 0],
    ["cut off", lineOf().slice(0, 90), 1],
    ["foreign text", "Nov 23 kernel: something", 1],
    ["foreign JSON", '{"a":1}', 1],
    ["no object", "[1]", 1],
    ["null", "null", 1],
    ["another version", lineOf().replace('"v":1', '"v":2'), 1],
    ["a member missing", lineOf().replace('"cwd":"/srv",', ""), 1],
    ["a member of another type", lineOf().replace('"argc":1', '"argc":"1"'), 1],
    ["a time that is none", lineOf().replace("1700000000.25", "1e300"), 1],
    ["another user's name", lineOf({ uid: me + 1 }), 1],
    ["deep", "[".repeat(200_000), 1],
    ["__proto__", '{"__proto__":{"v":1}}', 1],
  ])("%s is skipped, and counted unless empty", (_, text, skipped) => {
    expect(readLine(Buffer.from(text.trimEnd()), me)).toEqual({ skipped });
  });

  it("that is not UTF-8 is skipped", () => {
    expect(readLine(Buffer.from(lineOf({ cwd: "/\u00ff" }).trimEnd(), "latin1"))).toEqual({ skipped: 1 });
  });

  it("with members of a later release is a record still", () => {
    const line = lineOf().replace('"v":1', '"v":1,"later":{"a":[1]}').trimEnd();
    expect(readLine(Buffer.from(line)).entry?.record).toMatchObject({ later: { a: [1] }, argc: 1 });
  });

  it("after a record that was cut off, at any place, is found", () => {
    const first = lineOf({ argv: ['{"v":1,"time":1', "\\", '"'], argc: 3 }).trimEnd();
    const second = Buffer.from(lineOf({ argv: ["second"] }).trimEnd());
    for (let cut = 1; cut < first.length; cut += 1) {
      const { entry, skipped } = readLine(Buffer.concat([Buffer.from(first.slice(0, cut)), second]), me);
      expect({ cut, skipped, argv: entry?.record.argv }).toEqual({ cut, skipped: 1, argv: ["second"] });
      expect(entry?.line).toEqual(second);
    }
  });

  it("can't be forged by an argument", () => {
    const forged = `x\n${lineOf({ argv: ["forged"] })}`;
    const text = lineOf({ argv: [forged, forged.trim()] });
    expect(text.trimEnd()).not.toContain("\n");
    for (let cut = 1; cut < text.length - 2; cut += 1) {
      expect(readLine(Buffer.from(text.slice(0, cut)))).toEqual({ skipped: 1 });
    }
  });

  it("never makes the reader fail", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(lineOf().length), (bytes, at) => {
        const line = Buffer.from(lineOf().trimEnd());
        readLine(Buffer.concat([line.subarray(0, at), bytes, line.subarray(at)]));
        readLine(Buffer.from(bytes));
        readOutput(Buffer.from(bytes));
      }),
    );
  });

  it("gives back the bytes that were not UTF-8", () => {
    const text = String.fromCharCode(0xdcff, 0x61, 0xd83d, 0xde00, 0xdc80, 0xdcc3, 0xe4);
    expect(bytesOf(text)).toEqual(Buffer.from([0xff, 0x61, 0xf0, 0x9f, 0x98, 0x80, 0x80, 0xc3, 0xc3, 0xa4]));
    expect(bytesOf("")).toEqual(Buffer.alloc(0));
  });

  it("tells seconds from bytes by the fraction", () => {
    const entry = entryOf(
      { facts: { length: 20, size: 20 }, argv: ['"facts":{"size":2.5},"errors":'] },
      (line) => line.replace('"length":20', '"length":20.000000'),
    );
    expect(factsInSeconds(entry)).toEqual(new Set(["length"]));
  });
});

describe("selecting", () => {
  const entries = [3, 1, 2, 1].map((time, index) =>
    entryOf({ time, pid: index, route: index === 2 ? null : "gpu" }),
  );
  const pids = (selection: Parameters<typeof select>[1]) =>
    select(entries, selection).map(({ record }) => record.pid);

  it("merges by time, and by arrival where that is the same", () => {
    expect(pids({})).toEqual([1, 3, 2, 0]);
  });
  it.each([
    [{ route: "gpu" }, [1, 3, 0]],
    [{ since: 2 }, [2, 0]],
    [{ last: 2 }, [2, 0]],
    [{ last: 0 }, []],
    [{ last: 9 }, [1, 3, 2, 0]],
    [{ route: "gpu", since: 1, last: 1 }, [0]],
    [{ route: "other" }, []],
  ])("%j", (selection, expected) => {
    expect(pids(selection)).toEqual(expected);
  });

  it("leaves the tool's own probes out, unless they are asked for, before it counts", () => {
    const all = [...entries, entryOf({ time: 9, pid: 7, probe: true })];
    const of = (selection: Parameters<typeof select>[1]) =>
      select(all, selection).map(({ record }) => record.pid);
    expect(of({ last: 2 })).toEqual([2, 0]);
    expect(of({ last: 2, probes: true })).toEqual([0, 7]);
    expect(of({ probes: true, route: "gpu" })).toEqual([1, 3, 0, 7]);
  });

  const now = new Date(2026, 4, 4, 12, 0, 0);
  const seconds = now.getTime() / 1000;
  it.each([
    ["90s", seconds - 90],
    ["30m", seconds - 1800],
    ["1h", seconds - 3600],
    ["1h30m", seconds - 5400],
    ["1.5h", seconds - 5400],
    ["2d", seconds - 172_800],
    ["1w", seconds - 604_800],
    ["2026-05-04", new Date(2026, 4, 4).getTime() / 1000],
    ["2024-02-29", new Date(2024, 1, 29).getTime() / 1000],
    ["2026-05-04T11:30", seconds - 1800],
    ["2026-05-04 11:30:15.5", seconds - 1784.5],
    ["2026-05-04T12:00:00Z", Date.UTC(2026, 4, 4, 12) / 1000],
    ["2026-05-04T12:00+02:00", Date.UTC(2026, 4, 4, 10) / 1000],
  ])("since %s", (text, expected) => {
    expect(sinceTime(text, now)).toBe(expected);
  });
  it.each([
    "",
    "h",
    "1",
    "1y",
    "-1h",
    "1 h",
    "yesterday",
    "2026",
    "2023-02-29",
    "2026-13-01",
    "2026-05-04T25:00",
  ])("since %j is not understood", (text) => {
    expect(sinceTime(text, now)).toBeUndefined();
  });
});

describe("showing", () => {
  const shown = (own: Partial<LogRecord>, change?: (line: string) => string) =>
    showEntry(entryOf(own, change), { colour: false });
  const time = localTime(1_700_000_000.25);

  it("puts a call into one line", () => {
    const own = {
      argv: ["talk one.mp4", "--model", "small"],
      execArgv: ["talk one.mp4", "--model", "medium", "--device", "it's"],
      facts: { length: 20.3, size: 12_345_678, other: null },
      errors: ["other: no such file"],
    };
    expect(shown(own)).toBe(
      `${time}  uid ${me}  caller  gpu  'talk one.mp4' --model [-small-] {+medium --device 'it'\\''s'+}` +
        "  length 20.3 s, size 12.3 MB, other unknown  ! other: no such file  (812 µs)",
    );
  });
  it("says who and that it was denied", () => {
    const text = showEntry(entryOf({ execArgv: null, route: "no", uid: 33, preflightUs: null }), {
      colour: false,
      userName: (uid) => (uid === 33 ? "www-data" : undefined),
    });
    expect(text).toBe(`${time}  www-data (33)  caller  no denied  in.mp4`);
  });
  it("without routes, caller, arguments", () => {
    expect(shown({ route: null, caller: { comm: "" }, argv: [], execArgv: [] })).toBe(
      `${time}  uid ${me}  ?  -  (812 µs)`,
    );
  });
  it("names the unit, if there is one", () => {
    const of = (unit: string | null) => shown({ caller: { comm: "node", cmdline: [], unit, cgroup: "/" } });
    expect(of("peertube-runner.service")).toContain("  node of peertube-runner  gpu  ");
    expect(of("session-3.scope")).toContain("  node of session-3.scope  gpu  ");
    expect(of(null)).toContain("  node  gpu  ");
  });
  it("counts what was left out, and doesn't take it for added", () => {
    const own = { argv: ["a"], argc: 9000, truncated: 8999, execArgc: 9002, execTruncated: 8999 };
    expect(shown({ ...own, execArgv: ["-p", "a", "b"] })).toContain("{+-p+} a b … and 8,999 more");
  });
  it("differs with colour only in colour", () => {
    const own = { argv: ["a", "b"], execArgv: ["a", "c"], errors: ["e"] };
    const text = showEntry(entryOf(own), { colour: true });
    expect(text).toContain("\u001b[32mc\u001b[39m");
    expect(stripVTControlCharacters(text)).toBe(shown(own).replace("[-b-] {+c+}", "b c"));
  });

  it.each([
    ["", "''"],
    ["plain-1", "plain-1"],
    ["{+a+}", "'{+a+}'"],
    ["Grüße 日本 😀", "'Grüße 日本 😀'"],
    ["\u001b[31m", "$'\\x1b[31m'"],
    ["a\nb\tc\r", "$'a\\nb\\tc\\r'"],
    ["it's\\\u0007", "$'it\\'s\\\\\\x07'"],
    ["\u009b2J", "$'\\u009b2J'"],
    ["\u202egpj.exe", "$'\\u202egpj.exe'"],
    ["\u2066\u200b\ufeff\u2028", "$'\\u2066\\u200b\\ufeff\\u2028'"],
    ["\u00a0", "$'\\u00a0'"],
    ["\u{e0041}", "$'\\U000e0041'"],
    ["\udcff\udc80a", "$'\\xff\\x80a'"],
    ["\ud800", "$'\\ud800'"],
  ])("the word %j", (word, expected) => {
    expect(shellWord(word)).toBe(expected);
  });

  it("gives words that a shell reads as they were", () => {
    const word = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 0x24f }),
        fc.constantFrom(0x27, 0x5c, 0x202e, 0xdc80, 0xdcff, 0x1f600),
      ),
      { maxLength: 12 },
    );
    const words = fc.sample(word, 300).map((codes) => String.fromCodePoint(...codes));
    const script = `printf '%s\\0' ${words.map(shellWord).join(" ")}`;
    const read = execFileSync("bash", ["-c", script], { env: { ...process.env, LC_ALL: "C.UTF-8" } });
    expect(read).toEqual(Buffer.concat(words.flatMap((text) => [bytesOf(text), Buffer.from([0])])));
  });

  it("lets nothing through that a terminal would act on, from any member", () => {
    const evil = "\u001b]0;x\u0007\n\u009b\u202e\udc9b\u2029";
    const line = shown({
      argv: [evil],
      execArgv: [evil, `+${evil}`],
      route: evil,
      caller: { comm: evil, cmdline: [evil], unit: evil, cgroup: evil },
      errors: [evil],
      facts: { [evil]: null, [`${evil}2`]: 3 },
      cwd: evil,
      wrapper: evil,
    });
    expect(line).toMatch(/^[ -~µ]*$/);
    const named = showEntry(entryOf(), { colour: false, userName: () => evil });
    expect(named).toMatch(/^[ -~µ]*$/);
    expect(visible("a\u001bb")).toBe("a\\x1bb");
  });

  it.each([
    [0.04, "0 s"],
    [20.3, "20.3 s"],
    [4.1, "4.1 s"],
    [59.99, "59.9 s"],
    [60, "1 min 0 s"],
    [3599.999, "59 min 59 s"],
    [7200, "2 h 0 min"],
    [90_061, "25 h 1 min"],
  ])("%d seconds", (seconds, expected) => expect(humanDuration(seconds)).toBe(expected));
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1000, "1 kB"],
    [12_345_678, "12.3 MB"],
    [999_999_999, "999.9 MB"],
  ])("%d bytes", (bytes, expected) => expect(humanSize(bytes)).toBe(expected));
  it("milliseconds are those of the record", () => {
    expect(localTime(new Date(2026, 0, 2, 3, 4, 5).getTime() / 1000 + 0.006)).toBe("2026-01-02 03:04:05.006");
  });

  it("finds the fewest changes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 }),
        fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 }),
        (from, to) => {
          const all = changes(from, to);
          const without = (kind: string) =>
            all.filter((change) => change.kind !== kind).map(({ word }) => word);
          expect(without("added")).toEqual(from);
          expect(without("removed")).toEqual(to);
        },
      ),
    );
    expect(changes(["x"], ["a", "x", "b"]).map(({ kind }) => kind)).toEqual(["added", "kept", "added"]);
    const many = Array.from({ length: 5000 }, (_, index) => `${index}`);
    expect(changes(many, many.toReversed())).toHaveLength(10_000);
  });
});

// --- The scripts

/** Nothing was left out. */
const whole = { unreadable: [], partly: [], leftOut: 0 };

let tmp = "";
let applets = "";

beforeAll(() => {
  if (!found("busybox")) return;
  // Its own tail, sed, stat and so on, and none of another kind.
  applets = mkdtempSync("/tmp/interpose-test-busybox-");
  execFileSync("busybox", ["--install", "-s", applets]);
  // Not every build makes a link of its own name.
  if (!existsSync(join(applets, "busybox"))) symlinkSync("/bin/busybox", join(applets, "busybox"));
  chmodSync(applets, 0o755);
});
afterAll(() => applets && rmSync(applets, { recursive: true }));
/** A folder in place of /tmp, as open as that. */
function newTmp(): string {
  tmp = mkdtempSync("/tmp/interpose-test-log-");
  chmodSync(tmp, 0o1777);
  const own = tmp;
  onTestFinished(() => rmSync(own, { recursive: true }));
  return own;
}

function folderOf(uid: number, inside = tmp): string {
  const folder = join(inside, `interpose-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (root) chownSync(folder, uid, uid);
  return folder;
}

function put(uid: number, text: string, inside = tmp, name = "sample"): string {
  const file = join(folderOf(uid, inside), `${name}.log`);
  writeFileSync(file, text, { mode: 0o600 });
  if (root) chownSync(file, uid, uid);
  return file;
}

interface Shell {
  name: string;
  command: string[];
  path?: () => string;
}
const shells: Shell[] = [
  ...(found("dash") ? [{ name: "dash", command: ["dash"] }] : []),
  { name: "bash --posix", command: ["bash", "--posix"] },
  ...(found("busybox")
    ? [{ name: "busybox sh", command: ["busybox", "sh"], path: () => `${applets}:/nowhere` }]
    : []),
];
const anyShell = shells[0] as Shell;

/** Runs a script as a runner should: it comes by an input that stays open until the signal. */
const runnerOf =
  ({ command, path }: Shell, asUser?: number): Runner =>
  (script, onLine, signal) =>
    new Promise((resolve, reject) => {
      const busybox = command[0] === "busybox" && applets ? join(applets, "busybox") : undefined;
      const words = [busybox ?? (command[0] as string), ...command.slice(1), "-s"];
      const as = asUser === undefined ? [] : ["setpriv", `--reuid=${asUser}`, "--clear-groups", "--"];
      const [program = "", ...rest] = [...as, ...words];
      const child = spawn(program, rest, {
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...process.env, ...(path && as.length === 0 ? { PATH: path() } : {}) },
      });
      let partial = Buffer.alloc(0);
      child.stdout.on("data", (data: Buffer) => {
        partial = Buffer.concat([partial, data]);
        for (let end = partial.indexOf(10); end >= 0; end = partial.indexOf(10)) {
          onLine(partial.subarray(0, end));
          partial = partial.subarray(end + 1);
        }
      });
      let complaints = "";
      child.stderr.on("data", (data: Buffer) => {
        complaints += data;
      });
      child.stdin.write(script);
      if (signal) signal.addEventListener("abort", () => child.stdin.end());
      else child.stdin.end();
      child.on("error", reject);
      child.on("close", (status) => {
        if (partial.length > 0 || complaints) reject(new Error(`left over: ${partial} ${complaints}`));
        else resolve(status ?? -1);
      });
    });

async function outputOf(shell: Shell, script: string, asUser?: number): Promise<OutputLine[]> {
  const lines: OutputLine[] = [];
  const status = await runnerOf(shell, asUser)(script, (line) => lines.push(readOutput(Buffer.from(line))));
  expect(status).toBe(0);
  return lines.filter(({ kind }) => kind !== "nothing");
}
const texts = (lines: OutputLine[]): string[] =>
  lines.map((line) => (line.kind === "line" ? `${line.owner} ${line.line}` : JSON.stringify(line)));

describe("the scripts", () => {
  const own = "sample'$(touch /tmp/owned)";

  it.each([own, "", "../x", "-n", "a b", "a\nb"])("refuse the name %j", (name) => {
    expect(() => readLogsScript(name)).toThrow(RangeError);
    expect(() => followLogsScript(name, true)).toThrow(RangeError);
  });

  it("are clean", () => {
    if (!found("shellcheck") || !found("shfmt")) return;
    for (const script of [readLogsScript("sample"), followLogsScript("sample", false)]) {
      const input = { input: script, encoding: "utf8" } as const;
      expect(execFileSync("shellcheck", ["--shell=sh", "-"], input)).toBe("");
      expect(execFileSync("shfmt", ["-d", "-ln", "posix"], input)).toBe("");
    }
  });

  describe.each(shells)("in $name", (shell) => {
    it("do nothing when they arrive cut off", () => {
      newTmp();
      put(me, lineOf());
      const busybox =
        shell.command[0] === "busybox" ? join(applets, "busybox") : (shell.command[0] as string);
      const env = { ...process.env, ...(shell.path ? { PATH: shell.path() } : {}) };
      const stdio: ["pipe", "pipe", "ignore"] = ["pipe", "pipe", "ignore"];
      for (const [script, shortest] of [
        [readLogsScript("sample", tmp), 0],
        [followLogsScript("sample", true, tmp), 2500],
      ] as const) {
        const end = script.length - 1;
        const step = (length: number) => (length > end - 90 ? 3 : 61);
        for (let length = shortest; length < end; length += step(length)) {
          const command = shell.command.slice(1);
          const input = script.slice(0, length);
          let output = "";
          try {
            output = execFileSync(busybox, command, { input, env, stdio, encoding: "utf8" });
          } catch (error) {
            output = (error as { stdout: string }).stdout;
          }
          expect({ length, output }).toEqual({ length, output: "" });
        }
      }
    });

    it("print every line with its owner, and end the last one", async () => {
      newTmp();
      put(me, `${lineOf({ argv: ["é\udcff"] })}cut`);
      put(me, "other\n", tmp, "other");
      put(me, "private 1\n\nprivate 2", join(tmp, "systemd-private-abc-some.service-x", "tmp"));
      expect(texts(await outputOf(shell, readLogsScript("sample", tmp)))).toEqual([
        `${me} ${lineOf({ argv: ["é\udcff"] }).trimEnd()}`,
        `${me} cut`,
        `${me} private 1`,
        `${me} `,
        `${me} private 2`,
      ]);
    });

    it("print nothing where nothing is", async () => {
      newTmp();
      expect(await outputOf(shell, readLogsScript("sample", tmp))).toEqual([]);
    });

    it("read no link, FIFO, folder, device, or file of another user", async () => {
      newTmp();
      const secret = join(tmp, "secret");
      writeFileSync(secret, "secret\n");
      const folder = folderOf(me);
      const log = join(folder, "sample.log");
      const read = () => outputOf(shell, readLogsScript("sample", tmp));

      symlinkSync(secret, log);
      expect(await read()).toEqual([]);
      rmSync(log);
      execFileSync("mkfifo", [log]);
      expect(await read()).toEqual([]);
      rmSync(log);
      mkdirSync(log);
      expect(await read()).toEqual([]);
      rmSync(log, { recursive: true });

      // A folder that is a link; one that belongs to another user; names that are no uid.
      put(me, "elsewhere\n", join(tmp, "elsewhere"));
      symlinkSync(join(tmp, "elsewhere", `interpose-${me}`), join(tmp, "interpose-1"));
      symlinkSync(join(tmp, "elsewhere"), join(tmp, "systemd-private-link"));
      mkdirSync(join(tmp, "elsewhere", "systemd-private-x"));
      symlinkSync(join(tmp, "elsewhere"), join(tmp, "elsewhere", "tmp"));
      mkdirSync(join(tmp, "systemd-private-x"));
      symlinkSync(join(tmp, "elsewhere"), join(tmp, "systemd-private-x", "tmp"));
      for (const name of ["interpose-2", "interpose-", `interpose-0${me}`, "interpose-x", "interpose- 1"]) {
        mkdirSync(join(tmp, name));
        writeFileSync(join(tmp, name, "sample.log"), "not this user's\n");
      }
      expect(await read()).toEqual([]);

      if (root) {
        // Another user's folder with a file of root in it, planted by a hard link.
        chownSync(secret, 0, 0);
        linkSync(secret, join(folderOf(nobody), "sample.log"));
        writeFileSync(log, "not root's\n");
        chownSync(log, nobody, nobody);
        expect(await read()).toEqual([]);
      }
    });

    it("end when nobody reads them any more", async () => {
      newTmp();
      put(me, lineOf());
      const [program = "", ...rest] = [...shell.command, "-c", followLogsScript("sample", true, tmp)];
      const child = spawn(program, rest, { stdio: ["pipe", "pipe", "ignore"] });
      child.stdout.once("data", () => child.stdout.destroy());
      const ended = new Promise((resolve) => child.on("exit", resolve));
      expect(await Promise.race([ended.then(() => "ended"), sleep(20_000, "still there")])).toBe("ended");
    });
  });

  it("see lines that come, of files that appear, are replaced or cut, each once and whole", async () => {
    // All shells at once, as each look takes a second.
    await Promise.all(shells.map(followsFiles));
  });

  async function followsFiles(shell: Shell): Promise<void> {
    const own = newTmp();
    const folder = folderOf(me, own);
    const log = join(folder, "sample.log");
    put(me, "old 1\nold 2\n", join(own, "systemd-private-a", "tmp"));
    const got: string[] = [];
    let looks = 0;
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const done = runnerOf(shell)(
      followLogsScript("sample", false, own),
      (output) => {
        const line = readOutput(output);
        if (line.kind === "end") looks += 1;
        if (line.kind === "line") got.push(line.line.toString());
      },
      stop.signal,
    );
    const expectSoon = (lines: string[]) =>
      vi.waitFor(() => expect({ shell: shell.name, got }).toEqual({ shell: shell.name, got: lines }), 20_000);
    await vi.waitFor(() => expect(looks).toBeGreaterThan(0), 20_000);
    writeFileSync(log, "1\n2\npart");
    await expectSoon(["1", "2"]);
    appendFileSync(log, "ial\n3\n");
    await expectSoon(["1", "2", "partial", "3"]);
    got.splice(0);
    renameSync(log, `${log}.1`);
    writeFileSync(log, "new 1\nnew 2, longer than what was there\n");
    await expectSoon(["new 1", "new 2, longer than what was there"]);
    got.splice(0);
    truncateSync(log, 0);
    appendFileSync(log, "cut\n");
    await expectSoon(["cut"]);
    stop.abort();
    expect(await done).toBe(0);
    expect(got).toEqual(["cut"]);
  }

  it.runIf(root)("read all users' files as root, and a user's own as that user", async () => {
    newTmp();
    put(0, lineOf({ uid: 0 }));
    put(nobody, lineOf({ uid: nobody }) + lineOf({ uid: 0, argv: ["forged"] }));
    const all = texts(await outputOf(anyShell, readLogsScript("sample", tmp)));
    expect(all.map((line) => line.split(" ")[0])).toEqual(["0", `${nobody}`, `${nobody}`]);

    const asNobody = await outputOf(anyShell, readLogsScript("sample", tmp), nobody);
    expect(asNobody.map(({ kind }) => kind)).toEqual(["unreadable", "line", "line"]);
    expect(asNobody[0]).toEqual({ kind: "unreadable", owner: 0 });
    chmodSync(join(folderOf(nobody), "sample.log"), 0);
    expect(await outputOf(anyShell, readLogsScript("sample", tmp), nobody)).toEqual([
      { kind: "unreadable", owner: 0 },
      { kind: "unreadable", owner: nobody },
    ]);
  });
});

describe("reading a log", () => {
  /** A runner for whose scripts /tmp is the test's folder. */
  const here: Runner = (script, onLine, signal) =>
    runnerOf(anyShell)(script.replace(/ \/tmp (?=\w+; \}\n$)/, ` ${tmp} `), onLine, signal);

  async function read(selection: Parameters<typeof readLogs>[2]): Promise<[string[], LogReading]> {
    const entries: Entry[] = [];
    const reading = await readLogs(here, "sample", selection, (entry) => entries.push(entry));
    return [entries.map(({ record }) => record.argv.join(" ")), reading];
  }

  it("merges the users' files, and counts what is no record", async () => {
    newTmp();
    const at = (time: number, uid = me) => lineOf({ time, uid, argv: [`at ${time}`] });
    put(me, `${at(4)}junk\n${at(1)}${at(3).slice(0, 40)}`);
    put(me, at(2) + at(9, me + 1), join(tmp, "systemd-private-a", "tmp"));
    expect(await read({})).toEqual([["at 1", "at 2", "at 4"], { status: 0, skipped: 3, ...whole }]);
    expect((await read({ last: 1 }))[0]).toEqual(["at 4"]);
    expect((await read({ since: 2, route: "gpu" }))[0]).toEqual(["at 2", "at 4"]);
  });

  it("keeps of a long log only what is asked for, in order", async () => {
    newTmp();
    const lines = Array.from({ length: 5000 }, (_, index) =>
      lineOf({ time: index ^ 1, argv: [`${index ^ 1}`] }),
    );
    put(me, lines.join(""));
    expect((await read({ last: 3 }))[0]).toEqual(["4997", "4998", "4999"]);
    expect((await read({}))[0]).toEqual(lines.map((_, index) => `${index}`));
  });

  it.each([
    [{}, ["1", "2", "3"]],
    [{ last: 1 }, ["3"]],
    [{ last: 0 }, []],
    [{ since: 2 }, ["2", "3"]],
  ])("follows it, after %j", async (selection, before) => {
    newTmp();
    put(me, [3, 1, 2].map((time) => lineOf({ time, argv: [`${time}`] })).join(""));
    const got: string[] = [];
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    let looked = false;
    const watched: Runner = (script, onLine, signal) =>
      here(
        script,
        (line) => {
          onLine(line);
          if (line.toString() === ".") looked = true;
        },
        signal,
      );
    const done = followLogs(
      watched,
      "sample",
      selection,
      ({ record }) => {
        got.push(record.argv.join(" "));
        if (record.argv[0] === "late") stop.abort();
      },
      stop.signal,
    );
    while (!looked) await sleep(20);
    expect(got).toEqual(before);
    const others = put(me, "", join(tmp, "systemd-private-b", "tmp"));
    appendFileSync(
      others,
      `${lineOf({ time: 5, argv: ["late"] })}${lineOf({ time: 4, argv: ["later"] })}junk\n`,
    );
    expect(await done).toEqual({ status: 0, skipped: 1, ...whole });
    expect(got).toEqual([...before, "later", "late"]);
  });
});

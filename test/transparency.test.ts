/**
 * Nobody can tell that a wrapper is there: the same call is made directly and through it, by real
 * processes, and what they tell is compared to the byte. support/kinds.ts has the wrappers that each call goes through.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Caller, openCaller } from "./support/caller.ts";
import { type Ask, type Installation, install, type Naive } from "./support/copies.ts";
import { kinds, ways } from "./support/kinds.ts";
import {
  argumentPoints,
  environmentPoints,
  type Point,
  processPoints,
  streamPoints,
  usual,
} from "./support/points.ts";
import { differences, told } from "./support/told.ts";

const caller: Caller = await openCaller();
afterAll(() => caller.close());

const installations = await (async () => {
  mkdirSync(join(caller.folder, `a\n"b'\\ c`));
  const all = kinds.map((kind) => install(caller, kind));
  // From here on there is a log for each.
  for (const { through } of all) await through("first", { words: ["exit", "0"] });
  return all;
})().catch(async (error) => {
  await caller.close();
  throw error;
});
const [elf, python] = installations as [Installation, Installation];

const inRoot: [string, string][] = [["cwd", "/"]];
const ordinary: Ask = { words: ["plain", "words"], environment: usual, steps: inRoot };
const points = {
  words: argumentPoints,
  streams: streamPoints,
  process: processPoints(caller.folder),
  environment: environmentPoints,
};

/** Through which wrappers a caller could tell, and by what. */
async function shownBy({ kind, direct, through }: Installation, { ask }: Point) {
  const found: Record<string, string[]> = {};
  const expected = await direct(ask);
  for (const way of kind.ways) {
    const different = differences(expected, await through(way, ask));
    if (different.length > 0) found[way] = different;
  }
  return found;
}

for (const installation of installations) {
  const { kind, direct, through } = installation;
  const slow = kind.ways.length === 1;
  describe(kind.title, () => {
    for (const [what, list] of Object.entries(points)) {
      describe(what, () => {
        test.each(list)("$title", async (point) => {
          expect(await shownBy(installation, point)).toEqual({});
        });
      });
    }

    test("the probe tells what it got", async () => {
      const { stdout, stderr, ended } = await direct(ordinary);
      expect({ stderr: stderr.toString(), ended }).toEqual({ stderr: "", ended: 0 });
      const words = told(stdout);
      expect(words.get("argument")).toEqual(ordinary.words);
      expect(words.get("environment")).toEqual(usual);
      expect(words.get("cwd")).toEqual(["/"]);
    });

    test("exit codes from 0 to 255", async () => {
      const codes = slow
        ? [0, 1, 2, 3, 77, 126, 127, 128, 130, 254, 255]
        : Array.from({ length: 256 }, (_, code) => code);
      for (const way of kind.ways.slice(0, installation === elf ? 2 : 1)) {
        const seen: (number | string)[] = [];
        for (const code of codes)
          seen.push((await through(way, { ...ordinary, words: ["exit", `${code}`] })).ended);
        expect(seen).toEqual(codes);
      }
    });

    test("death by a signal is seen as such", async () => {
      const { SIGTERM, SIGKILL, SIGHUP, SIGSEGV, SIGABRT, SIGUSR1, SIGALRM } = constants.signals;
      const deadly = slow
        ? [SIGTERM, SIGKILL]
        : [SIGTERM, SIGKILL, SIGHUP, SIGSEGV, SIGABRT, SIGUSR1, SIGALRM, 34, 64];
      for (const number of deadly) {
        const point = { title: "", ask: { ...ordinary, words: ["die", `${number}`] } };
        expect((await direct(point.ask)).ended).not.toBeTypeOf("number");
        expect(await shownBy(installation, point)).toEqual({});
      }
    });

    test("SIGTERM reaches the real binary, which has the pid that was started", async () => {
      for (const way of kind.ways) {
        const ask = { ...ordinary, words: ["await"], send: constants.signals.SIGTERM };
        const { ended, stdout } = await through(way, ask);
        expect({ way, ended, stdout: stdout.toString() }).toEqual({
          way,
          ended: 17,
          stdout: "ready\nterminated",
        });
        const { pid, stdout: text } = await through(way, ordinary);
        expect(told(text).get("pid")).toEqual([String(pid)]);
      }
    });

    test("a path that is not absolute, or not tidy", async () => {
      const folder = join(caller.folder, kind.file, "at");
      for (const path of [
        kind.file,
        `./${kind.file}`,
        `../at//${kind.file}`,
        `/proc/self/cwd/${kind.file}`,
      ]) {
        const ask: Ask = {
          ...ordinary,
          path,
          steps: [["cwd", folder]],
          environment: ["PATH=/usr/bin:/bin", `PWD=${folder}`, "SHLVL=1", "_=x"],
        };
        const expected = await direct(ask);
        for (const way of kind.ways) {
          // The directory itself is another one for each wrapper.
          const found = differences(expected, await through(way, ask)).filter(
            (line) => !line.startsWith("cwd"),
          );
          expect({ path, way, found }).toEqual({ path, way, found: [] });
        }
      }
    });
  });
}

test("a Python script goes by its own name", async () => {
  const point = { title: "usage", ask: { ...ordinary, words: ["usage"] } };
  expect((await python.direct(point.ask)).stdout.toString()).toMatch(/^usage: probe-py /);
  expect(await shownBy(python, point)).toEqual({});
});

const folder = "/tmp/interpose-0";
describe("the log", () => {
  const log = elf.log();
  const outside = (path: string) => path.replace(/^\/tmp/, caller.tmp);

  test.each(ways)("a call through %s is one line", async (way) => {
    const before = way === "first" ? 0 : readFileSync(outside(log), "utf8").split("\n").length - 1;
    await elf.through(way, ordinary);
    const lines = readFileSync(outside(log), "utf8").split("\n").slice(before, -1);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { argv: ordinary.words, execArgv: ordinary.words, cwd: "/" },
    ]);
  });

  interface Trouble {
    title: string;
    prepare: string;
    undo?: string;
  }
  const own = `mkdir -m 700 ${folder}`;
  const disk = (options: string) => `${own}; mount -t tmpfs -o ${options},mode=700 none ${folder}`;
  const away = `umount ${folder}`;
  const theirs = `/tmp/theirs/${log.split("/").at(-1)}`;
  const troubles: Trouble[] = [
    { title: "no folder", prepare: ":" },
    { title: "a file for a folder", prepare: `: >${folder}` },
    { title: "a FIFO for a folder", prepare: `mkfifo ${folder}` },
    { title: "a link for a folder", prepare: `mkdir /tmp/theirs; ln -s theirs ${folder}` },
    {
      title: "a link for a folder with a log",
      prepare: `mkdir /tmp/theirs; : >${theirs}; ln -s theirs ${folder}`,
    },
    { title: "a dangling link for a folder", prepare: `ln -s theirs ${folder}` },
    { title: "a folder for a log", prepare: `mkdir -p ${log}` },
    { title: "a FIFO for a log", prepare: `${own}; mkfifo ${log}` },
    { title: "a device for a log", prepare: `${own}; ln -s /dev/full ${log}` },
    { title: "a dangling link for a log", prepare: `${own}; ln -s ../theirs ${log}` },
    {
      title: "a full disk",
      prepare: `${disk("size=8k")}; : >${log}; cat /dev/zero >${folder}/filler || :`,
      undo: away,
    },
    { title: "a disk without room for a log", prepare: disk("nr_inodes=1"), undo: away },
    { title: "a read-only disk", prepare: disk("ro"), undo: away },
    { title: "no /proc", prepare: "mount -t tmpfs none /proc", undo: "umount /proc" },
  ];
  const someone: Trouble[] = [
    { title: "someone else's folder", prepare: `mkdir -m 777 ${folder}; chown 4243 ${folder}` },
    {
      title: "someone else's folder with a log",
      prepare: `mkdir -m 777 ${folder}; : >${log}; chown -R 4243 ${folder}`,
    },
  ];

  /** Plain words and others, usual and other environments: whatever the log is like, nobody may tell. */
  async function shownWith({ prepare, undo = ":" }: Omit<Trouble, "title">, steps: [string, string][] = []) {
    const found: unknown[] = [];
    const many = Array.from({ length: 400 }, () => "many");
    const asks = [
      { words: ["plain"], environment: usual },
      { words: ["plain"], environment: [...usual, "POSIXLY_CORRECT=1"] },
      { words: ['"'], environment: [...usual, "POSIXLY_CORRECT=1"] },
      { words: many, environment: usual },
    ];
    for (const ask of asks.map((part): Ask => ({ ...part, steps: [...inRoot, ...steps] }))) {
      await caller.shell(`rm -rf ${folder} /tmp/theirs; { ${prepare}; } 2>/dev/null`);
      const expected = await elf.direct(ask);
      for (const way of ["routed", "bare", "full"] as const) {
        const different = differences(expected, await elf.through(way, ask));
        if (different.length > 0) found.push({ way, words: ask.words?.[0], different });
      }
      await caller.shell(undo);
    }
    await caller.shell(`rm -rf ${folder} /tmp/theirs`);
    await elf.through("first", ordinary);
    return found;
  }

  test.skipIf(!caller.privateTmp).each(troubles)("$title", async (trouble) => {
    expect(await shownWith(trouble)).toEqual([]);
  });
  test.skipIf(!caller.root || !caller.privateTmp).each(someone)("$title", async (trouble) => {
    expect(await shownWith(trouble)).toEqual([]);
  });
  test.skipIf(!caller.root || !caller.privateTmp)("a user who may write nowhere", async () => {
    await caller.shell("chmod 755 /tmp");
    expect(await shownWith({ prepare: ":" }, [["user", "4242"]])).toEqual([]);
    await caller.shell(`mkdir -m 000 /tmp/interpose-4242; chown 4242 /tmp/interpose-4242`);
    expect(await shownWith({ prepare: ":" }, [["user", "4242"]])).toEqual([]);
    await caller.shell("rm -rf /tmp/interpose-4242; chmod 1777 /tmp");
  });
});

describe("a wrapper written without care is caught", () => {
  const [spaces, noSpace, empty, stale, inherited] = [
    argumentPoints.find(({ title }) => title === "spaces"),
    points.process.find(({ title }) => title === "files of 0 bytes at most"),
    environmentPoints.find(({ title }) => title === "an empty one"),
    environmentPoints.find(({ title }) => title === "a stale PWD"),
    points.process.find(({ title }) => title === "inherited descriptors"),
  ] as Point[] as [Point, Point, Point, Point, Point];
  const die = { ...ordinary, words: ["die", "15"] };
  const wait: Ask = { ...ordinary, words: ["await"], send: constants.signals.SIGTERM };

  test.each<[Naive, string, Ask, RegExp]>([
    ["unquoted words", "spaces", spaces.ask, /^argument: 3 words.* now 3/],
    ["all words as one", "spaces", spaces.ask, /^argument: 3 words.* now 1/],
    ["no exec", "the pid", ordinary, /^pid/],
    ["no exec", "death by a signal", die, /^ended: SIGTERM, now 143/],
    ["no exec", "SIGTERM", wait, /^ended: 17, now SIGTERM/],
    ["a line on stdout", "any call", ordinary, /^stdout|^descriptor/],
    ["a log left open", "descriptors", ordinary, /^descriptor: 2 words.* now 3/],
    ["a log left open", "an inherited one", inherited.ask, /^descriptor/],
    ["nothing but exec", "an empty environment", empty.ask, /^environment: 0 words.*PWD/],
    ["nothing but exec", "a stale PWD", stale.ask, /^environment/],
    ["nothing but exec", "its name", ordinary, /^name/],
    ["the runbook's template", "files of 0 bytes", noSpace.ask, /^(ended|stderr)/],
    [
      "the runbook's template",
      "a missing locale",
      { ...ordinary, environment: [...usual, "LC_ALL=xx_YY"] },
      /^stderr/,
    ],
  ])("%s: %s", async (which, _, ask, difference) => {
    const found = differences(await elf.direct(ask), await elf.through(which, ask));
    expect(found).toContainEqual(expect.stringMatching(difference));
  });

  test("the runbook's template: a log that can't be written", async () => {
    await caller.shell("rm -f /tmp/naive.log; mkdir /tmp/naive.log");
    const found = differences(
      await elf.direct(ordinary),
      await elf.through("the runbook's template", ordinary),
    );
    await caller.shell("rmdir /tmp/naive.log");
    expect(found).toContainEqual(expect.stringMatching(/^stderr: "", now .*naive\.log/));
  });
});

/**
 * What can't be met, because bash does it before the wrapper's first line runs or leaves no way to undo it. The
 * README lists these; a test that fails here is good news, or news for the README.
 */
describe("known limits", () => {
  const { SIGCHLD } = constants.signals;
  const withEntries = (...entries: string[]): Ask => ({ environment: [...usual, ...entries] });
  const level = (value: string): Ask => ({
    environment: [...usual.filter((entry) => !entry.startsWith("SHLVL=")), `SHLVL=${value}`],
  });

  test.each<[title: string, ask: Ask, differences: RegExp[]]>([
    [
      "argv[0] is the path that was called",
      { argv0: "another name" },
      [/^name: .*another name.* now .*probe"/],
    ],
    [
      "a deleted folder: bash complains on stderr",
      { steps: [["vanish", join(caller.folder, "gone")]] },
      [/^stderr: "", now "shell-init: error retrieving current directory/],
    ],
    [
      "a missing locale in LC_ALL: bash warns on stderr",
      withEntries("LC_ALL=xx_YY"),
      [/^stderr: "", now .*setlocale/],
    ],
    ["SHLVL below 0 becomes 0", level("-3"), [/^environment: .*now 6, gained \["SHLVL=0"\]/]],
    ["SHLVL that is no number becomes 0", level("abc"), [/^environment: .*now 6, gained \["SHLVL=0"\]/]],
    ["SHLVL with zeros in front loses them", level("007"), [/^environment: .*now 6, gained \["SHLVL=7"\]/]],
    [
      "SHLVL of 999 or more: bash warns and starts anew",
      level("999"),
      [/^stderr: .*too high/, /gained \["SHLVL=0"\]/],
    ],
    [
      "a name that is there twice is there once",
      withEntries("TWICE=1", "TWICE=2"),
      [/^environment: 8 words, lost \["TWICE=1"\]; now 7/],
    ],
    [
      "an entry without = is lost",
      withEntries("nosign"),
      [/^environment: 7 words, lost \["nosign"\]; now 6/],
    ],
    [
      "variables of the wrapper's own names",
      withEntries("__began=1"),
      [/^environment: .*lost \["__began=1"\]/],
    ],
    [
      "an exported function is written anew",
      withEntries("BASH_FUNC_f%%=() { :; }"),
      [/^environment: .*BASH_FUNC_f%%=\(\) \{ {2}:\\n\}/],
    ],
    [
      "an exported function replaces a command of the wrapper",
      withEntries("BASH_FUNC_shift%%=() { :; }"),
      [/^argument: .*now 3/, /^environment/],
    ],
    [
      "a broken exported function: bash complains on stderr",
      withEntries("BASH_FUNC_f%%=() { :; "),
      [/^stderr/],
    ],
    [
      "a BASH_COMPAT that bash doesn't know: it complains on stderr",
      withEntries("BASH_COMPAT=99"),
      [/^stderr/],
    ],
    [
      "SHELLOPTS=xtrace traces the wrapper on stderr",
      withEntries("SHELLOPTS=xtrace"),
      [/^stderr/, /^environment/],
    ],
    [
      "SHELLOPTS=allexport exports the wrapper's variables",
      withEntries("SHELLOPTS=allexport"),
      [/^environment/],
    ],
    ["a blocked SIGCHLD is unblocked", { steps: [["block", `${SIGCHLD}`]] }, [/^status: .*SigBlk/]],
  ])("%s", async (_, ask, expected) => {
    const whole = { ...ordinary, ...ask };
    const direct = await elf.direct(whole);
    for (const way of ["bare", "routed"] as const) {
      const found = differences(direct, await elf.through(way, whole)).filter(
        (line) => !line.startsWith("cwd inode"),
      );
      expect(found).toEqual(expected.map((difference) => expect.stringMatching(difference)));
    }
  });

  test("BASH_ENV is read by bash first", async () => {
    const file = join(caller.folder, "environment.bash");
    writeFileSync(file, "echo read\n");
    const { stdout } = await elf.through("bare", {
      ...ordinary,
      words: ["exit", "0"],
      ...withEntries(`BASH_ENV=${file}`),
    });
    expect(stdout.toString()).toBe("read\n");
  });

  test("SHELLOPTS=noexec keeps bash from running anything", async () => {
    const { stdout, ended } = await elf.through("bare", { ...ordinary, ...withEntries("SHELLOPTS=noexec") });
    expect({ ended, stdout: stdout.toString() }).toEqual({ ended: 0, stdout: "" });
  });

  test("variables that bash keeps to itself", async () => {
    const kept = [
      "BASH",
      "BASHOPTS",
      "BASHPID",
      "BASH_ARGV0",
      "BASH_COMMAND",
      "BASH_COMPAT",
      "BASH_REMATCH",
      "BASH_SUBSHELL",
    ]
      .concat([
        "BASH_VERSINFO",
        "BASH_VERSION",
        "BASH_XTRACEFD",
        "COMP_WORDBREAKS",
        "EPOCHREALTIME",
        "EPOCHSECONDS",
      ])
      .concat(["EUID", "HISTCMD", "LINENO", "PPID", "RANDOM", "SECONDS", "SHELLOPTS", "SRANDOM", "UID"]);
    const passed = ["BASH_ALIASES", "BASH_ARGC", "BASH_CMDS", "COLUMNS", "COPROC", "DIRSTACK", "FIGNORE"]
      .concat([
        "FUNCNAME",
        "GLOBIGNORE",
        "GROUPS",
        "HISTSIZE",
        "HOSTNAME",
        "HOSTTYPE",
        "LINES",
        "MACHTYPE",
        "MAPFILE",
      ])
      .concat([
        "OPTARG",
        "OSTYPE",
        "PIPESTATUS",
        "PS0",
        "PS3",
        "PROMPT_COMMAND",
        "READLINE_LINE",
        "REPLY",
        "SHELL",
      ])
      .concat(["TERM", "TIMEFORMAT", "TMOUT", "auto_resume", "histchars"]);
    const lost = new Set<string>();
    for (const name of [...kept, ...passed]) {
      const ask = { ...ordinary, ...withEntries(`${name}=7`) };
      const direct = await elf.direct(ask);
      for (const way of ["bare", "routed"] as const)
        if (differences(direct, await elf.through(way, ask)).length > 0) lost.add(name);
    }
    expect([...lost]).toEqual(kept.filter((name) => lost.has(name)));
    expect([...lost]).toEqual(expect.arrayContaining(["BASH_VERSION", "PPID", "RANDOM", "SHELLOPTS"]));
  });

  test("the order of the environment", async () => {
    const environment = async (outcome: Promise<{ stdout: Buffer }>) =>
      told((await outcome).stdout).get("environment") ?? [];
    const many = [...usual, ...Array.from({ length: 20 }, (_, index) => `N${(index * 7) % 20}=1`)];
    const through = await environment(elf.through("bare", { ...ordinary, environment: many }));
    expect(through).not.toEqual(many);
    expect(through.toSorted()).toEqual(many.toSorted());
  });

  test("a child that ended before the call is seen, but not after a call that made the directory of logs", async () => {
    const ask: Ask = { ...ordinary, steps: [...inRoot, ["zombie", ""]] };
    const direct = await elf.direct(ask);
    for (const way of ["routed", "first"] as const)
      expect(differences(direct, await elf.through(way, ask))).toEqual([]);
    await caller.shell(`rm -rf ${folder}`);
    expect(differences(direct, await elf.through("routed", ask))).toEqual([
      expect.stringMatching(/^children/),
    ]);
  });

  test("signals 32 and 33, which the C library keeps, are unblocked", async () => {
    const ask: Ask = { ...ordinary, steps: [...inRoot, ["block", "32"], ["block", "33"]] };
    expect(differences(await elf.direct(ask), await elf.through("routed", ask))).toEqual([
      expect.stringMatching(/^status: .*SigBlk/),
    ]);
  });

  test.skipIf(!caller.root)("an effective user that isn't the real one is given up", async () => {
    const ask: Ask = { ...ordinary, steps: [...inRoot, ["effective", "4242"]] };
    const found = differences(await elf.direct(ask), await elf.through("bare", ask));
    expect(found).toEqual([expect.stringMatching(/^status: .*Uid/)]);
  });
});

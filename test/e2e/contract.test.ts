/** What scripts rely on: exit codes, JSON, prompts, and what is printed where. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { done, type Place, passing, place, quick } from "../support/place.ts";
import type { Ran } from "../support/private-host.ts";

const routed = `arguments: { withValue: [--of] }
facts: { weight: { fileSize: operand(0) } }
routes:
  - { name: big, when: weight > 100, append: [--big] }
  - { name: never, when: 'flag("--never")', deny: { exit: 77, message: not so } }
  - { name: small, set: { --of: less } }
probe: []
keepName: no
`;

const commands = {
  init: [
    "--host",
    "--binary",
    "--wrapper-name",
    "--wrapper-dir",
    "--real-suffix",
    "--recipe",
    "--output",
    "--yes",
  ],
  plan: ["--as"],
  apply: ["--yes"],
  adopt: ["--name", "--wrapper", "--output", "--yes"],
  verify: [],
  explain: [],
  compile: [],
  status: ["--all"],
  doctor: [],
  logs: ["--follow", "-n", "--probes", "--route", "--since"],
  rollback: ["--yes", "--keep-logs", "--bare"],
  schema: [],
  demo: ["--keep"],
};

/** The one document that a command prints. */
function documentOf({ stdout, stderr }: Ran): unknown {
  expect(stderr).toBe("");
  expect(stdout.endsWith("}\n") || stdout.endsWith("]\n")).toBe(true);
  return JSON.parse(stdout);
}

describe.concurrent("documents for machines", () => {
  test("explain agrees with the call", async () => {
    const at = await place({ policy: routed });
    writeFileSync(join(at.folder, "large"), "x".repeat(200));
    done(await at.apply());
    for (const words of [
      ["--of", "more", "file"],
      ["large"],
      ["large", "--", "-x"],
      ["--of=a b", "", "nothing"],
    ]) {
      const explained = documentOf(await at.tool(["explain", at.file, "--json", "--", ...words])) as Record<
        string,
        unknown
      >;
      expect(Object.keys(explained)).toEqual(expect.arrayContaining(["route", "argv", "facts", "because"]));
      const { stdout } = await at.call(...words);
      expect(["tool", ...(explained.argv as string[]), ""].join("\n")).toBe(stdout);
      expect(explained.because).not.toEqual([]);
    }
    const large = documentOf(await at.tool(["explain", at.file, "--json", "--", "large"]));
    expect(large).toMatchObject({ route: "big", facts: { weight: 200 }, argv: ["large", "--big"] });
    const denied = await at.tool(["explain", at.file, "--json", "--", "--never"]);
    expect(documentOf(denied)).toMatchObject({
      route: "never",
      argv: null,
      deny: { exit: 77, message: "not so" },
    });
    expect(denied.status).toBe(0);
  });

  test("status lists what is intercepted", async () => {
    const at = await place({ policy: quick });
    expect(documentOf(await at.tool(["status", "--json"]))).toEqual([]);
    done(await at.apply());
    const { binary, real, wrapper } = at;
    const [one, ...others] = documentOf(await at.tool(["status", "--json"])) as object[];
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      name: "small",
      host: "localhost",
      binary,
      real,
      wrapper,
      state: "intact",
      findings: [],
    });
    await at.shell("rm bin/small");
    const broken = await at.tool(["status", "--json"]);
    expect(broken.status).toBe(1);
    expect(documentOf(broken)).toMatchObject([{ state: "broken", findings: [{ code: "chain-broken" }] }]);
  });

  test("logs prints the records as written, one a line", async () => {
    const at = await place({ policy: routed });
    done(await at.apply());
    for (const words of [["a"], ["--of", "b"], ["--never"]]) await at.call(...words);
    const { stdout } = done(await at.tool(["logs", "small", "--json"]));
    const lines = stdout.trimEnd().split("\n");
    const keys = "v time wrapper pid ppid uid caller cwd argv execArgv route facts errors preflightUs".split(
      " ",
    );
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const record of records) expect(Object.keys(record)).toEqual(expect.arrayContaining(keys));
    expect(records.map(({ route }) => route)).toEqual(["small", "small", "never"]);
    expect(records[1]).toMatchObject({ argv: ["--of", "b"], execArgv: ["--of", "less"], cwd: at.folder });
    const logged = readFileSync(
      at.inside(join("/tmp", `interpose-${process.getuid?.()}`, "small.log")),
      "utf8",
    );
    expect(stdout).toBe(logged);
    const last = done(await at.tool(["logs", "small", "--json", "-n", "1", "--route", "small"])).stdout;
    expect(last).toBe(`${lines[1]}\n`);
  });

  test("every command prints one document and nothing else, also when it fails", async () => {
    const at = await place();
    const right: string[][] = [
      ["schema"],
      ["init", "--yes", "--binary", at.binary, "-o", "made.yaml"],
      ["plan", at.file],
      ["plan", at.file, "--as", "sh"],
      ["compile", at.file],
      ["apply", at.file, "--yes"],
      ["apply", at.file, "--yes"],
      ["verify", at.file],
      ["explain", at.file],
      ["status"],
      ["doctor"],
      ["doctor", "small"],
      ["rollback", "small", "--yes"],
    ];
    for (const words of right) {
      const ran = await at.tool([...words, "--json"]);
      expect(ran.status, words.join(" ")).toBe(0);
      documentOf(ran);
    }
    const wrong: [number, string[]][] = [
      [2, ["init"]],
      [2, ["plan", "nowhere.yaml"]],
      [2, ["plan", at.file, "--as", "pdf"]],
      [2, ["apply", at.file]],
      [2, ["compile", "nowhere.yaml"]],
      [1, ["verify", "nothing"]],
      [2, ["explain", "nowhere.yaml"]],
      [2, ["status", "--what"]],
      [1, ["doctor", "nothing"]],
      [2, ["logs", "small", "-n", "x"]],
      [1, ["rollback", "small", "--yes"]],
      [2, ["nothing"]],
      [2, ["apply"]],
    ];
    for (const [exit, words] of wrong) {
      const ran = await at.tool([...words, "--json"]);
      expect(ran.status, words.join(" ")).toBe(exit);
      const { findings } = JSON.parse(ran.stdout) as {
        findings: { code: string; what: string; todo: string }[];
      };
      expect(findings.length, words.join(" ")).toBeGreaterThan(0);
      for (const { code, what, todo } of findings)
        expect([code, what, todo].every((text) => text !== "")).toBe(true);
    }
  });
});

test.concurrent("the help of every command names its options", async () => {
  const at = await place({ policy: quick });
  const main = done(await at.tool(["--help"])).stdout;
  for (const [command, options] of Object.entries(commands)) {
    expect(main).toMatch(new RegExp(`^ {2}${command} `, "m"));
    const { stdout } = done(await at.tool([command, "--help"]));
    for (const option of [...options, "--json", "--help"]) expect(stdout, command).toContain(option);
  }
  expect(main).toContain("Exit status: 0 done; 1");
});

describe.concurrent("on a terminal", () => {
  const driver = resolve(import.meta.dirname, "../fixtures/e2e/terminal.py");
  const onTerminal = (
    at: Place,
    steps: [string, string][],
    words: string[],
    env: Record<string, string> = {},
  ) =>
    at.run(
      ["/usr/bin/python3", driver, JSON.stringify(steps), process.execPath, inject("interpose"), ...words],
      {
        env: { TERM: "xterm", NO_COLOR: "", ...env },
      },
    );
  const colour = /\u001b\[\d+m/;

  test("there is colour, elsewhere there is none", async () => {
    const at = await place({ policy: quick });
    const words = ["plan", at.file];
    expect((await onTerminal(at, [], words)).stdout).toMatch(colour);
    expect((await onTerminal(at, [], words, { NO_COLOR: "1" })).stdout).not.toContain("\u001b");
    expect((await onTerminal(at, [], words, { TERM: "dumb" })).stdout).not.toContain("\u001b");
    expect(done(await at.tool(words, { env: { NO_COLOR: "" } })).stdout).not.toContain("\u001b");
    const wrong = await at.tool(["plan", "nowhere.yaml"], { env: { NO_COLOR: "" } });
    expect(wrong.stderr).not.toContain("\u001b");
  });

  test("apply and rollback ask; no changes nothing", async () => {
    const at = await place({ policy: quick });
    const before = at.listing("all");
    const refused = await onTerminal(at, [[`Change ${at.binary} on localhost?`, "n"]], ["apply", at.file]);
    expect(refused.stdout).toContain("Nothing was changed");
    expect(refused.status).toBe(1);
    expect(at.listing("all")).toBe(before);
    const agreed = await onTerminal(at, [["on localhost?", "y"]], ["apply", at.file]);
    expect(agreed.status).toBe(0);
    const applied = at.listing("all");
    const kept = await onTerminal(at, [["on localhost?", "\u0003"]], ["rollback", "small"]);
    expect(kept.status).toBe(1);
    expect(at.listing("all")).toBe(applied);
    expect((await onTerminal(at, [["on localhost?", "y"]], ["rollback", "small"])).status).toBe(0);
    expect(existsSync(at.wrapper)).toBe(false);
  });

  test("init asks, and checks each answer", async () => {
    const at = await place();
    const { stdout, status } = await onTerminal(
      at,
      [
        ["On which host", "\r"],
        ["Which binary", "/nowhere\r"],
        ["There is nothing at /nowhere", `${"\u007f".repeat(8)}${at.binary}\r`],
        ["What is the wrapper to be named", "\u0015asked\r"],
        ["In which folder", "\r"],
        ["What is to be added", "\u0015-a b\r"],
        ["without spaces", "\u0015-kept\r"],
      ],
      ["init"],
    );
    expect(status, stdout).toBe(0);
    expect(stdout).toContain("script for /bin/sh");
    expect(readFileSync(join(at.folder, "asked.yaml"), "utf8")).toMatch(/^realSuffix: -kept$/m);
    done(await at.tool(["plan", "asked.yaml"]));
  });
});

describe.concurrent("init", () => {
  test("writes a file that plan accepts, and never over another", async () => {
    const at = await place();
    const words = [
      "init",
      "--yes",
      "--binary",
      at.binary,
      "--wrapper-name",
      "made",
      "--real-suffix",
      ".real",
    ];
    const { stdout } = done(await at.tool([...words, "--wrapper-dir", at.folder]));
    expect(stdout).toContain("Next: interpose plan made.yaml");
    expect(stdout).toContain("script for /bin/sh");
    expect(done(await at.tool(["plan", "made.yaml"])).stdout).toContain(`${at.binary}.real`);
    const before = at.listing("all");
    const again = await at.tool([...words, "--wrapper-dir", at.folder]);
    expect(again.status).toBe(2);
    expect(again.stderr).toContain("made.yaml is there already");
    expect(at.listing("all")).toBe(before);
  });

  test("starts from a recipe", async () => {
    const at = await place();
    await at.shell("mv bin/tool bin/whisper-ctranslate2");
    const env = { PATH: `${at.folder}/bin:/usr/bin:/bin` };
    done(await at.tool(["init", "--yes", "--recipe", "whisper-smart"], { env }));
    const text = readFileSync(join(at.folder, "whisper-smart.yaml"), "utf8");
    expect(text).toContain(`binary: ${at.folder}/bin/whisper-ctranslate2`);
    expect(text).toContain('length < duration("1h")');
    done(await at.tool(["plan", "whisper-smart.yaml"], { env }));
  });

  const wrong: [string, string[], number, RegExp][] = [
    ["the host", ["--host", "nowhere.invalid", "--binary", "TOOL"], 3, /nowhere.invalid can.t be reached/],
    ["the binary, by name", ["--binary", "no-such-program"], 1, /There is nothing at no-such-program/],
    ["the binary, a folder", ["--binary", "/usr"], 1, /\/usr is a folder/],
    ["no binary", [], 2, /`binary` is missing/],
    ["the wrapper's name", ["--binary", "TOOL", "--wrapper-name", "a/b"], 1, /`name` has a form/],
    ["the wrapper's folder", ["--binary", "TOOL", "--wrapper-dir", "/nowhere"], 1, /\/nowhere is not there/],
    ["the suffix", ["--binary", "TOOL", "--real-suffix", "a b"], 1, /`realSuffix` has a form/],
    [
      "a suffix that is taken",
      ["--binary", "TOOL", "--real-suffix", ".words"],
      1,
      /tool\.words is there already/,
    ],
  ];
  test.each(wrong)("checks %s", async (_, words, exit, says) => {
    const at = await place();
    writeFileSync(join(at.folder, "bin/tool.words"), "");
    const before = at.listing("all");
    const { status, stderr } = await at.tool([
      "init",
      "--yes",
      ...words.map((word) => word.replace("TOOL", at.binary)),
    ]);
    expect(stderr).toMatch(says);
    expect(status).toBe(exit);
    expect(at.listing("all")).toBe(before);
  });
});

describe.concurrent("the plan", () => {
  test.each([
    ["dash"],
    ["bash", "--posix"],
    ["busybox", "sh"],
  ])("as a script is run by %s %s", async (...shell) => {
    const at = await place();
    const script = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    const before = at.listing("content");
    const { status, stdout } = await at.run([...shell.filter(Boolean), "-s"], { input: script });
    expect(status, stdout).toBe(0);
    expect((await at.call("a")).stdout).toBe("tool\na\n");
    expect(done(await at.tool(["status"])).stdout).toContain("small  intact");
    expect(done(await at.apply()).stdout).toContain("Nothing to do");
    done(await at.rollback());
    expect(at.listing("content")).toBe(before);
  });

  test("as a script does nothing when it arrives cut off", async () => {
    const at = await place();
    const script = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    expect(script.endsWith("\nact\n")).toBe(true);
    const before = at.listing("all");
    // All but the last line's first two letters can be there.
    const whole = script.length - "t\n".length;
    const places = Array.from({ length: 50 }, () => Math.floor(Math.random() * whole));
    for (const shell of [["dash"], ["busybox", "sh"]]) {
      for (const length of [...places, whole, whole - 1, whole - 2, whole - 3]) {
        await at.run([...shell, "-s"], { input: script.slice(0, length) });
        expect(at.listing("all"), `cut after ${length} of ${script.length}`).toBe(before);
      }
    }
  });

  test("as a runbook has every step, its gate and its undo", async () => {
    const at = await place({ policy: `${passing}services: [some.service]\n` });
    const { steps } = documentOf(await at.tool(["plan", at.file, "--json"])) as {
      steps: { number: number; title: string; run: string[]; gate: string[]; undo: string[] }[];
    };
    const markdown = done(await at.tool(["plan", at.file, "--as", "markdown"])).stdout;
    const lines = done(await at.tool(["plan", at.file])).stdout;
    expect(steps.map(({ number }) => number)).toEqual([1, 2, 3, 3, 4, 5]);
    for (const { number, title, run, gate, undo } of steps) {
      expect(markdown).toContain(`## ${number}. ${title}\n`);
      expect(lines).toContain(`${number}. ${title}\n`);
      for (const command of [...run, ...gate, ...undo]) expect(markdown).toContain(`${command}\n`);
      expect(gate.length).toBeGreaterThan(0);
    }
    expect(markdown).toContain("6. some.service");
    expect(markdown.match(/^Undo:$/gm)?.length).toBe(steps.filter(({ undo }) => undo.length > 0).length);
  });
});

test.concurrent("no command needs more than 150 MB", async () => {
  const at = await place({ policy: routed });
  const measure =
    "import resource,subprocess,sys\nstatus=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL).returncode\nprint(status,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
  const all: string[][] = [
    ["--version"],
    ["--help"],
    ["init", "--yes", "--binary", at.binary, "-o", "made.yaml"],
    ["schema"],
    ["plan", at.file],
    ["plan", at.file, "--as", "markdown"],
    ["compile", at.file],
    ["apply", at.file, "--yes"],
    ["verify", at.file],
    ["explain", at.file, "--", ...Array.from({ length: 5000 }, (_, index) => `word-${index}`)],
    ["status"],
    ["logs", "small"],
    ["rollback", "small", "--yes"],
  ];
  for (const words of all) {
    const { stdout } = await at.run([
      "/usr/bin/python3",
      "-c",
      measure,
      process.execPath,
      inject("interpose"),
      ...words,
    ]);
    const [status, kilobytes] = stdout.split(" ").map(Number);
    expect(status, words.slice(0, 3).join(" ")).toBe(0);
    expect(kilobytes, words.slice(0, 3).join(" ")).toBeLessThan(150 * 1024);
  }
});

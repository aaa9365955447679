/**
 * A real binary that comes back to the path it was called by is stopped after a bounded number of turns, and
 * nothing else is: neither nesting nor many calls at once. Each launcher here gives up by itself after 300
 * turns, which is what it does behind a wrapper that doesn't look.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileC } from "./support/caller.ts";
import { placeByHand } from "./support/place-by-hand.ts";
import { scratchFolder, sharedFolder } from "./support/scratch.ts";

const limit = 50;
const patience = 300;
const logs = `/tmp/interpose-${process.getuid?.() ?? 0}`;
const name = (which: string) => `recursion-${process.pid}-${which}`;
const names: string[] = [];
let launcher = "";
beforeAll(() => {
  launcher = join(sharedFolder(), "launcher");
  compileC("launcher.c", launcher);
  mkdirSync(logs, { recursive: true, mode: 0o700 });
});
afterAll(() => {
  for (const each of names)
    for (const file of [`${each}.log`, `${each}.turns`]) rmSync(join(logs, file), { force: true });
});

/** A line in a file for each turn; 99 when there were too many. */
const counting = (folder: string, turns = patience) =>
  `echo turn >>${folder}/turns\n[ "$(wc -l <${folder}/turns)" -lt ${turns} ] || exit 99\n`;

type Make = (folder: string, path: string) => void;
const script =
  (again: (path: string, folder: string) => string): Make =>
  (folder, path) =>
    writeFileSync(path, `#!/bin/sh\n${counting(folder)}${again(path, folder)}\n`, { mode: 0o755 });
const compiled: Make = (_, path) => copyFileSync(launcher, path);

interface Launcher {
  title: string;
  make: Make;
  args?: (folder: string) => string[];
}
const elf = (how: string) => (folder: string) => [how, join(folder, "tool"), folder, String(patience)];
const execs: Launcher[] = [
  { title: "a script that execs the path", make: script((path) => `exec ${path} "$@"`) },
  { title: "one that execs it through env", make: script((path) => `exec env ${path} "$@"`) },
  { title: "one that finds its own name in PATH", make: script(() => 'exec tool "$@"') },
  {
    title: "one that execs a link to the path",
    make: (folder, path) => {
      symlinkSync(path, join(folder, "link"));
      script(() => `exec ${folder}/link "$@"`)(folder, path);
    },
  },
  { title: "an ELF binary that execs the path", make: compiled, args: elf("exec") },
];
const forks: Launcher[] = [
  { title: "a script that calls the path and waits", make: script((path) => `${path} "$@"\nexit $?`) },
  {
    title: "one that calls it in a shell of a shell",
    make: script((path) => `sh -c 'sh -c "\\"\\$0\\"; exit \\$?" "$0"; exit $?' ${path}\nexit $?`),
  },
  { title: "an ELF binary that calls it by system()", make: compiled, args: elf("system") },
];

function place(folder: string, make: Make, which = "one", naive = false): string {
  const path = join(folder, "tool");
  make(folder, path);
  names.push(name(which));
  placeByHand({
    file: `name: ${name(which)}\nbinary: ${path}\n`,
    keepName: false,
    ...(naive ? { change: (_, { real }) => `#!/bin/bash\nexec ${real} "$@"\n` } : {}),
  });
  return path;
}

const environment = (folder: string) => [
  `PATH=${folder}:/usr/bin:/bin`,
  "LANG=C.UTF-8",
  `PWD=${folder}`,
  "SHLVL=1",
  "_=/usr/bin/caller",
];

function call(folder: string, path: string, args: string[] = []) {
  const env = Object.fromEntries(environment(folder).map((entry) => entry.split("=") as [string, string]));
  const { status, stderr, error } = spawnSync(path, args, {
    cwd: folder,
    env,
    encoding: "utf8",
    timeout: 120_000,
  });
  if (error) throw error;
  const turns = readFileSync(join(folder, "turns"), "utf8").split("\n").length - 1;
  return { status, stderr, turns };
}
const said = (which: string) => new RegExp(`^interpose: ${name(which)}: stopped, since [^\\n]*\\n$`);

describe("is stopped", () => {
  test.each([...execs, ...forks])("$title", ({ title, make, args }) => {
    const folder = scratchFolder();
    const path = place(folder, make);
    const { status, stderr, turns } = call(folder, path, args?.(folder));
    console.log(`${title}: stopped after ${turns} turns`);
    expect({ status, stderr }).toEqual({ status: 126, stderr: expect.stringMatching(said("one")) });
    expect(turns).toBeGreaterThanOrEqual(limit);
    expect(turns).toBeLessThan(limit + 10);
    const last =
      readFileSync(join(logs, `${name("one")}.log`), "utf8")
        .trimEnd()
        .split("\n")
        .at(-1) ?? "";
    expect(JSON.parse(last)).toMatchObject({ execArgv: null, errors: [expect.stringMatching(/^stopped/)] });
  }, 180_000);

  test.each(["exec", ""])("two interceptions that call each other, by %j", (how) => {
    const [one, two] = [scratchFolder(), scratchFolder()];
    const [first, second] = [join(one, "tool"), join(two, "tool")];
    place(
      one,
      script(() => `${how} ${second}\nexit $?`),
      "one",
    );
    place(
      two,
      script(() => `${how} ${first}\nexit $?`),
      "two",
    );
    const { status, stderr, turns } = call(one, first);
    expect(status).toBe(126);
    expect(stderr).toMatch(/^interpose: [^\n]*: stopped, since [^\n]*\n$/);
    expect(turns).toBeLessThan(patience);
  }, 180_000);
});

describe("goes on behind a wrapper that doesn't look", () => {
  test.each([execs[0], execs[4], forks[0]] as Launcher[])("$title", ({ make, args }) => {
    const folder = scratchFolder();
    const path = place(folder, make, "one", true);
    expect(call(folder, path, args?.(folder))).toMatchObject({ status: 99, stderr: "", turns: patience });
  }, 180_000);
});

test("nothing is added to the environment or the descriptors, whichever turn it is", () => {
  const folder = scratchFolder();
  const path = place(folder, compiled);
  call(folder, path, elf("exec")(folder));
  const turns = readFileSync(join(folder, "told"), "utf8").split("\f").slice(0, -1);
  expect(turns.length).toBeGreaterThanOrEqual(limit);
  for (const turn of turns) {
    const [descriptors, ...entries] = turn.split("\0");
    expect(descriptors).toBe("0 1 2");
    expect(entries.slice(0, -1).sort()).toEqual(environment(folder).sort());
  }
});

describe("passes", () => {
  test.each([execs[0], forks[0]] as Launcher[])("ten turns: $title", ({ make }) => {
    const folder = scratchFolder();
    const path = place(folder, make);
    writeFileSync(join(folder, "turns"), "turn\n".repeat(patience - 10));
    expect(call(folder, path)).toMatchObject({ status: 99, stderr: "" });
  });

  test("sixteen callers at once, who call it a hundred times each", async () => {
    const folder = scratchFolder();
    const path = place(folder, (_, file) => copyFileSync("/bin/true", file));
    const loop = 'for ((i = 0; i < 100; i++)); do "$0" || exit; done';
    const callers = Array.from({ length: 16 }, () => spawn("bash", ["-c", loop, path], { stdio: "ignore" }));
    const ends = await Promise.all(callers.map((child) => once(child, "exit")));
    expect(ends.map(([status]) => status)).toEqual(callers.map(() => 0));
  }, 180_000);
});

test("the kernel dates /proc/PID at the first look, and keeps the date over an exec", () => {
  const log = join(scratchFolder(), "log");
  const text = `[[ $0 -nt /proc/$$ ]] && echo newer
sleep 0.02; echo record >>"$0"; sleep 0.02
if (($1 < 3)); then exec /bin/bash -c "$BASH_EXECUTION_STRING" "$0" "$(($1 + 1))"; fi`;
  writeFileSync(log, "");
  for (let round = 0; round < 5; round += 1) {
    expect(execFileSync("/bin/bash", ["-c", text, log, "1"], { encoding: "utf8" })).toBe("newer\nnewer\n");
  }
  expect(existsSync(log)).toBe(true);
});

/** What a caller sees when the real binary can't be run, or not by the path that it should be: as without a wrapper. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Layout } from "../src/spec/spec.ts";
import { quote } from "../src/wrapper/quote.ts";
import { placeByHand } from "./support/place-by-hand.ts";
import { sharedFolder } from "./support/scratch.ts";

let folder = "";
const name = `exec-failure-${process.pid}`;
beforeEach(() => {
  folder = sharedFolder();
});
afterEach(() => {
  for (const file of [`${name}.log`, `${name}.turns`])
    rmSync(`/tmp/interpose-${process.getuid?.()}/${file}`, { force: true });
});

function place(keepName: boolean): Layout {
  const binary = join(folder, "tool");
  cpSync("/bin/echo", binary);
  return placeByHand({ file: `name: ${name}\nbinary: ${binary}\nalways: { append: [last] }\n`, keepName });
}

/** The second call finds a log. */
const call = (path: string, env: NodeJS.ProcessEnv, args = ["a"]) => {
  spawnSync(path, args, { env });
  const { status, stdout } = spawnSync(path, args, { env, encoding: "utf8" });
  return { status, stdout };
};

describe.each([
  [
    "an environment as a shell gives it",
    { ...process.env, _: "/usr/bin/env", SHLVL: "2", PWD: process.cwd() },
  ],
  ["an empty environment", {}],
])("in %s", (_, env) => {
  test("a real binary that isn't executable gives 126", () => {
    const layout = place(false);
    chmodSync(layout.real, 0o644);
    expect(call(layout.binary, env)).toEqual({ status: 126, stdout: "" });
    expect(call(layout.binary, env, ["é"])).toEqual({ status: 126, stdout: "" });
  });

  test("a real binary whose interpreter is gone gives 126", () => {
    const layout = place(false);
    rmSync(layout.real);
    writeFileSync(layout.real, "#!/nowhere/at/all\n", { mode: 0o755 });
    expect(call(layout.binary, env).status).toBeOneOf([126, 127]);
  });

  test("while it is being given back, the path that was called is run", () => {
    const layout = place(false);
    renameSync(layout.real, `${layout.binary}.next`);
    const wrapper = spawnSync("/bin/bash", [layout.wrapper, layout.binary, "a"], { env });
    expect(wrapper.status).toBe(127);
    renameSync(`${layout.binary}.next`, layout.binary);
    const { status, stdout } = spawnSync("/bin/bash", [layout.wrapper, layout.binary, "a"], {
      env,
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "a last\n" });
  });

  test("without the link that keeps its name, it runs by its own path", () => {
    const layout = place(true);
    rmSync(layout.namedReal);
    expect(call(layout.binary, env)).toEqual({ status: 0, stdout: "a last\n" });
    // A link that is there when it is looked for, and can't be run.
    symlinkSync(layout.real, layout.namedReal);
    linkSync(layout.real, `${layout.real}.kept`);
    expect(call(layout.binary, env)).toEqual({ status: 0, stdout: "a last\n" });
  });
});

/**
 * What befalls a call that gets no processor for as long as it takes: bash runs a trap before each of the wrapper's
 * commands, and before the first that has a text in it, the commands of `meanwhile` are run, once, each in its turn.
 */
function callWhile(layout: Layout, args: string[], meanwhile: [before: string, commands: string[]][]) {
  const done = meanwhile.map((_, index) => join(folder, `done-${index}`));
  const hooks = meanwhile.map(([before, commands], index) => {
    const turn = `${index > 0 ? `-e ${done[index - 1]} && ` : ""}! -e ${done[index]}`;
    return `[[ $1 == *${quote(before)}* && ${turn} ]] && { >${done[index]}; ${commands.join("; ")}; }`;
  });
  const hook = join(folder, "hook");
  writeFileSync(
    hook,
    `__hook() { local PATH=/usr/bin:/bin\n${hooks.join("\n")}\n:; }\nset -T\ntrap '__hook "$BASH_COMMAND"' DEBUG\n`,
  );
  spawnSync(layout.binary, args);
  const env = { BASH_ENV: hook, PATH: "/usr/bin:/bin", _: "/usr/bin/env", SHLVL: "2", PWD: process.cwd() };
  const happened = () => done.filter((path) => existsSync(path)).length;
  const { status, stdout, stderr } = spawnSync(layout.binary, args, { env, encoding: "utf8" });
  return { status, stdout, stderr, happened: happened() };
}

describe.each([
  ["a call", "a", "__decide", "_=$__last exec", "__status="],
  ["a call with another alphabet", "é", "__restore", "_=$__last exec", "__status="],
])("%s that gets no processor for long", (_, word, before, last, after) => {
  const paths = (layout: Layout) =>
    [layout.binary, layout.real, layout.wrapper, dirname(layout.namedReal)].map(quote);
  const takeAway = (layout: Layout) => {
    const [binary, real, wrapper, named] = paths(layout);
    return [`cp ${wrapper} ${wrapper}.kept`, `mv -T ${real} ${binary}`, `rm -rf ${wrapper} ${named}`];
  };
  const placeAgain = (layout: Layout) => {
    const [binary, real, wrapper, named] = paths(layout);
    return [
      `ln ${binary} ${real}`,
      `mv ${wrapper}.kept ${wrapper}`,
      `mkdir ${named} && ln -s ${real} ${named}/tool`,
      `ln -s ${wrapper} ${binary}.next && mv -T ${binary}.next ${binary}`,
    ];
  };

  test.each([true, false])("isn't told that its interception was taken away, keepName: %s", (keepName) => {
    const layout = place(keepName);
    const seen = callWhile(layout, [word], [[before, takeAway(layout)]]);
    expect(seen).toEqual({ status: 0, stdout: `${word} last\n`, stderr: "", happened: 1 });
  });

  test("isn't told that its real binary goes by another name now", () => {
    const layout = place(true);
    const seen = callWhile(layout, [word], [[before, [`rm ${quote(layout.namedReal)}`]]]);
    expect(seen).toEqual({ status: 0, stdout: `${word} last\n`, stderr: "", happened: 1 });
  });

  test("finds what was there, gone, and there again", () => {
    const layout = place(true);
    const { stderr, ...seen } = callWhile(
      layout,
      [word],
      [
        [last, takeAway(layout)],
        [after, placeAgain(layout)],
      ],
    );
    expect(seen).toEqual({ status: 0, stdout: `${word} last\n`, happened: 2 });
    // What bash says when its last look was just too early can't be held back.
    expect(stderr).toMatch(/^[^\n]*No such file or directory\n$/);
  });
});

describe.concurrent("where bash can't fork for a first call's log, which it tries for 15 seconds", () => {
  // Root is not held to the number of processes, so the call is made by a user who has no other.
  const uid = process.getuid?.() === 0 ? 61234 : process.getuid?.();
  const callWithoutFork = async (policy: string) => {
    const own = sharedFolder();
    chmodSync(own, 0o755);
    const binary = join(own, "tool");
    cpSync("/bin/echo", binary);
    placeByHand({ file: `name: ${name}-fork\nbinary: ${binary}\n${policy}`, keepName: false });
    const user = process.getuid?.() === 0 ? ["setpriv", "--reuid", String(uid), "--clear-groups"] : [];
    const [program = "bash", ...words] = [
      ...user,
      "bash",
      "-c",
      'ulimit -u 1; exec "$1" "a b"',
      "bash",
      binary,
    ];
    const child = spawn(program, words, { cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    child.stdout.on("data", (data) => {
      printed += data;
    });
    child.stderr.on("data", (data) => {
      printed += data;
    });
    const [status] = await once(child, "close");
    rmSync(own, { recursive: true, force: true });
    return { status, printed };
  };

  test("the call goes on with what the policy decided", async () => {
    expect(await callWithoutFork("always: { append: [last] }\n")).toEqual({
      status: 0,
      printed: "a b last\n",
    });
  });

  test("a fact can't be had, and the call goes on", async () => {
    const policy = `facts: { weight: { fileSize: operand(0) } }
routes: [{ name: large, when: weight > 0, append: [large] }, { name: other, append: [other] }]
`;
    expect(await callWithoutFork(policy)).toEqual({ status: 0, printed: "a b other\n" });
  });

  test("a refusal stays one", async () => {
    const policy =
      'routes: [{ name: no, when: operand(0) == "a b", deny: { exit: 77, message: not here } }, { name: pass }]\n';
    expect(await callWithoutFork(policy)).toEqual({ status: 77, printed: "not here\n" });
  });
});

/** The shell at the other end of a connection. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SessionEnded, startSession } from "../../src/host/session.ts";
import { canFleet } from "../support/fleet.ts";
import { scratchFolder } from "../support/scratch.ts";

const shells = [["dash"], ["bash", "--posix"], ["busybox", "sh"]].filter(
  ([program = ""]) => spawnSync(program, ["-c", ":"]).status === 0 || program === "busybox",
);
const open = ([program = "", ...words]: string[], before = ":") =>
  startSession(
    spawn("sh", ["-c", `${before}; exec "$@"`, "sh", program, ...words, "-s"], {
      stdio: ["pipe", "pipe", "pipe"],
    }),
    "token-4711",
  ).session();

test.runIf(process.env.CI)("hosts for the tests of this folder can be made", () => {
  expect(canFleet).toBe(true);
});

describe.each(shells.map((shell) => ({ shell, name: shell.join(" ") })))("$name", ({ shell }) => {
  test("carries out one script after the other, and what one changes the next doesn't see", async () => {
    const session = open(shell);
    const first = await session.run(
      "main() { word=1; cd /; printf 'a\\nb'; echo said >&2; exit 7; }\nmain </dev/null\n",
    );
    expect([first.status, first.stdout.toString(), first.stderr.toString()]).toEqual([7, "a\nb", "said\n"]);
    const second = await session.run('main() { echo "${word-none}"; }\nmain </dev/null\n');
    expect([second.status, second.stdout.toString(), second.stderr.toString()]).toEqual([0, "none\n", ""]);
    await session.close();
  });

  test("takes scripts that are sent together, and keeps what they print apart", async () => {
    const session = open(shell);
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        session.run(`main() { echo ${at}; echo e${at} >&2; return ${at}; }\nmain </dev/null\n`),
      ),
    );
    expect(all.map(({ status, stdout, stderr }) => `${status} ${stdout} ${stderr}`)).toEqual(
      all.map((_, at) => `${at} ${at}\n e${at}\n`),
    );
    await session.close();
  });

  test("gives every byte, and lines as they come", async () => {
    const session = open(shell);
    const bytes = await session.run("printf '\\000\\377\\n\\n\\001'\n");
    expect(bytes.stdout).toEqual(Buffer.from([0, 255, 10, 10, 1]));
    for (const [text, lines] of [
      ["a\\n\\nb\\n", ["a", "", "b"]],
      ["a\\n\\n", ["a", ""]],
      ["open", ["open"]],
      ["", []],
    ] as const) {
      const seen: string[] = [];
      await session.run(`printf '${text}'\n`, { onLine: (line) => seen.push(line.toString()) });
      expect(seen, text).toEqual(lines);
    }
    const large = await session.run("head -c 3000000 /dev/zero | tr '\\0' x\n");
    expect(large.stdout).toHaveLength(3_000_000);
    await session.close();
  });

  test("is not confused by what is printed before it begins", async () => {
    const session = open(shell, "echo Welcome; echo 'a warning' >&2");
    const { stdout, stderr } = await session.run("echo a\n");
    expect([stdout.toString(), stderr.toString()]).toEqual(["a\n", ""]);
    await session.close();
  });

  test("ends what goes on for good when it is told to", async () => {
    const session = open(shell);
    const ending = new AbortController();
    const seen: string[] = [];
    const script = "main() { echo begun; cat >/dev/null; echo over; }\nmain\n";
    const onLine = (line: Buffer) => {
      seen.push(line.toString());
      ending.abort();
    };
    const { status } = await session.run(script, { onLine, signal: ending.signal });
    expect([status, seen]).toEqual([0, ["begun", "over"]]);
    await session.close();
  });

  test("says how it ended when it does so in the middle", async () => {
    const session = open(shell);
    const ran = session.run("echo a; kill -9 $$\n");
    await expect(ran).rejects.toBeInstanceOf(SessionEnded);
    await expect(ran).rejects.toMatchObject({ ended: { began: true } });
    await session.close();
  });

  test("does nothing of a script that arrives cut short, wherever", async () => {
    const folder = scratchFolder();
    const mark = join(folder, "mark");
    const text = (
      await sent(`echo 1 >>${mark}\necho 2 >>${mark}\nact() {\necho 3 >>${mark}\n}\nact\n`)
    ).toString();
    const whole = spawnSync(shell[0] ?? "", [...shell.slice(1), "-s"], { input: text });
    expect(whole.status).toBe(0);
    expect(readFileSync(mark, "utf8")).toBe("1\n2\n3\n");
    spawnSync("rm", [mark]);
    const after = text.indexOf("\n}\n", text.indexOf("printf '\\n%s"));
    for (let length = 0; length < after; length += 3) {
      spawnSync(shell[0] ?? "", [...shell.slice(1), "-s"], { input: text.slice(0, length) });
      expect(existsSync(mark), text.slice(0, length)).toBe(false);
    }
    // The naive way: a shell that reads line by line.
    spawnSync(shell[0] ?? "", [...shell.slice(1), "-s"], {
      input: `echo 1 >>${mark}\necho 2 >>${mark}\nact() {\n`,
    });
    expect(existsSync(mark)).toBe(true);
  });
});

// ---

/** What a session sends for a script. */
async function sent(script: string): Promise<Buffer> {
  const folder = scratchFolder();
  const child = spawn("sh", ["-c", `tee ${folder}/sent | sh -s`], { stdio: ["pipe", "pipe", "pipe"] });
  const session = startSession(child, "token-4711").session();
  await session.run(script.replaceAll(/>>\S+/g, ">/dev/null"));
  await session.close();
  const target = />>(\S+)/.exec(script)?.[1] ?? "";
  return Buffer.from(readFileSync(`${folder}/sent`, "utf8").replaceAll(">/dev/null\n", `>>${target}\n`));
}

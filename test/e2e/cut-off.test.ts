/**
 * A run that ends at any point, as by a power cut: programs found first on PATH count how often a plan's shell
 * calls them, and before a given call they kill the whole run, the tool included.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, passing, place } from "../support/place.ts";
import { can, type Ran } from "../support/private-host.ts";
import { script } from "../support/small-binaries.ts";

/** What changes something; the points in between are those of the shell's own redirections. */
const programs = ["cat", "cp", "ln", "mkdir", "mv", "rm", "rmdir"];

const policy = `${passing}probe: []\nkeepName: yes\n`;

interface Cutter extends Place {
  /** Runs the tool until it calls its n-th program; 0 lets it end. */
  cutAt(count: number, ...words: string[]): Promise<Ran>;
  /** How many programs the last run called. */
  calls(): number;
}

async function cutter(): Promise<Cutter> {
  const at = await place({ policy });
  const folder = join(at.folder, "first-on-path");
  const count = join(at.folder, "home/count");
  mkdirSync(folder);
  for (const name of programs) {
    script(
      join(folder, name),
      `#!/bin/sh
read -r _ parent _ </proc/$PPID/stat
if [ "$parent" = '(sh)' ]; then
	read -r count <'${count}'
	count=$((count + 1))
	echo "$count" >'${count}'
	if [ "$count" = "$CUT_AT" ]; then kill -9 0; fi
fi
exec /usr/bin/${name} "$@"
`,
    );
  }
  return {
    ...at,
    cutAt: (number, ...words) => {
      writeFileSync(count, "0\n");
      const env = { PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`, CUT_AT: String(number) };
      return at.tool(words, { env, ownGroup: true });
    },
    calls: () => Number(readFileSync(count, "utf8")),
  };
}

/** A listing of what is ours, without what differs from one installation to the next. */
const shape = (at: Place): string =>
  at
    .listing("content")
    .replaceAll(at.folder, "FOLDER")
    .split("\n")
    .filter((line) => !/^(home|\.host\/(tmp|lib\/interpose\/(small\/(made|work)|\.lock\.small)))/.test(line))
    .map((line) =>
      line
        .replace(/ inode \d+/, "")
        .replace(/^(\.host\/lib\/interpose\S*) .*/, "$1")
        .replace(/ size \d+ modified \d+/, ""),
    )
    .join("\n");

const withoutCount = (text: string): string => text.replace(/^home\/count .*\n/m, "");

/** Each of these in turn, a few at a time. */
async function each(numbers: number[], act: (number: number) => Promise<void>): Promise<void> {
  const left = [...numbers];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await act(next);
  };
  await Promise.all([work(), work(), work(), work()]);
}

/** Every so many-th number up to the last, the last one too. */
const every = (step: number, last: number): number[] =>
  Array.from({ length: last }, (_, index) => index + 1).filter((number) => (last - number) % step === 0);

/** The binary answers, whatever was cut off. */
async function expectAnswer(at: Place, number: number): Promise<void> {
  expect(await at.call("a"), `cut at ${number}`).toEqual({ status: 0, stdout: "tool\na\n", stderr: "" });
}

async function expectCut(at: Cutter, number: number, ...words: string[]): Promise<void> {
  const { status, stdout, stderr } = await at.cutAt(number, ...words);
  expect(status, `cut at ${number}: ${stdout}${stderr}`).toBe(137);
  await expectAnswer(at, number);
}

describe.skipIf(!can.mount)("a run that is cut off", { timeout: 180_000 }, () => {
  test("apply is finished by the next, or undone by rollback", async () => {
    const whole = await cutter();
    await whole.cutAt(0, "apply", whole.file, "--yes");
    const complete = shape(whole);
    const count = whole.calls();
    expect(count).toBeGreaterThan(15);
    let undone = 0;

    await each(every(1, count), async (number) => {
      const at = await cutter();
      const before = at.listing("content");
      await expectCut(at, number, "apply", at.file, "--yes");
      // Cut before there is a manifest, nothing was changed yet.
      const known = existsSync(join(at.folder, ".host/lib/interpose/small/manifest.json"));
      if (known && number % 3 === 0) {
        const { status, stdout } = await at.tool(["status"]);
        const intact = stdout.includes("small  intact");
        expect(status, `cut at ${number}`).toBe(intact ? 0 : 1);
        if (!intact) expect(stdout).toMatch(/The last apply was cut off at its step \w+/);
      }
      if (known && number % 2 === 0) {
        undone++;
        done(await at.rollback());
        expect(withoutCount(at.listing("content")), `cut at ${number}`).toBe(before);
        await expectAnswer(at, number);
        return;
      }
      done(await at.apply());
      expect(shape(at), `cut at ${number}`).toBe(complete);
      await expectAnswer(at, number);
    });
    expect(undone).toBeGreaterThan(6);
  });

  test("rollback is finished by the next, or taken back by apply", async () => {
    const whole = await cutter();
    done(await whole.apply());
    const complete = shape(whole);
    await whole.cutAt(0, "rollback", "small", "--yes");
    const count = whole.calls();
    expect(count).toBeGreaterThan(8);

    await each(every(3, count), async (number) => {
      const at = await cutter();
      const before = at.listing("content");
      done(await at.apply());
      await expectCut(at, number, "rollback", "small", "--yes");
      const { stdout } = await at.tool(["status"]);
      if (number % 2 === 0 || stdout.includes("Nothing is intercepted here")) {
        done(await at.apply());
        await expectAnswer(at, number);
        expect(shape(at), `cut at ${number}`).toBe(complete);
      } else {
        expect(stdout).toMatch(/intact|The last rollback was cut off at its step \w+/);
      }
      done(await at.rollback());
      await expectAnswer(at, number);
      expect(withoutCount(at.listing("content")), `cut at ${number}`).toBe(before);
    });
  });

  test("a changed policy that was cut off goes back to the former one when its gate fails", async () => {
    const at = await cutter();
    at.write(`${policy}always: { append: [--former] }\n`);
    done(await at.apply());
    const former = (await at.call("a")).stdout;
    const complete = shape(at);
    at.write(`${policy}always: { append: [--later] }\n`);
    const dry = await cutter();
    done(await dry.apply());
    dry.write(`${policy}always: { append: [--later] }\n`);
    await dry.cutAt(0, "apply", dry.file, "--yes");
    for (const number of every(4, dry.calls())) {
      expect((await at.cutAt(number, "apply", at.file, "--yes")).status).toBe(137);
      expect((await at.call("a")).stdout).toMatch(/^tool\na\n--(former|later)\n$/);
      const script = (await at.tool(["plan", at.file, "--as", "sh"])).stdout;
      if (!script.includes("gate_test() {")) break;
      const failing = script.replace("gate_test() {", "gate_test() {\n\tfalse && no\n}\nno() {");
      const { status, stdout } = await at.run(["sh", "-s"], { input: failing });
      expect(status, `cut at ${number}: ${stdout}`).toBe(1);
      expect((await at.call("a")).stdout).toBe(former);
      expect(shape(at), `cut at ${number}`).toBe(complete);
      done(await at.tool(["status"]));
    }
  });

  test("a first run that was cut off is undone whole when a gate of the next fails", async () => {
    const whole = await cutter();
    await whole.cutAt(0, "apply", whole.file, "--yes");
    await each(every(4, whole.calls()), async (number) => {
      const at = await cutter();
      const before = at.listing("content");
      expect((await at.cutAt(number, "apply", at.file, "--yes")).status).toBe(137);
      const script = (await at.tool(["plan", at.file, "--as", "sh"])).stdout;
      if (!script.includes("gate_test() {")) return;
      const failing = script.replace("gate_test() {", "gate_test() {\n\tfalse && no\n}\nno() {");
      const { status, stdout } = await at.run(["sh", "-s"], { input: failing });
      expect(status, `cut at ${number}: ${stdout}`).toBe(1);
      expect(withoutCount(at.listing("content")), `cut at ${number}`).toBe(before);
      await expectAnswer(at, number);
    });
  });
});

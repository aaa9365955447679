/** What a terminal shows while several hosts are changed: real ones, and a terminal that does what it is told. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import headless from "@xterm/headless";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { canFleet, type Fleet, openFleet, password } from "../support/fleet.ts";
import type { Ran } from "../support/private-host.ts";

const driver = resolve(import.meta.dirname, "../fixtures/e2e/terminal.py");
const binary = "/opt/greet/greet";

describe.skipIf(!canFleet)("a fleet on a terminal", { timeout: 120_000 }, () => {
  let fleet: Fleet;
  let file = "";
  const write = (more: object) => {
    const policy = {
      name: "polite",
      binary,
      always: { append: ["please"] },
      rollout: { canary: 1, wave: 5 },
    };
    writeFileSync(file, JSON.stringify({ ...policy, hosts: ["h1", "h2", "h3"], ...more }));
  };
  beforeAll(async () => {
    fleet = await openFleet(3, "mkdir -p /opt/greet; chmod 755 /opt/greet; cp /bin/echo /opt/greet/greet");
    file = join(fleet.folder, "fleet.yaml");
  });
  beforeEach(() => write({}));
  afterAll(() => fleet?.close());

  const onTerminal = (words: string[], width = 100, steps: [string, string][] = []): Promise<Ran> =>
    fleet.run(
      ["/usr/bin/python3", driver, JSON.stringify(steps), process.execPath, inject("interpose"), ...words],
      { env: { TERM: "xterm", TERMINAL_WIDTH: String(width) } },
    );
  const plain = async (command: string) => {
    const ran = await fleet.interpose([command, file, "--yes"]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    // Of a wave, the one that is quicker is told first.
    return ran.stdout.trimEnd().split("\n");
  };

  test("has a line for each host at work, and in the end what is said without one", async () => {
    for (const command of ["apply", "rollback"]) {
      const ran = await onTerminal([command, file, "--yes"]);
      expect(ran.status, ran.stdout).toBe(0);
      const text = stripVTControlCharacters(ran.stdout);
      for (const host of ["h1", "h2", "h3"]) {
        expect(text).toMatch(new RegExp(`^${host} {2}looks what is there`, "m"));
        expect(text).toMatch(
          new RegExp(`${host} {2}\\d\\. ${command === "apply" ? "Write the wrapper" : "Remove"}`),
        );
      }
      const seen = await screen(ran.stdout, 100);
      await fleet.interpose([command === "apply" ? "rollback" : "apply", file, "--yes"]);
      const said = await plain(command);
      expect(said.length).toBe(5);
      expect(seen.lines.sort()).toEqual(said.sort());
    }
  });

  test("is not broken by a narrow one", async () => {
    for (const width of [24, 3]) {
      const ran = await onTerminal(["apply", file, "--yes"], width);
      expect(ran.status, ran.stdout).toBe(0);
      const live = stripVTControlCharacters(ran.stdout)
        .split(/\r?\n/)
        .filter((line) => /^h\d? ?$|^h\d {2}(looks|verifies|\d\.)/.test(line));
      expect(live.length).toBeGreaterThan(3);
      for (const line of live) expect(line.length).toBeLessThan(width);
      await fleet.interpose(["rollback", file, "--yes"]);
      const said = await plain("apply");
      expect((await screen(ran.stdout, width)).lines.sort()).toEqual(said.sort());
      await fleet.interpose(["rollback", file, "--yes"]);
    }
  });

  test("asks for passwords where nothing moves", async () => {
    write({ hosts: ["careful-h2", "h1"], sudo: "always", rollout: { canary: 0, wave: 2 } });
    const question = "Password for sudo on careful-h2";
    const ran = await onTerminal(["apply", file, "--yes"], 100, [[question, `${password}\r`]]);
    expect(ran.status, ran.stdout).toBe(0);
    // Until it is answered, all that is drawn is the question; the other host is at work meanwhile.
    const asked = ran.stdout.slice(ran.stdout.indexOf(question), ran.stdout.lastIndexOf(question));
    expect(asked.length).toBeGreaterThan(0);
    expect(stripVTControlCharacters(asked)).not.toMatch(/h\d {2}/);
    const seen = await screen(ran.stdout, 100);
    expect(seen.lines.filter((line) => /applied$/.test(line))).toHaveLength(2);
    expect(seen.lines.filter((line) => /looks|\d\. /.test(line))).toEqual([]);
    write({ hosts: ["h1", "h2"] });
    await plain("rollback");
  });

  test("without one, or for machines, is told as hosts end", async () => {
    expect((await plain("apply")).join("\n")).not.toMatch(/looks|verifies|\u001b/);
    const json = await onTerminal(["rollback", file, "--yes", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ name: "polite" });
  });

  // The last: the run there goes on by itself.
  test("is left in order by Ctrl-C", async () => {
    const slow = "printf '#!/bin/sh\\nsleep 5\\necho \"$@\"\\n' >/opt/greet/greet";
    await Promise.all(fleet.hosts.map((host) => host.shell(slow)));
    const ran = await onTerminal(["apply", file, "--yes"], 80, [["1. Locate", "\u0003"]]);
    // Ended by the signal.
    expect(ran.status).toBe(256 - 2);
    const { lines, column, hidden } = await screen(ran.stdout, 80);
    expect(lines.at(-1)).toMatch(/^h1 {2}1\. Locate|^\^C$/);
    expect({ column, hidden }).toEqual({ column: lines.at(-1) === "^C" ? 2 : 0, hidden: false });
  });
});

// ---

/** What a terminal shows in the end: its lines, as they were before it broke them, and where its cursor is. */
async function screen(
  printed: string,
  columns: number,
): Promise<{ lines: string[]; column: number; hidden: boolean }> {
  const terminal = new headless.Terminal({
    cols: columns,
    rows: 50,
    scrollback: 1000,
    allowProposedApi: true,
  });
  await new Promise<void>((done) => terminal.write(printed, done));
  const { active } = terminal.buffer;
  const lines: string[] = [];
  for (let at = 0; at < active.length; at++) {
    const line = active.getLine(at);
    const text = line?.translateToString(!active.getLine(at + 1)?.isWrapped) ?? "";
    if (line?.isWrapped) lines.push(`${lines.pop()}${text}`);
    else lines.push(text);
  }
  const hidden = printed.lastIndexOf("\u001b[?25l") > printed.lastIndexOf("\u001b[?25h");
  const column = active.cursorX;
  terminal.dispose();
  return { lines: lines.filter((line) => line !== ""), column, hidden };
}

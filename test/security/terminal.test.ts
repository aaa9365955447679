/** Nothing that somebody else chose does anything to a terminal, or looks like a record of a call. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createOutput, findingLines } from "../../src/cli/output.ts";
import { planLines } from "../../src/cli/steps.ts";
import type { Finding, FindingCode } from "../../src/finding/finding.ts";
import { words } from "../../src/finding/words.ts";
import type { LogRecord } from "../../src/log/record.ts";
import { showEntry } from "../../src/log/show.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { renderMarkdown } from "../../src/plan/render-markdown.ts";
import { displayed, displayedJson, quote } from "../../src/wrapper/quote.ts";
import { done, place, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";

/** What a terminal obeys, or shows in another place than it stands. */
const obeyed =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udfff](?<![\ud800-\udbff][\udc00-\udfff])(?![\udc00-\udfff])/;

const nasty = [
  "\u001b]0;title\u0007",
  "\u001b]52;c;Y2xpcA==\u001b\\",
  "\u001b[2J\u001b[1;1H",
  "\u001b[8mhidden",
  "\u009b31m\u009d0;x\u009c\u0090q\u0085",
  "a\rb\u0008\u007f\u000b\u000c",
  "\u202eexe.txt\u202c\u2066x\u2069\u200f\u061c",
  "zero\u200bwidth\u2060\ufeff",
  "line\u2028and\u2029paragraph",
];
const text = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.tuple(fc.constantFrom(...nasty), fc.constantFrom(...nasty)).map((both) => both.join("'\n`")),
);

const output = createOutput({ json: false });

describe("shown to people", () => {
  const holds = (show: (one: string) => string) =>
    fc.assert(
      fc.property(text, (one) => {
        expect(show(one)).not.toMatch(obeyed);
      }),
      { numRuns: 100, examples: nasty.map((one): [string] => [one]) },
    );

  test("a text", () => holds(displayed));
  test("a document, which says the same", () =>
    holds((one) => {
      const json = displayedJson(JSON.stringify([one], null, 2));
      expect(JSON.parse(json)).toEqual([one]);
      return json;
    }));
  test.each(Object.keys(words) as FindingCode[])("a finding: %s", (code) => {
    for (const one of nasty) {
      const args = new Proxy({}, { get: () => one, has: () => true }) as Finding["args"];
      const finding: Finding = {
        ...{ code, args, place: { file: one, line: 1, column: 1 } },
        excerpt: { text: one, from: 0, width: 1 },
      };
      expect(findingLines(finding, output).join("\n")).not.toMatch(obeyed);
    }
  });
  test("a call from a log", () =>
    holds((one) => {
      const record: LogRecord = {
        ...{ v: 1, time: 1, wrapper: one, pid: 1, ppid: 1, uid: 1, caller: { comm: one }, cwd: one },
        ...{ argv: [one, "b"], argc: 2, execArgv: ["b", one], route: one, facts: { [one]: 1 } },
        ...{ errors: [one], preflightUs: 1 },
      };
      const shown = showEntry({ record, line: Buffer.from("{}") }, { colour: false, userName: () => one });
      expect(shown).not.toContain("\n");
      return shown;
    }));
  test("a plan, as it is and as a runbook", () =>
    holds((one) => {
      const command = `rm ${quote(one.replaceAll("\0", ""))}`;
      const step = { id: "a", number: 1, title: one, todo: "", run: [command], gate: [command], undo: [] };
      const plan: Plan = {
        ...{ action: "apply", name: one, host: one, already: [one], steps: [step], earlier: [] },
        ...{
          fallback: "none",
          state: one,
          places: [],
          programs: [],
          paths: [],
          probe: [],
          wrapperName: one,
          environmentRoutes: [],
          policyChanges: false,
        },
        notes: [one],
      };
      return [...planLines(plan, output), renderMarkdown(plan, one).replaceAll("\t", "")].join("\n");
    }));
});

describe("an argument", () => {
  const record =
    '{"v":1,"time":1,"wrapper":"small","pid":1,"ppid":1,"uid":0,"caller":{"comm":"x"},"cwd":"/","argv":["forged"],"argc":1,"execArgv":["forged"],"route":null,"facts":{},"errors":[],"preflightUs":1}';

  test("makes no record of its own, and nothing of it is obeyed", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    const args = [...nasty, `\n${record}\n`, record, `"],"x":"\n${record}`, "\\", "\\u000a", '"', "x\n\n"];
    for (const one of args) done(await at.call(one));
    for (const words of [
      ["logs", "small"],
      ["logs", "small", "--json"],
    ]) {
      const { stdout } = done(await at.tool(words));
      expect(stdout).not.toMatch(obeyed);
      expect(stdout.trimEnd().split("\n")).toHaveLength(args.length);
    }
    const { stdout } = done(await at.tool(["logs", "small", "--json"]));
    const argv = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).argv);
    expect(argv).toEqual(args.map((one) => [one]));
  });

  test.skipIf(!can.beRoot)(
    "a file that its user wrote by hand tells nothing of others, and is not obeyed",
    async () => {
      const at = await place({ policy: quick });
      done(await at.apply());
      done(await at.call("a"));
      const own = record.replace('"uid":0', '"uid":65534').replaceAll("forged", "own\u202e\u009b");
      const lines = [record, own, own.replaceAll(",", ",\r"), "\u001b[2J", own.replace("own", "\u001b")];
      await at.run(["sh", "-euc", "mkdir /tmp/interpose-65534; cat >/tmp/interpose-65534/small.log"], {
        as: "nobody",
        input: lines.map((line) => `${line}\n`).join(""),
      });
      for (const words of [
        ["logs", "small"],
        ["logs", "small", "--json"],
      ]) {
        const { status, stdout, stderr } = await at.tool(words);
        expect(status).toBe(0);
        expect(stdout + stderr).not.toMatch(obeyed);
        expect(stdout).not.toContain("forged");
        expect(stdout.trimEnd().split("\n")).toHaveLength(3);
      }
    },
  );
});

describe("names that others chose", () => {
  test("are not obeyed in what the commands say", async () => {
    const at = await place({ policy: quick });
    const odd = `bin/t\u001b]0;x\u0007\u202e\u009b`;
    const target = join(at.folder, "home/\u001b[2Jtarget\n\u202e");
    await at.shell(`mv bin/tool ${quote(target)}; ln -s ${quote(target)} ${quote(odd)}`);
    const file = join(at.folder, "odd.yaml");
    const policy = `${JSON.stringify({
      ...{
        name: "odd",
        binary: join(at.folder, odd),
        wrapper: join(at.folder, "bin/odd"),
        probe: ["\u001b[2J"],
      },
      ...{ keepName: "no", accept: ["other-owner"], services: ["a\u009b.service"] },
      routes: [{ name: "r", append: ["\u001b]0;x\u0007", "\u202e"] }],
    })}\n`;
    await at.run(["sh", "-c", 'cat >"$1"', "sh", file], { input: policy });
    const said: string[] = [];
    for (const words of [
      ["plan", file],
      ["plan", file, "--json"],
      ["plan", file, "--as", "markdown"],
      ["explain", file, "--", "\u001b[2J"],
      ["explain", file, "--json", "--", "\u001b[2J\u009b"],
      ["apply", file, "--yes"],
      ["status"],
      ["verify", "odd"],
      ["rollback", "odd", "--yes"],
      ["plan", join(at.folder, "\u001b[2J.yaml")],
    ]) {
      const { stdout, stderr } = await at.tool(words);
      said.push(stdout + stderr);
      expect((stdout + stderr).replaceAll("\t", ""), words[0]).not.toMatch(obeyed);
    }
    expect(said.join("")).toContain("real binary again");
    expect(existsSync(at.inside("/var/lib/interpose/odd"))).toBe(false);
  });

  test("nor are those in a manifest", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    const path = "/var/lib/interpose/small/manifest.json";
    const manifest = JSON.parse(readFileSync(at.inside(path), "utf8"));
    const odd = "/\u001b]0;x\u0007\u202e\u009b\n/x";
    Object.assign(manifest, { binary: `${odd}/b`, real: `${odd}/r`, wrapper: `${odd}/w`, file: odd });
    await at.run(["sh", "-c", `cat >${path}`], { input: JSON.stringify(manifest) });
    for (const words of [["status"], ["status", "--json"], ["rollback", "small", "--yes"]]) {
      const { stdout, stderr } = await at.tool(words);
      expect(stdout + stderr).toContain("\\u001b");
      expect(stdout + stderr).not.toMatch(obeyed);
    }
  });
});

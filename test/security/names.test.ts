/** No text of a file gets out of its quotes: not in the wrapper, nor in the plan's script and what that runs. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InterposeError } from "../../src/finding/finding.ts";
import { look } from "../../src/host/look.ts";
import { bashTextOf, prepareApply } from "../../src/plan/prepare.ts";
import { renderMarkdown } from "../../src/plan/render-markdown.ts";
import { renderShell } from "../../src/plan/render-sh.ts";
import { planRollback } from "../../src/plan/rollback.ts";
import { runPlan } from "../../src/plan/run.ts";
import { type Loaded, loadSpec } from "../../src/spec/load.ts";
import { layoutOf } from "../../src/spec/spec.ts";
import { interceptionsOf } from "../../src/state/manifest.ts";
import { compileWrapper } from "../../src/wrapper/compile.ts";
import { quote } from "../../src/wrapper/quote.ts";
import { place } from "../support/place.ts";
import { scratchFolder } from "../support/scratch.ts";
import { hostOf } from "./inside.ts";

/** Ways in which a text would become a command, each of which makes a file in the folder CANARY. */
const escapes = (canary: string, field: string) => {
  const command = `touch ${canary}/${field}`;
  return [
    `$(${command})`,
    `\`${command}\``,
    `';${command};'`,
    `";${command};"`,
    `\\';${command} #`,
    `'"$(${command})"'`,
    `;${command}`,
    `&${command}&`,
    `|${command}`,
    `)\n${command}\n(`,
    `\n${command}\n`,
    `\nEND_OF_TEXT\n${command}\n`,
    `END_OF_TEXT\n${command}`,
    `'\n}\n${command}\n`,
    `\r\n${command}\r\n`,
    `a[$(${command})]`,
    `%s%n$(${command})\\`,
    `*);;esac;${command};case x in x`,
    `-e;${command}`,
    `~/{a,b}\u0001\u202e$(${command})`,
  ];
};

/** Texts for a field, by what its form lets through. */
const words = (canary: string) => (field: string, form: "text" | "line" | "part") => {
  const all = escapes(canary, field).map((text) => {
    if (form === "text") return text;
    const line = text.replaceAll("\n", " ");
    // A part of a path may hold anything but a slash, so that a command in it can't name the folder by one.
    return form === "line" ? line : line.replaceAll(`${canary}/`, "").replaceAll("/", "");
  });
  return fc.oneof(
    fc.constantFrom(...all),
    fc.tuple(fc.constantFrom(...all), fc.constantFrom(...all)).map((two) => two.join("")),
  );
};

/** Files whose every text tries to get out; the binary is in `bin`. */
function files(bin: string, canary: string): fc.Arbitrary<string> {
  const word = words(canary);
  const edits = (name: string) =>
    fc.record({
      prepend: fc.array(word(`${name}-prepend`, "text"), { maxLength: 2 }),
      append: fc.array(word(`${name}-append`, "text"), { maxLength: 2 }),
      set: word(`${name}-set`, "text").map((value) => ({ "--set": value })),
      env: word(`${name}-env`, "text").map((value) => ({ SOME: value })),
    });
  const option = (name: string) => word(name, "part").map((text) => `--${text.replace(/[\s=\p{C}]/gu, "")}`);
  return fc
    .record({
      part: word("binary", "part"),
      wrapperPart: word("wrapper", "part"),
      suffix: word("suffix", "part").map((text) => text.replace(/\s/g, "").slice(0, 60)),
      probe: fc.array(word("probe", "text"), { minLength: 1, maxLength: 2 }),
      service: word("service", "line"),
      withValue: fc.array(option("with-value"), { maxLength: 2 }),
      remove: fc.array(option("remove"), { maxLength: 2 }),
      redact: fc.array(option("redact"), { maxLength: 1 }),
      literal: word("literal", "line"),
      fact: word("fact", "line"),
      message: word("message", "line"),
      first: edits("first"),
      always: edits("always"),
      keepName: fc.constantFrom("auto", "yes", "no"),
    })
    .map(({ part, wrapperPart, suffix, ...one }) => {
      const cut = (text: string) => text.slice(0, 80).trim();
      return JSON.stringify({
        name: "small",
        binary: join(bin, `tool${cut(part)}`),
        wrapper: join(bin, `small${cut(wrapperPart)}x`),
        realSuffix: suffix || "-real",
        keepName: one.keepName,
        probe: one.probe,
        services: [one.service],
        arguments: { withValue: one.withValue },
        facts: { weight: { fileSize: JSON.stringify(one.fact) } },
        routes: [
          {
            name: "deny",
            when: `operand(0) == ${JSON.stringify(one.literal)}`,
            deny: { exit: 7, message: one.message },
          },
          { name: "weight", when: "weight > 5", remove: one.remove, ...one.first },
          {
            name: "last",
            when: `env("SOME").contains(${JSON.stringify(one.literal)})`,
            append: [one.literal],
          },
          { name: "rest" },
        ],
        always: one.always,
        log: { redact: one.redact },
      });
    });
}

function loaded(text: string, source: string): Loaded | undefined {
  try {
    return loadSpec(Buffer.from(text), source);
  } catch (error) {
    if (error instanceof InterposeError) return undefined;
    throw error;
  }
}

test("every text stays a text, in the wrapper and where it is only looked at", () => {
  const folder = scratchFolder();
  for (const name of ["canary", "bin", "texts"]) mkdirSync(join(folder, name));
  const source = `${folder}/$(touch ${folder}/canary/source)'\`;.yaml`;
  let count = 0;
  fc.assert(
    fc.property(files(join(folder, "bin"), join(folder, "canary")), (text) => {
      const one = loaded(text, source);
      if (!one) return;
      count += 1;
      const explaining = { policy: one.policy, layout: layoutOf(one.spec), keepName: true, source };
      writeFileSync(join(folder, `texts/${count}`), bashTextOf(one));
      writeFileSync(join(folder, `texts/${count}.explain`), compileWrapper(explaining, "explain"));
    }),
    { numRuns: 150 },
  );
  expect(count).toBeGreaterThan(100);
  // One shell for all, in the folder where a command without a path would leave its file.
  const script = `cd canary
for text in ../texts/*; do
	bash -n "$text" || echo "$text"
	case $text in *.explain) bash "$text" x "$(echo '$(touch argument)')" --set >/dev/null 2>&1 ;; esac
done`;
  const ran = spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8" });
  expect(ran.stdout + ran.stderr).toBe("");
  expect(readdirSync(join(folder, "canary"))).toEqual([]);
});

describe("a plan's script, its gates, the wrapper in place and rollback", () => {
  test("run nothing that a text says", async () => {
    const at = await place({ policy: "" });
    const canary = join(at.folder, "canary");
    mkdirSync(canary);
    const host = hostOf(at);
    const inCanary = {
      ...host,
      run: (script: string, options = {}) => host.run(`cd ${quote(canary)}\n${script}`, options),
    };
    const source = join(at.folder, `$(touch ${canary}/source).yaml`);
    const tried = fc
      .sample(files(join(at.folder, "bin"), canary), 60)
      .flatMap((text) => loaded(text, source) ?? [])
      .slice(0, 6);
    expect(tried).toHaveLength(6);
    for (const one of tried) {
      const text = JSON.stringify(one.spec);
      const { binary } = one.spec;
      await at.run(["sh", "-c", 'printf \'#!/bin/sh\\necho tool\\n\' >"$1"; chmod 755 "$1"', "sh", binary]);
      const prepared = await prepareApply(one, inCanary);
      if (!("plan" in prepared)) throw new Error("nothing was repaired here");
      const { plan } = prepared;
      for (const shell of ["sh", "bash"]) {
        const checked = await at.run([shell, "-n"], { input: renderShell(plan) });
        expect(checked, text).toEqual({ status: 0, stdout: "", stderr: "" });
      }
      renderMarkdown(plan, one.spec.source);
      const result = await runPlan(inCanary, plan);
      expect(result.outcome, `${text}\n${JSON.stringify(result.events)}`).toBe("done");
      for (const args of [["a"], ['"', "--set"], [one.policy.routes[0]?.name ?? ""]]) {
        await at.run(["sh", "-c", 'cd canary && shift && exec "$@"', "sh", "", binary, ...args]);
      }
      const facts = await look(inCanary);
      const [interception] = interceptionsOf(facts, layoutOf).interceptions;
      if (!interception) throw new Error(`not seen: ${text}`);
      const rollback = planRollback(interception, facts, "localhost", { keepLogs: false, bare: false });
      if (!rollback.ok) throw new Error(`no rollback: ${text}`);
      expect((await runPlan(inCanary, rollback.plan)).outcome).toBe("done");
      expect(readdirSync(canary), text).toEqual([]);
      expect(readdirSync(join(at.folder, "bin")).sort()).toEqual(
        [binary.slice(join(at.folder, "bin/").length), "tool"].sort(),
      );
      await at.run(["rm", binary]);
    }
  }, 240_000);
});

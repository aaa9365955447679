/**
 * The wrapper's decisions against an evaluator that was written apart from it, over generated policies and
 * calls; and files whose every text tries to break out into the shell.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { InterposeError } from "../src/finding/finding.ts";
import { loadSpec } from "../src/spec/load.ts";
import { bytesOf } from "../src/wrapper/wrapper.ts";
import { explainCalls, explainNatively } from "./support/explained.ts";
import {
  callBinary,
  compileFile,
  install,
  logOf,
  nativeFile,
  probe,
  recordsIn,
  runtimes,
  wrapperHere,
} from "./support/install.ts";
import {
  type Both,
  type CallModel,
  decide,
  type EditsModel,
  type FileModel,
  type PolicyModel,
} from "./support/oracle.ts";
import { scratchFolder } from "./support/scratch.ts";

// What calls are made of: few names, so that policies and calls meet.

const optionNames = ["--model", "-m", "--out", "--fast", "-v", "-q", "--x-y"];
const option = fc.constantFrom(...optionNames);
const files: Record<string, { bytes: number; seconds?: string }> = {
  empty: { bytes: 0 },
  short: { bytes: 2, seconds: "20" },
  exact: { bytes: 11, seconds: "3600.000000" },
  "long one": { bytes: 1000, seconds: "7200.5" },
  é: { bytes: 1024, seconds: "0.000001" },
  text: { bytes: 100 },
};
const value = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...Object.keys(files), "gone", ".", "", "-", "x", "X", "éÉ", "😀", "\uffff"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("--", "-v", "--model", "--fast=1", "*", "a b", "$(id)", "'", "\n", "\\"),
  },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(..."aAzZ[]*?'\"\\$`\n-=é😀"), maxLength: 4 }) },
);
const callWord = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom("--model=", "-m"), fc.constantFrom("x", "X", "éÉ"))
      .map((parts) => parts.join("")),
  },
  { weight: 4, arbitrary: option },
  { weight: 3, arbitrary: value },
  { weight: 2, arbitrary: fc.tuple(option, value).map(([name, text]) => `${name}=${text}`) },
  { weight: 1, arbitrary: fc.tuple(option, value).map(([name, text]) => `${name}${text}`) },
  { weight: 1, arbitrary: fc.constantFrom("--", "---", "--=x", "-vq", "--modelx", "--other", "-é", "-m=1") },
);
const call: fc.Arbitrary<CallModel> = fc.record({
  words: fc.oneof(
    { weight: 9, arbitrary: fc.array(callWord, { maxLength: 8 }) },
    // More words than are looked at one by one.
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.array(callWord, { minLength: 24, maxLength: 40 }), fc.array(value))
        .map((both) => both.flat()),
    },
  ),
  env: fc.dictionary(
    fc.constantFrom("A", "B", "HOSTNAME"),
    value.filter((text) => !text.includes("\0")),
  ),
});

// Conditions, in the file's words and in the oracle's.

const same = (text: string): Both => ({ cel: text, oracle: text });
const both = (parts: readonly Both[], join: (texts: string[]) => string): Both => ({
  cel: join(parts.map(({ cel }) => cel)),
  oracle: join(parts.map(({ oracle }) => oracle)),
});
const literal = (text: string): Both =>
  same(
    `"${[...text].map((char) => `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`).join("")}"`,
  );

const askedText = fc.oneof(
  fc.nat({ max: 3 }).map((index) => same(`operand(${index})`)),
  option.map((name) => same(`option("${name}")`)),
  fc.constantFrom("A", "B", "HOSTNAME").map((name) => same(`env("${name}")`)),
);
const changedText = fc.oneof(
  askedText,
  fc.tuple(fc.constantFrom("Lower", "Upper"), askedText).map(([way, { cel, oracle }]) => ({
    cel: `${cel}.${way.toLowerCase()}Ascii()`,
    oracle: `${oracle}.ascii${way}()`,
  })),
);
const literalText = fc.oneof(
  { weight: 4, arbitrary: value.map(literal) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("ÄbC", "x").map((text) => ({
      cel: `${literal(text).cel}.lowerAscii()`,
      oracle: `${literal(text).oracle}.asciiLower()`,
    })),
  },
);
const anyText = fc.oneof({ weight: 2, arbitrary: changedText }, { weight: 1, arbitrary: literalText });

const comparison = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
const wholeNumber = fc.oneof(
  fc.constantFrom("0", "1", "2", "11", "100", "1000", "-5", "9223372036854775807", "-(1)").map(same),
  fc.constantFrom("1Ki", "1k", "1.5Ki", "0").map((text) => same(`quantity("${text}")`)),
  anyText.map((text) => both([text], ([inner]) => `size(${inner})`)),
  changedText.map((text) => both([text], ([inner]) => `${inner}.size()`)),
  fc.constantFrom("weight", "other").map(same),
);
const length = fc.oneof(
  fc.constant(same("length")),
  fc
    .constantFrom("1h", "20s", "1us", "2h0.5s", "-1s", "0s", "1ns")
    .map((text) => same(`duration("${text}")`)),
);
const simple: fc.Arbitrary<Both> = fc.oneof(
  fc.tuple(anyText, comparison, anyText).map(([left, operator, right]) => ({
    cel: `${left.cel} ${operator} ${right.cel}`,
    oracle: `order(${left.oracle}, ${right.oracle}) ${operator} 0`,
  })),
  fc
    .tuple(wholeNumber, comparison, wholeNumber)
    .map(([a, operator, b]) => both([a, b], ([x, y]) => `${x} ${operator} ${y}`)),
  fc
    .tuple(length, comparison, length)
    .map(([a, operator, b]) => both([a, b], ([x, y]) => `${x} ${operator} ${y}`)),
  fc
    .tuple(changedText, fc.array(anyText, { maxLength: 3 }))
    .map((texts) => both(texts.flat(), ([first, ...rest]) => `${first} in [${rest.join(", ")}]`)),
  fc
    .constantFrom("weight in [2, 11, 1000]", "size(operand(0)) in [0, 1]", "other in []", "2 in [1, 2]")
    .map(same),
  fc.constantFrom('length in [duration("1h")]', "true", "false", '"a" < "b"').map(same),
  fc
    .tuple(anyText, fc.constantFrom("startsWith", "endsWith", "contains"), anyText)
    .map(([text, method, part]) => both([text, part], ([x, y]) => `${x}.${method}(${y})`)),
  // What random text seldom meets: the last of several values, letters outside of ASCII.
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom("--model", "-m"),
        fc.constantFrom("Lower", "Upper"),
        fc.constantFrom("x", "X", "éé", "éÉ", "ÉÉ"),
      )
      .map(([name, way, text]) => ({
        cel: `option("${name}").${way.toLowerCase()}Ascii() == "${text}"`,
        oracle: `option("${name}").ascii${way}() == "${text}"`,
      })),
  },
  { weight: 2, arbitrary: option.map((name) => same(`flag("${name}")`)) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom("weight > 10", "other == 2", 'length < duration("1h")', "weight < other")
      .map(same),
  },
);
const { condition } = fc.letrec<{ condition: Both }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 2, arbitrary: simple },
    {
      weight: 3,
      arbitrary: fc
        .tuple(tie("condition"), fc.constantFrom("&&", "||", "==", "!="), tie("condition"))
        .map(([a, operator, b]) => both([a, b], ([x, y]) => `(${x}) ${operator} (${y})`)),
    },
    { weight: 1, arbitrary: tie("condition").map((inner) => both([inner], ([text]) => `!(${text})`)) },
  ),
}));

// Policies.

const edits: fc.Arbitrary<EditsModel> = fc
  .record({
    prepend: fc.array(value, { maxLength: 2 }),
    append: fc.array(fc.oneof(value, option), { maxLength: 2 }),
    set: fc.dictionary(option, value, { maxKeys: 2 }),
    remove: fc.uniqueArray(option, { maxLength: 2 }),
  })
  .map((all) => ({ ...all, remove: all.remove.filter((name) => !(name in all.set)) }));
const noEdits: EditsModel = { prepend: [], append: [], set: {}, remove: [] };
const sometimes = (arbitrary: fc.Arbitrary<EditsModel>) =>
  fc.oneof(
    fc.constant(noEdits),
    fc.record({ append: fc.array(value, { maxLength: 2 }) }).map((some) => ({ ...noEdits, ...some })),
    arbitrary,
  );

const policy: fc.Arbitrary<PolicyModel> = fc
  .record({
    withValue: fc.uniqueArray(option, { maxLength: 4 }),
    of: fc.array(anyText, { minLength: 3, maxLength: 3 }),
    conditions: fc.array(condition, { maxLength: 4 }),
    routeEdits: fc.array(sometimes(edits), { minLength: 5, maxLength: 5 }),
    denied: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 5, maxLength: 5 }),
    routed: fc.boolean(),
    fallback: fc.nat({ max: 9 }),
    always: sometimes(edits),
  })
  .map(({ withValue, of, conditions, routeEdits, denied, routed, fallback, always }) => {
    const whens = routed || conditions.length > 0 ? [...conditions, undefined] : [];
    const routes = whens.map((when, at) => ({
      name: `r${at}`,
      ...(when && { when }),
      ...(denied[at] === 0
        ? { ...noEdits, deny: { exit: at + 1, message: `it's r${at}` } }
        : (routeEdits[at] ?? noEdits)),
    }));
    const onError = routes[fallback]?.name;
    const [weight = same("operand(0)"), other = same("operand(1)"), recording = same("operand(0)")] = of;
    return {
      withValue,
      facts: [
        { name: "weight", kind: "fileSize" as const, of: weight },
        { name: "other", kind: "fileSize" as const, of: other },
        { name: "length", kind: "mediaDuration" as const, of: recording },
      ],
      routes,
      ...(onError && { onError }),
      always,
    };
  });

/** The file that a user would write; JSON is YAML. */
function fileOf({ withValue, facts, routes, onError, always }: PolicyModel): string {
  const editsOf = ({ prepend, append, set, remove }: EditsModel) => ({ prepend, append, set, remove });
  return JSON.stringify({
    name: "oracle",
    binary: "/called",
    arguments: { withValue },
    facts: Object.fromEntries(facts.map(({ name, kind, of }) => [name, { [kind]: of.cel }])),
    routes: routes.map((route) => ({
      name: route.name,
      ...(route.when && { when: route.when.cel }),
      ...(route.deny ? { deny: route.deny } : editsOf(route)),
    })),
    ...(onError && { onError }),
    always: editsOf(always),
  });
}

/** Another seed, or more runs, look further: ORACLE_SEED=7 ORACLE_RUNS=5000. */
const seed = Number(process.env.ORACLE_SEED ?? 1);
const runs = Number(process.env.ORACLE_RUNS ?? (process.env.CI ? 2600 : 300));
/** Bash takes ten times as long for a call. */
const bashRuns = Math.min(runs, Number(process.env.ORACLE_BASH_RUNS ?? (process.env.CI ? 600 : 100)));
const callsEach = 8;

test(
  `the wrappers decide as the oracle does: ${runs} policies, ${runs * callsEach} calls`,
  { timeout: 900_000 },
  () => {
    const folder = scratchFolder();
    const work = join(folder, "work");
    const programs = join(folder, "bin");
    for (const made of [work, programs]) mkdirSync(made);
    // Stands in for ffprobe: a recording is its seconds, then newlines up to its size.
    writeFileSync(join(programs, "ffprobe"), '#!/bin/sh\nfor last; do :; done\nexec cat "${last#file:}"\n');
    chmodSync(join(programs, "ffprobe"), 0o755);
    const known = new Map<string, FileModel>();
    for (const [name, { bytes, seconds }] of Object.entries(files)) {
      writeFileSync(join(work, name), (seconds ?? "").padEnd(bytes, "\n"));
      known.set(name, { bytes, ...(seconds === undefined ? {} : { nanoseconds: nanoseconds(seconds) }) });
    }
    const native = join(folder, "native");
    const link = join(folder, "interpose-explain");
    writeFileSync(native, "");
    symlinkSync(native, link);
    const taken = new Map<string, number>();
    let wanting = 0;
    let count = 0;

    fc.assert(
      fc.property(policy, fc.array(call, { minLength: callsEach, maxLength: callsEach }), (model, calls) => {
        const file = fileOf(model);
        rmSync(native);
        writeFileSync(native, nativeFile(file, "/oracle.yaml"), { mode: 0o755 });
        const answers = explainNatively(link, calls, work, `${programs}:/usr/bin:/bin`);
        if (count++ < bashRuns) {
          // Both render the same policy, down to the facts that they ask for and what they say of those that can't be had.
          const wrapper = join(folder, "wrapper");
          writeFileSync(wrapper, compileFile(file, "/oracle.yaml", "explain").text);
          expect(answers, file).toEqual(explainCalls(wrapper, calls, work, `${programs}:/usr/bin:/bin`));
        }
        calls.forEach((one, at) => {
          const { route, exit, message, errors, words } = answers[at] ?? expect.fail("no answer");
          const seen = exit === "" ? { route, words } : { route, denied: { exit: Number(exit), message } };
          expect(seen, `${file}\n${JSON.stringify(one)}`).toEqual(decide(model, one, known));
          taken.set(route, (taken.get(route) ?? 0) + 1);
          if (errors.length > 0) wanting++;
        });
      }),
      { numRuns: runs, seed },
    );
    // The generator reaches what it is there for.
    for (const route of ["", "r0", "r1", "r2"]) expect(taken.get(route) ?? 0, route).toBeGreaterThan(20);
    expect(wanting).toBeGreaterThan(100);
  },
);

/** Policies whose calls are made for real, by both. */
const realRuns = Math.min(runs, process.env.CI ? 400 : 40);
const changes = fc.dictionary(fc.constantFrom("A", "B", "C"), value);

test(`what comes of a call is the same with both: ${realRuns} policies`, { timeout: 900_000 }, () => {
  const folder = realpathSync(scratchFolder());
  const work = join(folder, "work");
  for (const made of ["work", "programs", "bin"]) mkdirSync(join(folder, made));
  writeFileSync(
    join(folder, "programs/ffprobe"),
    '#!/bin/sh\nfor last; do :; done\nexec cat "${last#file:}"\n',
    {
      mode: 0o755,
    },
  );
  for (const [name, { bytes, seconds }] of Object.entries(files))
    writeFileSync(join(work, name), (seconds ?? "").padEnd(bytes, "\n"));
  const name = `oracle-${process.pid}`;
  const binary = join(folder, "bin/tool");
  const wrapper = join(folder, "bin/wrapper");
  writeFileSync(`${binary}-real`, probe, { mode: 0o755 });
  symlinkSync(wrapper, binary);
  const exits = new Set<number | null>();
  let changed = 0;

  const eachCall = fc.array(fc.tuple(call, fc.integer({ min: 0, max: 255 })), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      policy,
      fc.array(changes, { minLength: 6, maxLength: 6 }),
      fc.constantFrom([], ["--model"], ["-m", "--out"]),
      eachCall,
      (model, env, redact, calls) => {
        const written = JSON.parse(fileOf(model));
        Object.assign(written, { name, binary, wrapper, log: { redact } });
        written.always.env = env.at(-1);
        written.routes.forEach((route: { deny?: unknown; env?: unknown }, at: number) => {
          if (!route.deny) route.env = env[at];
        });
        const file = JSON.stringify(written);
        const loaded = loadSpec(Buffer.from(file), "/oracle.yaml");
        const log = logOf(loaded.policy);
        const [native, bash] = runtimes.map((runtime) => {
          rmSync(wrapper, { force: true });
          rmSync(log, { force: true });
          writeFileSync(wrapper, bytesOf(wrapperHere(loaded, runtime)), { mode: 0o755 });
          const came = calls.map(([one, exit]) =>
            callBinary(
              binary,
              one.words,
              { ...one.env, PROBE_EXIT: String(exit), PATH: `${join(folder, "programs")}:/usr/bin:/bin` },
              work,
            ),
          );
          return { came, records: recordsIn(log).map(({ time, pid, preflightUs, ...record }) => record) };
        });
        expect(bash, file).toEqual(native);
        expect(native?.records).toHaveLength(calls.length);
        for (const [at, { ran, exit }] of (native?.came ?? []).entries()) {
          exits.add(exit);
          const given = calls[at]?.[0];
          if (ran && ["A", "B", "C"].some((key) => ran.env[key] !== given?.env[key])) changed++;
        }
      },
    ),
    { numRuns: realRuns, seed },
  );
  expect(exits.size).toBeGreaterThan(30);
  expect(changed).toBeGreaterThan(realRuns);
});

// Breaking out.

/** Leaves a file called `out` behind wherever it is run as a command. */
const attack = fc
  .tuple(
    fc.constantFrom(
      "",
      "'",
      '"',
      "'\\''",
      "\\",
      "\n",
      "\r\n",
      "}",
      ")",
      "esac",
      "]]",
      "x",
      "*/",
      "\u2028",
      "$'",
    ),
    fc.constantFrom(
      "$(>out)",
      "`>out`",
      ";>out;",
      "|tee out|",
      "&>out&",
      "\n>out\n",
      "<(>out)",
      "a[$(>out)]",
    ),
    fc.constantFrom("", "'", '"', "#", "\\", "\n", "}", "$'", "EOF"),
  )
  .map((parts) => parts.join(""));
const oddText = fc.oneof(
  { weight: 4, arbitrary: attack },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  {
    weight: 2,
    arbitrary: fc.string({
      unit: fc.constantFrom(..."aZ0_-./ '\"\\$`!*?[]{}()<>|&;~#=%^\t\n\r\x01\x7fé😀"),
      maxLength: 12,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("\ud800", "a\0b", "esac", "--", "-n", "~", "!!", "%s%n", "a".repeat(300)),
  },
);
const oddOption = fc.tuple(fc.constantFrom("--", "--", "-"), oddText).map((parts) => parts.join(""));
/** A part of a path; a slash would make it a path of folders that aren't there. */
const oddName = oddText.map((text) => text.replaceAll("/", "|"));

/** Few files would be accepted with an odd name in each place that wants a plain one. */
const seldom = <Value>(plain: Value, odd: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 25, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary: odd });
const often = <Value>(plain: Value, odd: fc.Arbitrary<Value>) => fc.oneof(fc.constant(plain), odd);

const oddFile = fc.record({
  source: often("tool.yaml", oddName),
  name: seldom("odd", oddText),
  host: seldom("localhost", oddText),
  binary: often("tool", oddName),
  wrapper: often("wrapper", oddName),
  realSuffix: seldom("-real", oddText),
  keepName: fc.constantFrom("yes", "no"),
  services: fc.array(seldom("a.service", oddText), { maxLength: 1 }),
  withValue: fc.array(seldom("--a", oddOption), { maxLength: 2 }),
  fact: seldom("fact", oddText),
  route: seldom("route", oddText),
  asked: often("--ask", oddOption),
  compared: oddText,
  variable: seldom("VARIABLE", oddText),
  setting: oddText,
  set: often("--set", oddOption),
  removed: seldom("--gone", oddOption),
  redact: fc.array(seldom("--secret", oddOption), { maxLength: 1 }),
  message: often("no", oddText),
  words: fc.array(oddText, { minLength: 1, maxLength: 3 }),
});

test("no text of a file gets out into the shell", () => {
  const run = scratchFolder();
  let count = 0;
  let accepted = 0;
  fc.assert(
    fc.property(
      oddFile,
      fc.array(
        oddText.filter((text) => !/[\0\ud800]/.test(text)),
        { maxLength: 3 },
      ),
      (odd, given) => {
        const folder = join(run, String(count++));
        const work = join(folder, "work");
        mkdirSync(work, { recursive: true });
        const file = JSON.stringify({
          name: odd.name,
          host: odd.host,
          binary: `${folder}/${odd.binary}`,
          wrapper: `${folder}/${odd.wrapper}`,
          realSuffix: odd.realSuffix,
          keepName: odd.keepName,
          services: odd.services,
          arguments: { withValue: odd.withValue },
          facts: { [odd.fact]: { fileSize: `option(${celText(odd.asked)})` } },
          routes: [
            {
              name: "refused",
              when: `operand(0) == ${celText(odd.compared)} && option(${celText(odd.asked)}) == "refuse"`,
              deny: { exit: 9, message: odd.message },
            },
            {
              name: odd.route,
              when: `!operand(1).contains(${celText(odd.compared)}) || ${odd.fact} > 0 || env("A") != "b"`,
              prepend: odd.words,
              append: odd.words,
              set: { [odd.set]: odd.setting },
              remove: [odd.removed],
              env: { [odd.variable]: odd.setting },
            },
            { name: "rest" },
          ],
          log: { redact: odd.redact },
        });
        const installed = unlessRefused(() => install(file, join(folder, odd.source)));
        if (!installed) return;
        accepted++;
        const { binary, wrapper } = installed;
        const checked = spawnSync("bash", ["-n", wrapper]);
        expect(`${checked.stderr}`, file).toBe("");

        const inherited = { PATH: "/usr/bin:/bin", HOME: folder };
        const words = ["x", ...given.map((word) => `=${word}`)];
        const ran = callBinary(binary, words, inherited, work);
        const expected = [...odd.words, ...words, odd.set, odd.setting, ...odd.words];
        expect(ran, file).toEqual({
          exit: 0,
          stderr: "",
          ran: { as: expect.any(String), argv: expected, env: { ...inherited, [odd.variable]: odd.setting } },
        });
        if (odd.compared !== "" && !odd.compared.startsWith("-") && odd.asked.startsWith("--")) {
          const refused = callBinary(binary, [odd.compared, `${odd.asked}=refuse`], inherited, work);
          expect(refused, file).toEqual({ exit: 9, stderr: `${odd.message}\n` });
        }
        expect([...readdirSync(work), ...readdirSync(folder)]).not.toContain("out");
      },
    ),
    { numRuns: 250, seed },
  );
  expect(accepted).toBeGreaterThan(40);
});

const celText = (text: string): string => JSON.stringify(text);

/** Nothing when the file is refused in the proper way; any other error is a bug. */
function unlessRefused<Value>(act: () => Value): Value | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof InterposeError && error.findings.length > 0) return undefined;
    throw error;
  }
}

function nanoseconds(seconds: string): bigint {
  const [whole = "0", fraction = ""] = seconds.split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** Proves that awkward words arrive: the wrapper is run with a probe in the real binary's place, and without a log. */
import { randomUUID } from "node:crypto";
import type { Finding } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { commandLines, writing } from "../plan/render-sh.ts";
import { allEdits } from "../policy/policy.ts";
import type { Loaded } from "../spec/load.ts";
import { type Layout, layoutOf } from "../spec/spec.ts";
import { compileWrapper } from "../wrapper/compile.ts";
import { nativeWrapper } from "../wrapper/native/native.ts";
import { quoteAll } from "../wrapper/quote.ts";
import type { Wrapper } from "../wrapper/wrapper.ts";
import { decide } from "./decide.ts";
import type { Check } from "./verify.ts";

/** Arguments that break wrappers: empty, with spaces, quotes, newlines, globs, dashes, other alphabets, and long. */
export const awkwardArguments = [
  ...[
    "",
    " ",
    "two  words",
    "*",
    "?",
    "~",
    "$HOME",
    "$(id)",
    "`id`",
    "a;b",
    "a&b",
    "a|b",
    "<in",
    ">out",
    "#",
    "!x",
  ],
  ...[
    "'single'",
    '"double"',
    "back\\slash",
    "new\nline",
    "tab\there",
    "\u0001\u007f",
    "-",
    "-x y",
    "é",
    "日本語",
    "%s%n",
  ],
  "x".repeat(5000),
];

/** The wrapper, run with a probe for a binary: what arrives must be what the decision says, byte for byte. */
export async function checkArguments(host: Host, loaded: Loaded, wrapper: Wrapper): Promise<Check> {
  const { spec, policy } = loaded;
  const folder = `/tmp/.interpose-probe-${randomUUID()}`;
  const layout: Layout = {
    ...layoutOf(spec),
    real: `${folder}/real`,
    target: `${folder}/real`,
    wrapper: `${folder}/wrapper`,
    namedReal: `${folder}/none`,
  };
  const trial = trialWrapper(loaded, wrapper, layout);
  const script = [
    "main() {",
    `mkdir -m 0700 ${folder} || return 1`,
    `cat >${folder}/real <<'END_OF_PROBE'`,
    "#!/bin/sh",
    "printf '%s\\0' \"$@\"",
    "END_OF_PROBE",
    `chmod 0755 ${folder}/real`,
    ...writing(trial, `${folder}/wrapper`).flatMap((command) => {
      const { head, document } = commandLines(command);
      return document === undefined ? [head] : [head, document];
    }),
    `chmod 0755 ${folder}/wrapper`,
    trial.runtime === "bash"
      ? `/bin/bash ${folder}/wrapper ${quoteAll([spec.binary, ...awkwardArguments])}`
      : `${folder}/wrapper ${quoteAll(awkwardArguments)}`,
    "status=$?",
    `rm -rf ${folder}`,
    'return "$status"',
    "}",
    "main </dev/null",
    "",
  ].join("\n");
  const [decision, { stdout, status }] = await Promise.all([
    decide(host, loaded, awkwardArguments, wrapper),
    host.run(script),
  ]);
  const arrived = stdout.toString("utf8").split("\0").slice(0, -1);
  const expected = decision.argv;
  if (expected === null) {
    const passed = status === decision.deny?.exit;
    return {
      name: "awkward arguments arrive intact",
      passed,
      saw: "the policy denies such a call",
      findings: [],
    };
  }
  const passed =
    arrived.length === expected.length && arrived.every((word, index) => word === expected[index]);
  const changes = allEdits(policy).some((edit) => edit.set.length + edit.remove.length > 0);
  // The wrapper ends with this where its real binary can't be run; here that is the probe.
  const unrun = status === 126 && arrived.length === 0;
  const noexec: Finding = { code: "noexec", args: { path: `${folder}/real`, folder: "/tmp" } };
  const kept = changes || contains(arrived, awkwardArguments);
  return {
    name: "awkward arguments arrive intact",
    passed: passed && kept,
    saw: `${awkwardArguments.length} sent, ${arrived.length} arrived on route ${decision.route ?? "none"}`,
    findings: passed && kept ? [] : [unrun ? noexec : { code: "arguments-broken", args: {} }],
  };
}

// ---

/** The same wrapper with a probe for a binary, and without a log. */
function trialWrapper({ spec, policy }: Loaded, wrapper: Wrapper, layout: Layout): Wrapper {
  const silent = { ...policy, log: { ...policy.log, none: true } };
  const native =
    wrapper.runtime === "native" &&
    nativeWrapper({ policy: silent, layout, named: false, source: spec.source, version: "trial" }, [
      wrapper.program,
    ]);
  const text = () => compileWrapper({ policy, layout, keepName: false, source: spec.source }, "silent");
  return native || { runtime: "bash", text: text() };
}

/** Whether the words come in this order, with others between them. */
function contains(words: readonly string[], wanted: readonly string[]): boolean {
  let at = 0;
  for (const word of words) if (at < wanted.length && word === wanted[at]) at++;
  return at === wanted.length;
}

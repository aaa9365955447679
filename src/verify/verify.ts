/** Proves that an interception does what it should, by using it. Changes nothing but the log. */
import type { Finding } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import type { HostFacts } from "../host/look.ts";
import { othersFunctions, othersParts, programsOf } from "../host/others.ts";
import readerPart from "../log/reader.sh?raw";
import { readLine } from "../log/record.ts";
import { wrapperFor } from "../plan/prepare.ts";
import { environmentRoutesOf, type Policy } from "../policy/policy.ts";
import type { Loaded } from "../spec/load.ts";
import type { Layout } from "../spec/spec.ts";
import { type Interception, logDirOf, type Manifest } from "../state/manifest.ts";
import { statusOf } from "../state/status.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";
import { checkArguments } from "./arguments.ts";

export interface Check {
  name: string;
  passed: boolean;
  /** What was seen. */
  saw: string;
  findings: Finding[];
  /** What a program said about it, line by line. */
  said?: string[];
}

export async function verify(
  host: Host,
  interception: Interception,
  facts: HostFacts,
  loaded: Loaded | undefined,
): Promise<Check[]> {
  const { manifest, layout } = interception;
  const checks: Check[] = [];
  const status = statusOf(interception, facts, host.name);
  checks.push({
    name: "the chain is intact",
    passed: status.state === "intact",
    saw: status.chain.join(" -> "),
    findings: status.findings,
  });
  if (status.state !== "intact") return checks;
  // Together: over a connection each alone would be a way there and back.
  const [output, words] = await Promise.all([
    checkOutput(host, layout, manifest, loaded?.policy),
    loaded ? [checkArguments(host, loaded, wrapperFor(loaded, facts, interception).wrapper)] : [],
  ]);
  return [...checks, ...output, ...(await Promise.all(words))];
}

// ---

/** A shell that stays, and says nothing itself, while another one runs what follows: a word of it marks the record. */
const marked = `/bin/bash --norc -c '{ /bin/bash --norc -c "$@" 2>&7 7>&-; } 7>&2 2>/dev/null; exit "$?"' interpose-probe`;

/** Each probe is run through the binary's path and directly; then the log is asked for the calls. */
async function checkOutput(
  host: Host,
  layout: Layout,
  manifest: Pick<Manifest, "probe" | "name" | "logs" | "logDir">,
  policy: Policy | undefined,
): Promise<Check[]> {
  const { probe, name, logs } = manifest;
  // What the records of calls that get another environment have in them.
  const environment = (policy ? environmentRoutesOf(policy) : []).map(
    (route) => `"route":${JSON.stringify(route)},`,
  );
  const { binary, target: real, namedReal } = layout;
  const script = [
    "LC_ALL=C; export LC_ALL",
    readerPart,
    ...othersParts,
    ...othersFunctions([], programsOf(layout)),
    // A command substitution would cut newlines off the end of an output.
    'one() { printf "%s\\0" "$1"; shift; { as_prober timeout 20 "$@"; status=$?; } 2>&1 </dev/null; printf "\\0%s\\0" "$status"; }',
    // Whose call a record is of is told by its process; who is tried out could write something else, or never end.
    'through() { { pids="$pids $( { one through "$@" 9>&1 >&8; } | timeout 70 head -n 1 | head -c 20 | tr -dc 0-9)"; } 8>&1; }',
    "main() {",
    "\tcd / || return 1",
    // Where nothing is run, nobody's rights are needed.
    probe.length === 0 ? "\tprober=" : "\tfind_prober",
    '\tif [ "$prober" = none ]; then printf "none\\0%s\\0" "$unrun"; return; fi',
    "\tprepare_reader",
    "\tstarted=$(date +%s) pids=''",
    `\tlog_base=${quote(logDirOf(manifest))}`,
    `\treal=${quote(real)}`,
    `\tif [ -x ${quote(namedReal)} ]; then real=${quote(namedReal)}; fi`,
    ...probe.flatMap((argument) => [
      `\tthrough ${marked} 'echo "$$" >&9; exec -a "$1" "$1" "$2" 8>&- 9>&-' probe ${quoteAll([binary, argument])}`,
      `\tone direct ${marked} 'exec -a "$1" "$2" "$3"' probe ${quote(binary)} "$real" ${quote(argument)}`,
      `\tone again ${marked} 'exec -a "$1" "$2" "$3"' probe ${quote(binary)} "$real" ${quote(argument)}`,
    ]),
    `\tprintf 'log\\0%s\\0%s\\0%s\\0%s\\0' "$started" "$pids" "$log_base/interpose-$(log_owner)/"${quote(name)}.log "\${prober_name:-$prober}"`,
    `\tfor pid in $pids; do expressions="\${expressions-} -e /\\"pid\\":$pid,\\"ppid\\":/p"; done`,
    `\tif [ -n "$pids" ]; then read_users_log "$(log_owner)" ${quote(name)} 4194304 | sed -n $expressions; fi`,
    "}",
    "main </dev/null",
    "",
  ].join("\n");
  const { stdout } = await host.run(script);
  const fields = stdout.toString("latin1").split("\0");
  if (fields[0] === "none") {
    const finding: Finding = { code: "not-tried", args: { why: fields[1] ?? "" } };
    return [{ name: "it is tried", passed: false, saw: "nothing was run", findings: [finding] }];
  }
  const runs: { output: string; status: string }[] = [];
  let at = 0;
  while (["through", "direct", "again"].includes(fields[at] ?? "")) {
    runs.push({ output: fields[at + 1] ?? "", status: fields[at + 2] ?? "" });
    at += 3;
  }
  const started = Number(fields[at + 1]);
  const pids = (fields[at + 2] ?? "").split(" ").filter(Boolean).map(Number);
  const log = fields[at + 3] ?? "";
  const asWhom = fields[at + 4] ? `, run as ${fields[at + 4]}` : "";
  const lines = (fields[at + 5] ?? "").split("\n");
  const records = lines.flatMap((line) => readLine(Buffer.from(line, "latin1")).entry ?? []);
  // Another process may have had the number before.
  const recordOf = (pid: number | undefined) =>
    records.findLast(({ record }) => record.pid === pid && record.time >= started - 1);

  const checks = probe.map((argument, index): Check => {
    const [through, direct, again] = runs.slice(index * 3, index * 3 + 3);
    const same = through?.output === direct?.output && through?.status === direct?.status;
    const stable = direct?.output === again?.output && direct?.status === again?.status;
    const received = `"argv":[${JSON.stringify(argument)}],"argc":1,`;
    const record = recordOf(pids[index])?.line.toString("latin1") ?? "";
    const passedOn = record.includes(`${received}"execArgv":[${JSON.stringify(argument)}]`);
    const changed = record !== "" && (!passedOn || environment.some((route) => record.includes(route)));
    const bytes = `${through?.output.length ?? 0} bytes, exit status ${through?.status ?? "?"}${asWhom}`;
    const saw = same
      ? `the same: ${bytes}`
      : !stable
        ? "it differs from run to run"
        : changed
          ? "the policy changes this call"
          : "it differs";
    const passed = same || !stable || changed;
    const finding: Finding = { code: "output-differs", args: { argument, binary, real } };
    return {
      name: `${argument} prints what the real one prints`,
      passed,
      saw,
      findings: passed ? [] : [finding],
    };
  });
  if (logs === false) return checks;
  const missing = probe.filter((_, index) => !recordOf(pids[index]));
  checks.push({
    name: "the log has the calls",
    passed: missing.length === 0,
    saw: `${probe.length - missing.length} of ${probe.length} calls in ${log}`,
    findings: missing.length === 0 ? [] : [{ code: "not-logged", args: { log } }],
  });
  return checks;
}

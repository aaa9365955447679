/**
 * What a call costs more for going through a wrapper, side by side for several wrappers, each call in turns so that a
 * busy moment of the machine hits all of them; the system calls and instructions of ours; and what the tool itself
 * costs. Ratios hold from machine to machine, absolute times don't. Asserts nothing.
 *
 *   npm run bench              some minutes
 *   npm run bench -- --quick   a tenth of the calls
 *   npm run bench -- --write   and writes the picture and the table into docs/
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { chart } from "./chart.js";
import { compile, makeDenying, makeWrappers } from "./wrappers.js";

const quick = process.argv.includes("--quick");
const write = process.argv.includes("--write");
const tool = join(import.meta.dirname, "../dist/interpose.js");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "interpose-bench-")));
const name = `bench-${process.pid}`;
const logs = `/tmp/interpose-${process.getuid()}`;

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
process.on("exit", () => {
  rmSync(folder, { recursive: true, force: true });
  for (const end of ["2", "100", "bash", "deny"]) rmSync(join(logs, `${name}-${end}.log`), { force: true });
  try {
    rmdirSync(logs);
  } catch {
    // Others log there too.
  }
});

const model = cpus()[0]?.model ?? "unknown";
const heading = `${availableParallelism()} cores (${model}), node ${process.versions.node}`;
console.log(heading);
for (const program of ["measure", "peak"]) compile(`${program}.c`, join(folder, program));
const wrappers = makeWrappers(folder, name);
const cases = [
  { title: "1 word", words: 1, variables: 10, rounds: 3000 },
  { title: "1,000 words", words: 1000, variables: 10, rounds: 1000 },
  { title: "10,000 words", words: 10_000, variables: 10, rounds: 300 },
  { title: "1,000 variables", words: 1, variables: 1000, rounds: 1000 },
];
const measured = cases.map(added);
printTable();
printWork();
printTool();
if (write) {
  const [first] = measured;
  const rows = Object.keys(wrappers)
    .slice(1)
    .map((label) => [label, first.get(label)]);
  const picture = chart("What a call costs more through a wrapper, one word", rows);
  writeFileSync(join(import.meta.dirname, "../docs/cost.svg"), picture);
}

// ---

/** Microseconds that each wrapper adds to a direct call. */
function added({ words, variables, rounds }) {
  const paths = Object.values(wrappers);
  const count = quick ? Math.ceil(rounds / 10) : rounds;
  const printed = execFileSync(join(folder, "measure"), [count, words, variables, ...paths].map(String), {
    encoding: "utf8",
  });
  const times = printed.trim().split("\n").map(Number);
  return new Map(Object.keys(wrappers).map((label, at) => [label, (times[at] - times[0]) / 1000]));
}

function printTable() {
  const labels = Object.keys(wrappers).slice(1);
  const limit = labels[0];
  table(
    "Added to a direct call: microseconds, and how many times the limit",
    ["", ...cases.flatMap(({ title }) => [title, "times"])],
    labels.map((label) => [
      label,
      ...measured.flatMap((one) => [one.get(label).toFixed(0), (one.get(label) / one.get(limit)).toFixed(2)]),
    ]),
  );
  const [one, , many] = measured;
  const [two, hundred] = ["interpose, two routes", "interpose, a hundred routes"];
  const promise = (what, value, most) => [what, value.toFixed(2), String(most), value <= most ? "yes" : "no"];
  table(
    "What is promised",
    ["", "measured", "at most", "kept"],
    [
      promise("two routes, one word, of the limit", one.get(two) / one.get(limit), 3),
      promise("two routes, 10,000 words, of the limit", many.get(two) / many.get(limit), 1),
      promise(
        "of a static glibc program that only execs",
        one.get(two) / one.get("exec, static glibc"),
        0.35,
      ),
      promise("of an empty bash script", one.get(two) / one.get("exec, bash"), 0.11),
      promise("a hundred routes, of two", one.get(hundred) / one.get(two), 1.1),
    ],
  );
}

/** What ours does in a call: its system calls, its instructions, its memory. */
function printWork() {
  const path = wrappers["interpose, two routes"];
  const trace = join(folder, "trace");
  execFileSync("strace", ["-o", trace, path, "a"]);
  const calls = readFileSync(trace, "utf8")
    .split("\n")
    .map((line) => /^(\w+)\(/.exec(line)?.[1])
    .filter(Boolean);
  const first = calls.indexOf("execve");
  const own = calls.slice(first + 1, calls.lastIndexOf("execve"));
  const counted = new Map();
  for (const call of own) counted.set(call, (counted.get(call) ?? 0) + 1);
  const parts = [...counted].map(([call, times]) => (times > 1 ? `${times} ${call}` : call));
  console.log(`\nSystem calls before the exec: ${own.length} (${parts.join(", ")})`);
  const lackey = ["--tool=lackey", "--basic-counts=yes", makeDenying(folder, name), "a"];
  const { stderr } = spawnSync("valgrind", lackey, { encoding: "utf8" });
  const instructions = /guest instrs:\s+([\d,]+)/.exec(stderr ?? "")?.[1];
  if (instructions) console.log(`Instructions of a denied call: ${instructions}`);
  const rows = ["interpose, two routes", "exec, static glibc", "exec, bash"].map((label) => [
    label,
    ...[1, 10_000].map((count) => String(peak([wrappers[label], ...words(count)]))),
  ]);
  table("Peak memory, KiB", ["", "1 word", "10,000 words"], rows);
}

function printTool() {
  const file = join(folder, `${name}-2.yaml`);
  const rows = [["--version"], ["compile", file], ["explain", file, "--", "--fast-0"], ["status"]].map(
    (args) => {
      const times = Array.from({ length: quick ? 3 : 10 }, () => {
        const before = performance.now();
        spawnSync(process.execPath, [tool, ...args]);
        return performance.now() - before;
      }).sort((one, other) => one - other);
      return [args[0], times[times.length >> 1].toFixed(0), mib(peak([process.execPath, tool, ...args]))];
    },
  );
  table("The tool itself", ["", "ms", "peak MiB"], rows);
}

/** The least of five, in KiB. */
function peak(command) {
  const once = () =>
    Number(
      execFileSync(join(folder, "peak"), command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    );
  return Math.min(...Array.from({ length: 5 }, once));
}

function words(count) {
  return Array.from({ length: count }, (_, index) => `word-${index}`);
}

function table(title, head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, at) => Math.max(...all.map((row) => (row[at] ?? "").length)));
  console.log(`\n${title}\n`);
  for (const row of all) {
    const cells = widths.map((width, at) => (row[at] ?? "")[at === 0 ? "padEnd" : "padStart"](width));
    console.log(`  ${cells.join("  ")}`.trimEnd());
  }
}

function mib(kib) {
  return (kib / 1024).toFixed(1);
}

/**
 * What a call costs more for going through a wrapper, side by side for several wrappers; and what the tool
 * itself costs. Measured by hyperfine without a shell, all in one run for each environment, each command in
 * turns, so that a busy moment of the machine hits all of them. Asserts nothing.
 *
 *   npm run bench            some minutes
 *   npm run bench -- --quick a tenth of the calls
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";

const quick = process.argv.includes("--quick");
/** Each command is measured so often in a row, this many times: short turns, as a machine has its moods. */
const turns = quick ? 4 : 20;
const runs = quick ? 10 : 20;
/** What the project promises: added time, and peak memory, over that of another wrapper. */
const limits = { empty: 1.2, template: 0.65, emptyManyWords: 2, memory: 1.5, version: 2 };
const counts = [1, 1000, 10_000];

const tool = join(import.meta.dirname, "../dist/interpose.js");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "interpose-bench-")));
const name = `bench-${process.pid}`;
const logs = `/tmp/interpose-${process.getuid()}`;

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
process.on("exit", () => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(logs, `${name}.log`), { force: true });
  try {
    rmdirSync(logs);
  } catch {
    // Others log there too.
  }
});

main();

// ---

function main() {
  const bash = execFileSync("/bin/bash", ["-c", "echo $BASH_VERSION"], { encoding: "utf8" }).trim();
  const model = cpus()[0]?.model ?? "unknown";
  console.log(`${availableParallelism()} cores (${model}), bash ${bash}, node ${process.versions.node}`);
  compileC("real", "real");
  compileC("peak", "peak");
  const commands = wrappers();
  for (const [title, env, cwd] of environments()) callTable(title, commands, env, cwd);
  memoryTable(commands);
  toolTable();
}

/** @returns the commands by name, the direct one first */
function wrappers() {
  const real = join(folder, "real");
  compileC("exec", "static C that execs", [`-DREAL="${real}"`]);
  script("empty bash", `exec ${real} "$@"`);
  script(
    "runbook's template",
    `LOGFILE="${folder}/template.log"\necho "[WRAPPER] $(date) args: $@" >> "$LOGFILE"\nexec ${real} "$@"`,
  );
  return {
    direct: real,
    "static C that execs": join(folder, "static C that execs"),
    "empty bash": join(folder, "empty bash"),
    "runbook's template": join(folder, "runbook's template"),
    interpose: interception(),
  };
}

/** Two routes by a flag, and the log; put in place as apply does it. */
function interception() {
  const bin = join(folder, "bin");
  const binary = join(bin, "tool");
  const file = join(folder, "bench.yaml");
  mkdirSync(bin);
  writeFileSync(
    file,
    `name: ${name}
binary: ${binary}
arguments:
  withValue: [--model, --output]
routes:
  - name: fast
    when: flag("--fast")
    append: [--device, cuda, --compute_type, float16]
  - name: usual
    append: [--device, cpu, --compute_type, int8]
always:
  append: [--threads, "4"]
`,
  );
  const text = execFileSync(process.execPath, [tool, "compile", file], { encoding: "utf8" });
  writeFileSync(join(bin, name), text, { mode: 0o755 });
  symlinkSync(join(folder, "real"), join(bin, "tool-real"));
  mkdirSync(join(bin, `.${name}.name`));
  symlinkSync(join(bin, "tool-real"), join(bin, `.${name}.name/tool`));
  symlinkSync(join(bin, name), binary);
  return binary;
}

/** Title, variables and folder of a caller. */
function environments() {
  const user = { HOME: "/root", LANG: "C.UTF-8", USER: "root", LOGNAME: "root", SHELL: "/bin/bash" };
  const path = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
  const shell = { TERM: "xterm", PWD: folder, SHLVL: "1", _: "/usr/bin/hyperfine" };
  const service = { INVOCATION_ID: "0123456789abcdef0123456789abcdef", JOURNAL_STREAM: "8:12345" };
  return [
    ["from a shell's environment", { ...path, ...user, ...shell }, folder],
    ["from a service's environment", { ...path, ...user, ...service }, "/"],
  ];
}

function callTable(title, commands, env, cwd) {
  const measured = hyperfine(
    counts.flatMap((count) =>
      Object.entries(commands).map(([label, path]) => ({
        label: `${label} ${count}`,
        command: [path, ...words(count)],
      })),
    ),
    { env, cwd },
  );
  for (const count of counts) {
    const direct = measured.get(`direct ${count}`);
    const added = (label) => {
      const { min, median } = measured.get(`${label} ${count}`);
      return { min: min - direct.min, median: median - direct.median };
    };
    const [empty, template] = [added("empty bash"), added("runbook's template")];
    const rows = Object.keys(commands)
      .slice(1)
      .map((label) => {
        const { min, median } = added(label);
        const ratios = label === "interpose" || label === "runbook's template" ? [median / empty.median] : [];
        if (label === "interpose") ratios.push(median / template.median);
        return [label, ms(min), ms(median), ...ratios.map((ratio) => ratio.toFixed(2))];
      });
    const few = count === 1;
    const limit = `limit ${few ? limits.empty : limits.emptyManyWords}`;
    table(
      `Added to a call ${title} with ${count.toLocaleString("en")} argument${few ? "" : "s"}`,
      [
        "",
        "min ms",
        "median ms",
        `of empty (${limit})`,
        `of template${few ? ` (limit ${limits.template})` : ""}`,
      ],
      [...rows, ["(a direct call)", ms(direct.min), ms(direct.median)]],
    );
  }
}

function memoryTable(commands) {
  const rows = [1, 10_000].flatMap((count) => {
    const [empty, ours] = ["empty bash", "interpose"].map((label) =>
      peak([commands[label], ...words(count)]),
    );
    const ratio = (ours / empty).toFixed(2);
    return [
      [`${count.toLocaleString("en")} argument${count === 1 ? "" : "s"}`, mib(empty), mib(ours), ratio],
    ];
  });
  table(
    "Peak memory of a wrapper",
    ["", "empty MiB", "interpose MiB", `ratio (limit ${limits.memory})`],
    rows,
  );
}

function toolTable() {
  const measured = hyperfine([
    { label: "node", command: [process.execPath, "-e", "0"] },
    { label: "tool", command: [process.execPath, tool, "--version"] },
  ]);
  const [node, version] = [measured.get("node"), measured.get("tool")];
  const ratio = (version.median / node.median).toFixed(2);
  table(
    "The tool's start",
    ["", "min ms", "median ms", `ratio (limit ${limits.version})`],
    [
      ["node -e 0", ms(node.min), ms(node.median)],
      ["interpose --version", ms(version.min), ms(version.median), ratio],
    ],
  );
  const file = join(folder, "bench.yaml");
  const rows = [
    ["--version"],
    ["compile", file],
    ["explain", file, "--", "--fast", "talk.mp4"],
    ["logs", name, "-n", "10"],
    ["status"],
  ].map((args) => [args[0], mib(peak([process.execPath, tool, ...args]))]);
  table("The tool's peak memory (limit 150 MiB)", ["", "MiB"], rows);
}

/** @returns for each label the least and the median of its times, in milliseconds */
function hyperfine(list, { env = process.env, cwd = folder } = {}) {
  const json = join(folder, "hyperfine.json");
  const times = new Map(list.map(({ label }) => [label, []]));
  for (let turn = 0; turn < turns; turn++) {
    const { status, stderr, error } = spawnSync(
      "hyperfine",
      [
        ...["-N", "--style", "none", "--warmup", "2", "--runs", String(runs), "--export-json", json],
        ...list.map(({ command }) => command.map(quoted).join(" ")),
      ],
      { env, cwd, encoding: "utf8" },
    );
    if (error) throw error;
    if (status !== 0) throw new Error(`hyperfine failed: ${stderr}`);
    const { results } = JSON.parse(readFileSync(json, "utf8"));
    for (const [index, { label }] of list.entries()) times.get(label).push(...results[index].times);
  }
  return new Map(
    [...times].map(([label, all]) => {
      const sorted = all.map((seconds) => seconds * 1000).sort((one, other) => one - other);
      return [label, { min: sorted[0], median: sorted[sorted.length >> 1] }];
    }),
  );
}

/** A word as hyperfine reads it; plain ones stay short, since all commands have to fit into one call. */
function quoted(word) {
  return /^[\w/.-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The least of five, in KiB. */
function peak(command) {
  const once = () =>
    Number(
      execFileSync(join(folder, "peak"), command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    );
  return Math.min(...Array.from({ length: 5 }, once));
}

/** Arguments of a call: a flag that a route asks for, then files. */
function words(count) {
  return ["--fast", ...Array.from({ length: count - 1 }, (_, index) => `f${index}`)];
}

function compileC(source, target, flags = []) {
  const path = join(import.meta.dirname, `${source}.c`);
  execFileSync("gcc", ["-O2", "-static", ...flags, "-o", join(folder, target), path]);
}

function script(target, body) {
  writeFileSync(join(folder, target), `#!/bin/bash\n${body}\n`);
  chmodSync(join(folder, target), 0o755);
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

function ms(value) {
  return value.toFixed(3);
}

function mib(kib) {
  return (kib / 1024).toFixed(1);
}

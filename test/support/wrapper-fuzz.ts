/** Builds and runs the fuzzers of wrapper/fuzz, each a program that also checks what has to hold. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { nativeFile } from "./install.ts";

export const targets = ["policy", "expression", "edit", "record", "call"] as const;
export type Target = (typeof targets)[number];

const root = resolve(import.meta.dirname, "../..");
const wrapper = join(root, "wrapper");
/** What a fuzzer found out stays for its next run. */
const cache = join(root, "node_modules/.cache/wrapper-fuzz");

/** @returns a program for each target */
export function buildFuzzers(folder: string): Map<Target, string> {
  const checked = ["-g", "-O1", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all"];
  const sanitized = [...checked, "-fsanitize=fuzzer,address,undefined"];
  const sources = [
    ...readdirSync(wrapper).filter((file) => file.endsWith(".c")),
    ...readdirSync(join(wrapper, "fuzz"))
      .filter((file) => file.endsWith(".c"))
      .map((file) => `fuzz/${file}`),
  ];
  // The names of both directories' files meet.
  const objectOf = (source: string) => join(folder, `${source.replace("/", "-")}.o`);
  for (const source of sources) {
    const options = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-DHOSTED", ...sanitized];
    compile([...options, "-c", source, "-o", objectOf(source)]);
  }
  const isTarget = (source: string) => targets.some((target) => source === `fuzz/${target}.c`);
  const shared = sources.filter((source) => !isTarget(source)).map(objectOf);
  return new Map(
    targets.map((target) => {
      const program = join(folder, target);
      compile([...sanitized, ...shared, objectOf(`fuzz/${target}.c`), "-o", program]);
      return [target, program];
    }),
  );
}

function compile(options: string[]): void {
  const { status, stderr, error } = spawnSync("clang", options, { cwd: wrapper, encoding: "utf8" });
  if (error) throw new Error("clang is needed for this test: npm run setup", { cause: error });
  if (status !== 0) throw new Error(stderr);
}

/** The policies of test/cases with their calls, as the fuzzers read them; see wrapper/fuzz/input.h. */
export function writeSeeds(folder: string): void {
  const cases = join(root, "test/cases");
  for (const name of readdirSync(cases)) {
    const file = nativeFile(readFileSync(join(cases, name, "interception.yaml"), "utf8"), "/srv/case.yaml");
    const policy = file.subarray(file.indexOf("interpose policy 1, from "));
    const [, from, to] = /from (\d+) to (\d+)\n/.exec(policy.toString("latin1")) ?? [];
    const whole = policy.subarray(0, Number(to));
    const { calls } = parse(readFileSync(join(cases, name, "calls.yaml"), "utf8")) as {
      calls: { words: unknown[]; env?: Record<string, string> }[];
    };
    for (const [number, { words, env = {} }] of calls.entries()) {
      const fields = [
        ...[
          "/usr/bin/tool",
          ...words.map((word) => (typeof word === "string" ? word || "\x01" : "word")),
          "",
        ],
        ...[...Object.entries({ PATH: "/usr/bin", ...env }).map(([key, value]) => `${key}=${value}`), ""],
      ];
      const call = Buffer.from(`\0${fields.join("\0")}\0`);
      const seed = [number === 0 ? whole : whole.subarray(Number(from)), call];
      writeFileSync(join(folder, `${name}-${number}`), Buffer.concat(seed));
    }
  }
}

export interface FuzzRun {
  status: number | null;
  /** What the fuzzer says at its end, or of its finding. */
  said: string;
}

/** Runs what was once found, then tries new inputs for so many seconds. */
export async function fuzz(
  target: Target,
  program: string,
  seeds: string,
  seconds: number,
): Promise<FuzzRun> {
  const corpus = join(cache, target);
  mkdirSync(corpus, { recursive: true });
  const child = spawn(
    "nice",
    [
      program,
      ...[`-max_total_time=${seconds}`, "-max_len=8192", "-timeout=100", "-print_final_stats=1"],
      ...[`-artifact_prefix=${join(cache, `${target}-`)}`, corpus, seeds],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const lines: string[] = [];
  let rest = "";
  child.stderr.on("data", (chunk: Buffer) => {
    const more = (rest + chunk.toString("latin1")).split("\n");
    rest = more.pop() ?? "";
    // Thousands of lines tell of progress.
    lines.push(...more.filter((line) => !/^#\d+\t|^"/.test(line)));
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, said: [...lines, rest].join("\n") };
}

/** Runs the inputs that once showed a fault. */
export function runFound(target: Target, program: string): FuzzRun[] {
  const folder = join(wrapper, "fuzz/found", target);
  return filesIn(folder).map((file) => {
    const { status, stderr } = spawnSync(program, [join(folder, file)], { encoding: "latin1" });
    return { status, said: stderr };
  });
}

const filesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

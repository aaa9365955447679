/** Callers in tight loops: see fixtures/swap/caller.c for what they call a failure. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";

export interface Counts {
  calls: number;
  failures: number;
  /** How often each of the allowed endings was printed. */
  seen: number[];
  /** What happened in the first failed calls. */
  failed: string[];
}

export interface Callers {
  /** So far; the callers tell it every hundred calls. */
  counts(): Counts;
  /** Stops them after the call that each is in. @returns the final counts */
  stop(): Promise<Counts>;
}

/** Compiles `real`, the binary that is called, and `caller` into the folder. */
export function compileCallers(folder: string): { real: string; caller: string } {
  const [real, caller] = ["real", "caller"].map((name) => {
    const source = join(import.meta.dirname, `../fixtures/swap/${name}.c`);
    const target = join(folder, name);
    execFileSync("gcc", ["-O1", "-static", "-Wall", "-Wextra", "-Werror", "-o", target, source]);
    return target;
  }) as [string, string];
  return { real, caller };
}

/**
 * @param endings what may be printed after the words of a call
 * @param enter the words before a command that make it run where the binary is, in its folder
 */
export function startCallers(
  count: number,
  caller: string,
  binary: string,
  endings: string[],
  enter: string[] = [],
): Callers {
  const each = Array.from({ length: count }, () => startCaller(caller, binary, endings, enter));
  const counts = () => each.map((one) => one.counts).reduce(sum);
  return {
    counts,
    async stop() {
      for (const { child } of each) child.stdin?.end();
      await Promise.all(each.map(({ ended }) => ended));
      return counts();
    },
  };
}

// ---

/** The caller ends by itself when its standard input does, so also with this process. */
function startCaller(
  caller: string,
  binary: string,
  endings: string[],
  enter: string[],
): { child: ChildProcess; counts: Counts; ended: Promise<unknown> } {
  const folder = dirname(binary);
  const [program = "", ...words] = [...enter, caller, basename(binary), ...endings];
  const child = spawn(program, words, {
    ...(enter.length > 0 ? {} : { cwd: folder }),
    env: { PATH: "/usr/bin:/bin", HOME: "/", LANG: "C.UTF-8", PWD: folder, SHLVL: "1", _: caller },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const counts: Counts = { calls: 0, failures: 0, seen: [], failed: [] };
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("failed ")) {
      counts.failed.push(line.slice("failed ".length));
      return;
    }
    const [calls = 0, failures = 0, ...seen] = (line.match(/\d+/g) ?? []).map(Number);
    Object.assign(counts, { calls, failures, seen });
  });
  return { child, counts, ended: once(child, "close") };
}

const sum = (one: Counts, other: Counts): Counts => ({
  calls: one.calls + other.calls,
  failures: one.failures + other.failures,
  seen: Array.from(
    { length: Math.max(one.seen.length, other.seen.length) },
    (_, at) => (one.seen[at] ?? 0) + (other.seen[at] ?? 0),
  ),
  failed: [...one.failed, ...other.failed],
});

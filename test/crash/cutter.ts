/** Runs scripts under the tracer of fixtures/crash/cut.c, which ends them at a given operation. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll } from "vitest";

export type Cut = { when: "before" | "after"; number: number };

export interface Operation {
  /** `failed`: it was tried and changed nothing; `cut`: it was about to be done. */
  outcome: "done" | "failed" | "cut";
  /** The system call and its paths. */
  what: string;
}

export interface Traced {
  status: number;
  stdout: string;
  stderr: string;
  operations: Operation[];
}

/** Compiles the programs that these tests need into the folder. */
export function compileCrash(folder: string): { cut: string; attributes: string } {
  const [cut, attributes] = ["cut", "attributes"].map((name) => {
    const source = join(import.meta.dirname, `../fixtures/crash/${name}.c`);
    const target = join(folder, name);
    execFileSync("gcc", ["-O1", "-static", "-Wall", "-Wextra", "-Werror", "-o", target, source]);
    return target;
  }) as [string, string];
  return { cut, attributes };
}

/** The words that `cut` takes before a command. */
export const cutWords = (cut: Cut | undefined): string[] =>
  cut ? [cut.when, String(cut.number)] : ["watch"];

/** What `cut` has written to its list. */
export function readOperations(list: string): Operation[] {
  return readFileSync(list, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [outcome = "", ...what] = line.split(" ");
      return { outcome: outcome as Operation["outcome"], what: what.join(" ") };
    });
}

/**
 * Every operation that changed something, before it and after it. Between two writes to one file in a row, or two changes
 * of the run's own work directory, which the next run empties, there is no state of its own.
 */
export function cutsOf(operations: Operation[]): Cut[] {
  const changes: { first: number; last: number; what: string }[] = [];
  for (const [index, { outcome, what }] of operations.entries()) {
    if (outcome !== "done") continue;
    const before = changes.at(-1);
    if (before && isMore(before.what, what)) before.last = index + 1;
    else changes.push({ first: index + 1, last: index + 1, what });
  }
  return changes.flatMap(({ first, last }): Cut[] => [
    { when: "before", number: first },
    { when: "after", number: last },
  ]);
}

const isMore = (before: string, what: string): boolean =>
  (before === what && /^(write|sendfile) /.test(what)) || [before, what].every(isOwnWork);
const isOwnWork = (what: string): boolean =>
  what
    .split(" ")
    .slice(1)
    .every((path) => basename(dirname(path)) === "work");

/** Those that a test which has failed leaves behind; `cut` takes all that it follows with it. */
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const { pid } of running) if (pid) process.kill(-pid, "SIGKILL");
});

/** Runs a command with text on its standard input. */
export async function runWords(
  words: string[],
  input: string,
): Promise<{ status: number; stdout: string; stderr: string }> {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  running.add(child);
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A shell that is killed leaves the rest of its script unread.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [status] = (await once(child, "close")) as [number | null];
  running.delete(child);
  return {
    status: status ?? 128,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

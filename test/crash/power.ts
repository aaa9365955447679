/**
 * A run of which every moment is kept: what is on each disk before each of its operations, and what is only seen. A
 * file system may write what is seen at any time, or keep it in memory, and each by itself: a power cut at that moment
 * leaves one or the other.
 */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { PrivateHost } from "../support/private-host.ts";
import { type Operation, readOperations, runWords } from "./cutter.ts";
import { type Disk, type Disks, describeTree, type Tree } from "./disks.ts";

/** Of each disk. */
interface Moment {
  copies: string[];
  seen: Tree[];
}

export interface Watched {
  status: number;
  said: string;
  operations: Operation[];
  /** Before each operation, and after the last. */
  moments: Moment[];
}

/** What may be found on the disks after a power cut. */
export interface Remains {
  where: string;
  trees: Tree[];
}

/** Runs a script with sh, or as a file with a word, under the tracer `home/cut`. */
export async function watchRun(
  host: PrivateHost,
  disks: Disk[],
  words: string[],
  input: string,
): Promise<Watched> {
  const { folder, inside, enter } = host;
  const home = join(folder, "home");
  const hook = `#!/bin/sh\necho >'${home}/ask'\nread -r _ <'${home}/go'\nexit 1\n`;
  writeFileSync(inside(join(home, "hook")), hook, { mode: 0o755 });
  await host.shell(`rm -f home/ask home/go; mkfifo home/ask home/go`);
  const go = openSync(inside(join(home, "go")), "r+");
  const ask = new Socket({ fd: openSync(inside(join(home, "ask")), "r+") });
  const moments: Moment[] = [];
  const note = () =>
    moments.push({ copies: disks.map((disk) => disk.copy()), seen: disks.map((disk) => disk.seen()) });
  ask.on("data", () => {
    note();
    writeSync(go, "\n");
  });
  try {
    const traced = ["home/cut", "home/operations", "hook", "1", join(home, "hook"), ...words];
    const { status, stdout, stderr } = await runWords(enter(traced), input);
    note();
    return {
      status,
      said: stdout + stderr,
      operations: readOperations(inside(join(home, "operations"))),
      moments,
    };
  } finally {
    ask.destroy();
    closeSync(go);
  }
}

/** Everything that a power cut may leave, each once; while the disks are not mounted. */
export async function remainsOf({ moments, operations }: Watched, disks: Disks): Promise<Remains[]> {
  const found = await disks.found([...new Set(moments.flatMap(({ copies }) => copies))]);
  const words = new Map<Tree, string>();
  const wordsOf = (tree: Tree) => {
    const known = words.get(tree) ?? describeTree(tree);
    words.set(tree, known);
    return known;
  };
  const all = new Map<string, Remains>();
  for (const [number, { copies, seen }] of moments.entries()) {
    // Directly after the operation before, its change may be in memory alone; some time later the script has it written.
    for (const written of new Set([moments[number - 1]?.copies ?? copies, copies])) {
      const choices = disks.each.map((_, disk) => [
        found.get(written[disk] as string) as Tree,
        seen[disk] as Tree,
      ]);
      for (const trees of combinations(choices)) {
        const key = trees.map(wordsOf).join("\n--\n");
        const where = number === 0 ? "before the first" : `after ${number}, ${operations[number - 1]?.what}`;
        if (!all.has(key)) all.set(key, { where, trees });
      }
    }
  }
  return [...all.values()];
}

const combinations = <Value>([first, ...rest]: Value[][]): Value[][] =>
  first === undefined
    ? [[]]
    : combinations(rest).flatMap((others) => first.map((value) => [value, ...others]));

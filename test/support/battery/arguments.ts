/** Words, and what a program is told of its own name. */
import { dirname } from "node:path";
import type { Group, Point } from "./point.ts";

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `word ${index} *`);
const bytes = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1));
const counts = [
  1, 2, 3, 5, 8, 13, 21, 34, 55, 62, 63, 64, 65, 89, 126, 127, 128, 144, 233, 255, 256, 257, 377,
];

/** Words that leave so many bytes of what the kernel takes for a call of this path with these entries. */
export function wordsUpTo(path: string, entries: string[], left: number): string[] {
  // A quarter of a stack of 8 MiB, for the texts with their NULs, two pointers to each, and the path once more.
  const length = 100_000;
  const fixed = [...entries, path, path].reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
  const count = 21;
  const pointers = 8 * (entries.length + count + 1);
  const last = 2 * 1024 * 1024 - left - fixed - pointers - (count - 1) * (length + 1) - 1;
  return [...Array.from({ length: count - 1 }, () => "a".repeat(length)), "b".repeat(last)];
}

export const usualStack: [string, string] = ["limit", `3 ${8 * 1024 * 1024}`];

export const argumentGroup = (path: string, entries: string[]): Group => ({
  name: "arguments",
  points: [
    { title: "usual words", ask: { words: ["usual", "words"] } },
    { title: "none", ask: { words: [] } },
    { title: "50 empty ones", ask: { words: Array.from({ length: 50 }, () => "") } },
    { title: "a shell's options first", ask: { words: ["-c", "-x", "-s", "-i", "--login", "--", "-e"] } },
    { title: "bytes of all kinds", ask: { words: [bytes, Buffer.from([0xff]), "\n", '"\\', "$(id)"] } },
    {
      title: "1 to 600 words",
      ask: { words: many(600) },
      more: counts.map((count) => ({ words: many(count) })),
    },
    { title: "1,000 words", ask: { words: many(1000) } },
    { title: "10,000 words", ask: { words: many(10_000) } },
    { title: "100,000 words", ask: { words: Array.from({ length: 100_000 }, () => "w") } },
    { title: "a word of 131,071 bytes", ask: { words: ["a".repeat(131_071), "after"] } },
    {
      title: "the most that a call may hold, less 4 KiB",
      ask: { words: wordsUpTo(path, entries, 4096), steps: [usualStack] },
      programOnly: true,
    },
    { title: "called by a descriptor (fexecve)", ask: { steps: [["by-descriptor", ""]] }, programOnly: true },
  ],
});

export function nameGroup(path: string, home: string): Group {
  const odd = `${home}/odd \u0001 "name" $`;
  const long = `/${"./".repeat((4000 - path.length) / 2)}${path.slice(1)}`;
  const named = (title: string, argv0: string | Buffer): Point => ({ title, ask: { argv0 } });
  const points: Point[] = [
    named("a bare name", "probe"),
    named("another path", "/nowhere/another"),
    named("with a dash", "-probe"),
    named("bytes", bytes),
    named("empty", ""),
    { title: "argc is 0", ask: { argv0: null, words: [] } },
    {
      title: "through a link of odd bytes",
      // The link's name is the short name of a direct call, which no wrapper can know.
      prepare: `mkdir -p '${odd}'; ln -sf '${path}' '${odd}/probe'`,
      ask: { path: `${odd}/probe` },
    },
    { title: "a relative path", ask: { path: "./at/probe", steps: [["cwd", dirname(dirname(path))]] } },
    { title: "a path of 4,000 bytes", ask: { path: long } },
  ];
  return { name: "argv[0]", points: points.map((point) => ({ ...point, programOnly: true })) };
}

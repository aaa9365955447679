/** The calls of a case in test/cases, made of a wrapper that was put in place, and what has to come of each. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parse } from "yaml";
import { type Observed, recordsIn, writeBytes, writeWav } from "./install.ts";

export const casesFolder = join(import.meta.dirname, "../cases");

/** Stands in the files for the folder of a run; golden wrappers are compiled with it as it is. */
export const placeholder = "/srv/case";

/** A word, one made of many, or many: `{ numbers: 3 }` is 0 1 2. */
type Words = (string | { repeat: string; times: number } | { numbers: number })[];

interface Calls {
  files?: Record<string, { seconds: number } | { bytes: number }>;
  calls: {
    about?: string;
    words: Words;
    env?: Record<string, string>;
    /** What the real binary gets; without it the real binary isn't run. */
    argv?: Words;
    ranAs?: string;
    exit?: number;
    stderr?: string;
    /** What becomes of the environment; null: gone. */
    changes?: Record<string, string | null>;
    /** Members of the record, as they have to be. */
    log?: Record<string, unknown>;
  }[];
}

export interface Installed {
  log: string;
  call(words: string[], env: Record<string, string>, cwd: string): Observed;
}

/** @param run a scratch folder; @param install puts a wrapper of the file's text in place there */
export function checkCalls(name: string, run: string, install: (text: string) => Installed): void {
  const work = join(run, "cwd");
  mkdirSync(work);
  const placed = (file: string) =>
    readFileSync(join(casesFolder, name, file), "utf8").replaceAll(placeholder, run);
  const { files = {}, calls } = parse(placed("calls.yaml")) as Calls;
  for (const [file, content] of Object.entries(files)) {
    if ("seconds" in content) writeWav(join(work, file), content.seconds);
    else writeBytes(work, file, content.bytes);
  }
  const installed = install(placed("interception.yaml"));
  const inherited = { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: run };

  for (const call of calls) {
    const env = { ...inherited, ...call.env };
    const seen = installed.call(spell(call.words), env, work);
    const changed = Object.entries({ ...env, ...call.changes }).filter(([, value]) => value !== null);
    const about = call.about ?? JSON.stringify(call.words);
    expect(seen, about).toEqual({
      exit: call.exit ?? 0,
      stderr: call.stderr ?? "",
      ...(call.argv && {
        ran: {
          as: call.ranAs ?? expect.any(String),
          argv: spell(call.argv),
          env: Object.fromEntries(changed),
        },
      }),
    });
    const record = recordsIn(installed.log).at(-1);
    const { argv, execArgv, ...rest } = call.log ?? {};
    expect(record, about).toMatchObject({
      ...rest,
      ...(argv ? { argv: spell(argv as Words) } : {}),
      ...(execArgv === null ? { execArgv } : execArgv ? { execArgv: spell(execArgv as Words) } : {}),
    });
  }
  expect(recordsIn(installed.log)).toHaveLength(calls.length);
  expect(readdirSync(work).sort()).toEqual(Object.keys(files).sort());
}

const spell = (words: Words): string[] =>
  words.flatMap((word) => {
    if (typeof word === "string") return [word];
    if ("repeat" in word) return [word.repeat.repeat(word.times)];
    return Array.from({ length: word.numbers }, (_, number) => String(number));
  });

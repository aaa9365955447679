/** An interception with something wrong, and a doctor whose advice is followed to the letter. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject } from "vitest";
import { done, type Place, type PlaceOptions, place, quick } from "./place.ts";
import { type RunOptions, seenInTmp } from "./private-host.ts";

export interface Diagnosis {
  status: number;
  codes: string[];
  /** What is shown to people. */
  shown: string;
  /** The commands in what is shown, as they stand there. */
  commands: string[];
}

export interface Patient extends Place {
  doctor(options?: RunOptions): Promise<Diagnosis>;
  /** Runs commands in the order in which the advice has them. @throws when one fails */
  follow(commands: string[]): Promise<void>;
  /** Expects the codes and no others. @returns what was said */
  found(...codes: string[]): Promise<Diagnosis>;
  /** Expects the codes, follows the advice, and expects that nothing is wrong any more. */
  cured(...codes: string[]): Promise<Diagnosis>;
  healthy(): Promise<void>;
}

/** A folder over /etc for a test alone: what it writes there is its own. */
export const ownEtc = (at: Place): Promise<string> =>
  at.shell(
    "mkdir .host/etc .host/work; mount -t overlay -o lowerdir=/etc,upperdir=.host/etc,workdir=.host/work overlay /etc",
  );

/** Another file system for /tmp, in which the test's own folders are seen as before. Undone by `umount -l /tmp`, then `umount -l small`. */
export const ownTmp = (at: Place, options: string): Promise<string> =>
  at.shell(
    [
      `mkdir -p small; mount -t tmpfs -o mode=1777,${options} tmpfs small`,
      ...seenInTmp(at.folder).map((path) => {
        const inside = path.replace(/^\/tmp/, "small");
        return `mkdir -p ${inside}; mount --bind ${path} ${inside}`;
      }),
      "mount --rbind small /tmp",
    ].join("; "),
  );

/** Prints a word and its arguments, as the script does; `wait` makes it stay. */
export const elf = (folder: string): void => {
  const source = join(folder, "tool.c");
  writeFileSync(
    source,
    `#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **words) {
	puts("tool");
	for (int at = 1; at < count; at++) puts(words[at]);
	fflush(stdout);
	if (count > 1 && !strcmp(words[1], "wait")) pause();
}
`,
  );
  execFileSync("gcc", ["-O1", "-o", join(folder, "bin/tool"), source]);
};

export interface PatientOptions extends PlaceOptions {
  /** Done before it is intercepted. */
  prepare?: (at: Place) => Promise<unknown>;
  /** For every run of the tool. */
  env?: Record<string, string>;
}

/** Intercepted, healthy and called once. */
export async function patient({ prepare, env, ...options }: PatientOptions = {}): Promise<Patient> {
  const at = await place({ policy: quick, ...options });
  await prepare?.(at);
  const tools = join(at.folder, "tools");
  mkdirSync(tools);
  const shim = join(tools, "interpose");
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${inject("interpose")}' "$@"\n`);
  chmodSync(shim, 0o755);
  done(await at.apply());
  await at.call("a");

  const doctor = async (run: RunOptions = {}): Promise<Diagnosis> => {
    const { status, stdout, stderr } = await at.tool(["doctor", "small"], {
      ...(env ? { env } : {}),
      ...run,
    });
    expect(stderr).toBe("");
    expect(stdout).not.toMatch(/undefined|\[object|\{\w+\}/);
    const all = (pattern: RegExp) => [...stdout.matchAll(pattern)].map(([, found = ""]) => found);
    return { status, codes: all(/^ {4}([a-z-]+): /gm), commands: all(/^ {6}\$ (.*)$/gm), shown: stdout };
  };
  const made: Patient = {
    ...at,
    doctor,
    async follow(commands) {
      const path = `${tools}:${process.env.PATH}`;
      for (const command of commands) {
        const ran = await at.run(["sh", "-c", command], {
          env: { PATH: path },
          ...(options.as ? { as: options.as } : {}),
        });
        expect(ran, command).toMatchObject({
          status: 0,
          stderr: expect.stringMatching(/^(note: .*\n( .*\n)*)*$/),
        });
      }
    },
    async found(...codes) {
      const said = await doctor();
      expect(said.codes, said.shown).toEqual(codes);
      expect(said.status).toBe(codes.length > 0 ? 1 : 0);
      return said;
    },
    async cured(...codes) {
      const said = await made.found(...codes);
      expect(said.commands.length).toBeGreaterThan(0);
      await made.follow(said.commands);
      await made.healthy();
      return said;
    },
    async healthy() {
      const said = await made.found();
      expect(said.shown).toBe("small  nothing is wrong\n");
      expect((await at.call("a b")).stdout).toBe("tool\na b\n");
    },
  };
  return made;
}

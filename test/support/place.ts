/** A binary on a host of its own, with a file that intercepts it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type PrivateHost, privateHost, type Ran, type RunOptions } from "./private-host.ts";
import { type SmallBinary, script } from "./small-binaries.ts";

export interface Place extends PrivateHost {
  file: string;
  binary: string;
  real: string;
  wrapper: string;
  /** Runs the tool, as the user of this place. */
  tool(words: string[], options?: RunOptions): Promise<Ran>;
  apply(...words: string[]): Promise<Ran>;
  rollback(...words: string[]): Promise<Ran>;
  /** Calls the binary by its path. */
  call(...words: string[]): Promise<Ran>;
  /** Writes the file anew: what comes after `name` and `binary`. */
  write(policy: string): void;
}

export interface PlaceOptions {
  make?: SmallBinary["make"];
  as?: "nobody" | undefined;
  policy?: string;
}

/** A policy that changes nothing. */
export const passing = "routes:\n  - name: pass\nprobe: [--version, --help]\n";

/** One that takes no time to try out either, for what has nothing to do with that. */
export const quick = "routes:\n  - name: pass\nprobe: []\nkeepName: no\n";

export async function place({
  make = says("tool"),
  as,
  policy = passing,
}: PlaceOptions = {}): Promise<Place> {
  const host = await privateHost();
  const { folder } = host;
  mkdirSync(join(folder, "bin"));
  make(folder);
  if (as) await host.shell("chown -hR nobody: bin; if [ -e lib ]; then chown -hR nobody: lib; fi");
  const user = as ? { as } : {};
  const binary = join(folder, "bin/tool");
  const file = join(folder, "small.yaml");
  const tool = (words: string[], options: RunOptions = {}) => host.interpose(words, { ...user, ...options });
  const made: Place = {
    ...host,
    ...{ file, binary, tool },
    real: `${binary}-real`,
    wrapper: join(folder, "bin/small"),
    apply: (...words) => tool(["apply", file, "--yes", ...words]),
    rollback: (...words) => tool(["rollback", "small", "--yes", ...words]),
    call: (...words) => host.run([binary, ...words], user),
    write: (next) => writeFileSync(file, `name: small\nbinary: ${binary}\n${next}`),
  };
  made.write(policy);
  return made;
}

/** A script that prints a word and its arguments, and first does what a file `during` says, if there is one. */
export const says =
  (word: string): SmallBinary["make"] =>
  (folder) =>
    script(
      join(folder, "bin/tool"),
      `#!/bin/sh\nif [ -e '${folder}/during' ]; then . '${folder}/during'; fi\nprintf '%s\\n' ${word} "$@"\n`,
    );

/** Prints the name that it is run by, so that it can't run by another one unnoticed. */
export const nameTeller: SmallBinary["make"] = (folder) =>
  script(join(folder, "bin/tool"), '#!/bin/sh\necho "usage: ${0##*/}"\n');

/** Expects a run without complaints. */
export function done(ran: Ran): Ran {
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ status: 0, stderr: "" });
  return ran;
}

/** A binary of some kind, with wrappers in front of copies of it that are all called by the same path. */
import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import type { Layout } from "../../src/spec/spec.ts";
import type { Call, Caller, Outcome } from "./caller.ts";
import type { Kind, Way } from "./kinds.ts";
import { placeByHand } from "./place-by-hand.ts";

/** Wrappers that people write. */
export const naive = {
  "unquoted words": (real: string) => `exec ${real} $@`,
  "all words as one": (real: string) => `exec ${real} "$*"`,
  "no exec": (real: string) => `${real} "$@"`,
  "a line on stdout": (real: string) => `echo called; exec ${real} "$@"`,
  "a log left open": (real: string) => `exec 9>>/tmp/naive.log; exec ${real} "$@"`,
  "nothing but exec": (real: string) => `exec ${real} "$@"`,
  "the runbook's template": (real: string) =>
    `LOGFILE="/tmp/naive.log"\necho "[WRAPPER] $(date) args: $@" >> "$LOGFILE"\nexec ${real} "$@"`,
};
export type Naive = keyof typeof naive;

/** A call of whatever is at the installation's path. */
export type Ask = Omit<Call, "path"> & { path?: string };

export interface Installation {
  kind: Kind;
  /** The path that is called. */
  path: string;
  /** Where the calls of the user with this number are logged, as the calls see it. */
  log(uid?: number): string;
  direct(ask: Ask): Promise<Outcome>;
  through(which: Way | Naive, ask: Ask): Promise<Outcome>;
}

export function install(caller: Caller, kind: Kind): Installation {
  const home = join(caller.folder, basename(kind.file));
  const [shared, at] = [join(home, "shared"), join(home, "at")];
  const path = join(at, kind.file);
  const name = `transparency-${process.pid}-${kind.file}`;
  const bare = `name: ${name}\nbinary: ${path}\n`;
  const routed = `${bare}arguments: { withValue: [--of] }
routes:
  - { name: other, when: 'option("--of") == "another"', append: [--more] }
  - { name: usual }
`;

  mkdirSync(shared, { recursive: true });
  const add = (variant: string, file?: string, change?: (text: string, layout: Layout) => string) => {
    const folder = join(home, variant);
    mkdirSync(folder);
    kind.make(folder, shared);
    symlinkSync(folder, `${at}.next`);
    renameSync(`${at}.next`, at);
    if (file) placeByHand({ file, keepName: kind.keepName, ...(change ? { change } : {}) });
  };
  add("direct");
  add("routed", routed);
  add("bare", bare);
  add("full", `${routed}log: { full: true, redact: [--secret] }\n`);
  for (const [variant, write] of Object.entries(naive))
    add(variant, bare, (_, { real }) => `#!/bin/bash\n${write(real)}\n`);

  const uid = caller.privateTmp ? 0 : (process.getuid?.() ?? 0);
  const log = (user = uid) => `/tmp/interpose-${user}/${name}.log`;
  const call = (variant: string, ask: Ask) => {
    caller.turn(at, join(home, variant));
    return caller.call({ path, ...ask, words: [...kind.before(shared), ...(ask.words ?? [])] });
  };
  return {
    kind,
    path,
    log,
    direct: (ask) => call("direct", ask),
    through(which, ask) {
      if (which !== "first") return call(which, ask);
      caller.unlink(log());
      return call("routed", ask);
    },
  };
}

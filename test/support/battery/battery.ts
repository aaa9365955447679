/**
 * Real binaries with native wrappers in front of copies of them, all called by the same path, and how a call through
 * each differs from a direct one.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Caller, compileC, type Outcome } from "../caller.ts";
import type { Ask } from "../copies.ts";
import { placeByHand } from "../place-by-hand.ts";
import { type Point, usualEntries, usualWords } from "./point.ts";
import { differencesInOrder } from "./same.ts";

export const policies = ["none", "routed", "full", "asking"] as const;
export type PolicyName = (typeof policies)[number];

/** A program that is linked statically, so that it runs where little is; one that loads libraries; a script. */
export const reals = ["program", "dynamic", "script"] as const;
export type RealName = (typeof reals)[number];

export interface Battery {
  path: string;
  /** The real binary's file. */
  real: string;
  log(uid?: number): string;
  direct(ask: Ask): Promise<Outcome>;
  through(policy: PolicyName, ask: Ask): Promise<Outcome>;
  /** The differences by policy; nothing where a caller can't tell. */
  shownBy(point: Point, through?: readonly PolicyName[]): Promise<Record<string, string[]>>;
}

/** What all batteries of a caller use: programs, and places for odd states. */
export function prepareHome(caller: Caller): void {
  const home = caller.folder;
  mkdirSync(join(home, "bin"));
  compileC("witness.c", join(home, "witness"), "-static");
  compileC("witness.c", join(home, "witness-dynamic"));
  compileC("scenes.c", join(home, "scenes"), "-lutil");
  compileC("asked.c", join(home, "bin/ffprobe"), "-static");
  for (const name of ["deep", "away", "root"]) mkdirSync(join(home, name));
  mkdirSync(join(home, "closed"), { mode: 0 });
  mkdirSync(Buffer.from(`${home}/odd \xff\x01\n"`, "latin1"));
  // Whoever calls may write what it tells, and lock what it has open.
  for (const name of ["told", "inherited", "locked", "whole"])
    writeFileSync(join(home, name), "text that can be read", { mode: 0o666 });
  writeFileSync(join(home, "media.wav"), "sound");
}

export function openBattery(caller: Caller, kind: RealName): Battery {
  const home = caller.folder;
  const own = join(home, kind);
  const at = join(own, "at");
  const path = join(at, "probe");
  const name = `battery-${process.pid}-${kind}`;
  const real = join(own, "real");
  mkdirSync(own);
  if (kind === "script") writeFileSync(real, `#!${home}/witness as-script\n`, { mode: 0o755 });
  else linkSync(join(home, kind === "dynamic" ? "witness-dynamic" : "witness"), real);

  const none = `name: ${name}\nbinary: ${path}\n`;
  const routed = `${none}arguments: { withValue: [--of] }
routes:
  - { name: other, when: 'option("--of") == "another"', append: [--more] }
  - { name: usual }
`;
  const files: Record<PolicyName, string> = {
    none,
    routed,
    full: `${routed}log: { full: true, redact: [--secret] }\n`,
    asking: `${none}facts:
  length: { mediaDuration: operand(0) }
routes:
  - { name: long, when: length > duration("1h"), append: [--long] }
  - { name: short }
`,
  };
  const turn = (variant: string) => {
    symlinkSync(join(own, variant), `${at}.next`);
    renameSync(`${at}.next`, at);
  };
  for (const variant of ["direct", ...policies] as const) {
    mkdirSync(join(own, variant));
    linkSync(real, join(own, variant, "probe"));
    turn(variant);
    if (variant !== "direct") placeByHand({ file: files[variant], keepName: true, native: true });
  }

  const call = async (variant: string, ask: Ask): Promise<Outcome> => {
    caller.turn(at, join(own, variant));
    const byFile = String(ask.words?.[0]).startsWith("told=");
    if (byFile) writeFileSync(join(home, "told"), "");
    const outcome = await caller.call({ path, environment: usualEntries(home), words: usualWords, ...ask });
    return byFile ? { ...outcome, stdout: readFileSync(join(home, "told")) } : outcome;
  };
  const battery: Battery = {
    path,
    real,
    log: (uid = 0) => `/tmp/interpose-${uid}/${name}.log`,
    direct: (ask) => call("direct", ask),
    through: call,
    async shownBy(point, through = policies) {
      const found: Record<string, string[]> = {};
      if (through.every((policy) => asks(point, policy).length === 0)) throw new Error("nothing is called");
      if (point.prepare) await caller.shell(point.prepare);
      try {
        const known = new Map<string, Outcome>();
        for (const policy of through)
          for (const ask of asks(point, policy)) {
            const key = String(ask.words);
            const expected = known.get(key) ?? (await battery.direct(ask));
            known.set(key, expected);
            if (expected.ended !== (point.ended ?? 0))
              throw new Error(`a direct call ends with ${expected.ended}: ${expected.stderr}`);
            const different = differencesInOrder(expected, await battery.through(policy, ask));
            if (different.length > 0) found[policy] = [...(found[policy] ?? []), ...different];
          }
      } finally {
        if (point.undo) await caller.shell(point.undo);
      }
      return found;
    },
  };
  return battery;

  function asks(point: Point, policy: PolicyName): Ask[] {
    return [point.ask, ...(point.more ?? [])].flatMap((ask): Ask[] => {
      const steps: Ask["steps"] = [["cwd", "/"], ...(ask.steps ?? [])];
      if (point.scene)
        return [
          { ...ask, steps, path: join(home, "scenes"), words: [point.scene, path, ...(ask.words ?? [])] },
        ];
      if (policy !== "asking") return [{ ...ask, steps }];
      if (point.withoutFacts || ask.words) return [];
      return [{ ...ask, steps, words: [join(home, "media.wav"), "words"] }];
    });
  }
}

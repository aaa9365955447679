/** A sequence of steps, and what must be true after each of them. */
import type { Cut } from "../crash/cutter.ts";
import { type Command, type Lot, type Ran, type Run, type World, type WorldOptions, world } from "./world.ts";

export const commands: Run[] = ["apply a", "apply b", "repair", "rollback", "prune"];
export const exportedCommands: Run[] = ["exported apply a", "exported apply b", "exported rollback"];
export const ways = ["rename", "rewrite", "through", "at real", "at wrapper", "aside", "behind"];
export const edits = [
  "edit wrapper",
  "remove wrapper",
  "remove binary",
  "copy wrapper to binary",
  "link binary to wrapper",
  "link binary to real",
  "hard link real to binary",
  "remove real",
  "remove name folder",
  "make binary unusable",
  "truncate manifest",
  "truncate journal",
  "remove journal",
];

export type Step =
  | { run: Run; cut?: Cut | undefined }
  /** A new version, or what was put there as that many versions before. */
  | { put: string; kind: "program" | "script"; older?: number | undefined }
  | { edit: string };

export interface Sequence {
  options: WorldOptions;
  steps: Step[];
}

export interface Tally {
  sequences: number;
  steps: number;
  runs: number;
  kills: number;
  /** Exit statuses by command. */
  ended: Record<string, number>;
}

/** @throws an error that says what was not as it must be, and after which step */
export async function play(lot: Lot, { options, steps }: Sequence, tally?: Tally): Promise<void> {
  const at = await world(lot, options);
  const all = tally ?? { sequences: 0, steps: 0, runs: 0, kills: 0, ended: {} };
  const play = new Play(at, all);
  all.sequences++;
  const told: string[] = [];
  for (const [index, step] of steps.entries()) {
    told.push(JSON.stringify(step));
    try {
      await play.step(step, index === steps.length - 1);
    } catch (error) {
      const trace = process.env.FUZZ_TRACE ? `\n${at.files().join("\n")}` : "";
      throw new Error(`${(error as Error).message}\nafter ${told.join("\n      ")}${trace}`, {
        cause: error,
      });
    }
  }
}

// ---

class Play {
  readonly at: World;
  readonly tally: Tally;
  version = 1;
  /** Paths where somebody put something that is no business of ours. */
  foreign = new Set<string>();

  constructor(at: World, tally: Tally) {
    this.at = at;
    this.tally = tally;
  }

  async step(step: Step, last: boolean): Promise<void> {
    this.tally.steps++;
    let acted = false;
    if ("put" in step) this.put(step);
    else if ("edit" in step) this.at.edit(step.edit);
    else acted = await this.run(step.run, step.cut);
    if (acted || last) await this.agree();
  }

  put({ put, kind, older }: Extract<Step, { put: string }>): void {
    const { at } = this;
    const { real, wrapper } = at.layout;
    if (put === "behind" && at.at(real).kind !== "link") return;
    if (put === "aside") {
      if (at.at(real).kind === "none") return;
      this.foreign.add(`${real}.old-${at.at(real).inode}`);
    }
    if (put === "at wrapper") this.foreign.add(wrapper);
    if (put === "at real") this.foreign.add(real);
    const version = older === undefined ? ++this.version : Math.max(1, this.version - older);
    at.put(put, kind, version);
  }

  async run(told: Run, cut: Cut | undefined): Promise<boolean> {
    const { at, tally } = this;
    const command = told.replace(/^exported /, "") as Command;
    const before = this.look();
    const expected = this.predict(command, told !== command);
    const ran = await at.run(told, cut);
    const after = this.look();
    tally.runs++;
    if (ran.status === 137) tally.kills++;
    const key = `${told} ${ran.status}`;
    tally.ended[key] = (tally.ended[key] ?? 0) + 1;

    const say = (what: string) => new Error(`${told} (${ran.status}) ${what}: ${ran.said.slice(0, 2000)}`);
    if (![0, 1, ...(cut ? [137] : [])].includes(ran.status)) throw say("ends with another status");
    if (ran.status !== 137 && expected !== undefined && ran.status !== expected)
      throw say(`should end with ${expected}`);
    this.keepsCalls(before, after, say);
    this.keepsFiles(command, before, after, say);
    if (ran.status === 0) this.did(command, told !== command, ran, before, after, say);
    if (ran.status === 1) {
      // A run that ends one that was cut off goes back to what was before that one.
      const [old, now] = [before, after].map(({ files }) =>
        before.state === "unfinished" ? files.filter((line) => !line.startsWith("state/")) : files,
      ) as [string[], string[]];
      if (ran.acted && content(old) !== content(now))
        throw say(`leaves something half-done: ${difference(old, now)}`);
      const kept = (files: string[]) => (told === command ? files : withoutState(files)).join();
      if (!ran.acted && kept(before.files) !== kept(after.files))
        throw say("changes something though it refuses");
    }
    return ran.acted;
  }

  look() {
    const { at } = this;
    const { binary, real, wrapper, namedReal } = at.layout;
    const path = at.called();
    return {
      ...{ path, called: path ? at.at(path) : undefined, files: at.files(), versions: at.versions() },
      latent: [real, wrapper].map((path) => at.at(at.programAt(path) || path).version),
      kept: at.interception()?.kept.map(({ path }) => path) ?? [],
      ...{ binary: at.at(binary), wrapper: at.at(wrapper), real: at.at(real), named: at.at(namedReal) },
      ...{ state: at.status()?.state, known: at.interception() !== undefined },
    };
  }

  keepsCalls(before: Looked, after: Looked, say: Say): void {
    if (before.path === undefined || after.path === undefined) return;
    if (before.called) {
      if (!after.called) throw say(`leaves nothing to be called where v${before.called.version} was`);
      if (after.called.version !== before.called.version)
        throw say(`makes calls run v${after.called.version}, not v${before.called.version}`);
      if (after.called.inode !== before.called.inode) throw say("has another file in the program's place");
    } else if (after.called && !before.latent.includes(after.called.version)) {
      throw say(`makes calls run v${after.called.version}`);
    }
  }

  keepsFiles(command: Command, before: Looked, after: Looked, say: Say): void {
    for (const [version, paths] of before.versions) {
      if (after.versions.has(version)) continue;
      const { real, wrapper } = this.at.layout;
      const through = before.binary.link === wrapper && before.wrapper.kind === "program";
      const allowed = (path: string) =>
        before.kept.includes(path) || (path === real && (through || before.kept.length > 0));
      if ((command === "rollback" || command === "prune") && paths.every(allowed)) continue;
      throw say(`loses v${version}, which was at ${paths.join(", ")}`);
    }
  }

  did(command: Command, exported: boolean, ran: Ran, before: Looked, after: Looked, say: Say): void {
    const { at, foreign } = this;
    const { binary, real, wrapper } = at.layout;
    const kept = (files: string[]) => (exported ? withoutState(files) : files).join();
    if (!ran.acted && kept(before.files) !== kept(after.files))
      throw say("says it does nothing, and changes something");
    if (command.startsWith("apply") || command === "repair") {
      const status = at.status();
      if (status?.state !== "intact") throw say(`leaves it ${JSON.stringify(status?.findings)}`);
      if (at.at(binary).link !== wrapper) throw say("leaves calls without the wrapper");
    }
    if (
      command === "repair" &&
      before.state === "intact" &&
      !ran.said.includes("real-upgraded") &&
      content(before.files) !== content(after.files)
    )
      throw say(`changes what is intact: ${difference(before.files, after.files)}`);
    if (
      command === "repair" &&
      before.named.kind === "link" &&
      before.real.inode === after.real.inode &&
      after.named.kind !== "link"
    )
      throw say("takes the name away that the program runs by");
    // What a rollback leaves, it says before its last moment, in which it may be cut off.
    if (command === "rollback" && before.known) {
      const said = ran.refused;
      const left = after.files
        .map((line) => line.split(" ")[0] ?? "")
        .filter((path) => !/^(state|share\/tool|bin\/tool)$/.test(path));
      const unsaid = left.filter((name) => {
        const path = `${binary.slice(0, -"bin/tool".length)}${name}`;
        if (path === wrapper && said.includes("wrapper-left")) return false;
        const same = at.at(real).inode === at.at(binary).inode;
        if (path === real && !same && (said.includes("real-kept") || said.includes("binary-replaced")))
          return false;
        return !foreign.has(path);
      });
      if (unsaid.length > 0) throw say(`leaves ${unsaid.join(", ")}`);
    }
  }

  /** What a command's exit status must be; nothing where it may be one or the other. */
  predict(command: Command, exported: boolean): 0 | 1 | undefined {
    const { at } = this;
    const { binary, real, wrapper, nameFolder } = at.layout;
    const [B, W, R] = [binary, wrapper, real].map((path) => at.at(path)) as [
      ReturnType<World["at"]>,
      ReturnType<World["at"]>,
      ReturnType<World["at"]>,
    ];
    const status = at.status();
    const runs = at.programAt(binary);
    if (!status) {
      const taken = [real, wrapper, nameFolder].some((path) => at.at(path).kind !== "none");
      const left = at.files().some((line) => line.startsWith("state/"));
      if (command.startsWith("apply")) return left ? undefined : runs && !taken ? 0 : 1;
      // A script that is run again and again has nothing to do then.
      return left ? undefined : exported ? 0 : 1;
    }
    if (status.state === "unfinished") return undefined;
    if (command === "prune") return 0;
    const linked = B.link === wrapper;
    const hasReal = at.programAt(real) !== "" && at.programAt(real) !== wrapper;
    const free = at.at(`${real}.old-${R.inode}`).kind === "none";
    if (linked && W.kind === "wrapper") return hasReal ? 0 : 1;
    // A copy of the wrapper looks as a script does on its way to it.
    if (B.kind === "leads to wrapper") return undefined;
    if (B.kind !== "none" && B.inode === R.inode) return command === "rollback" ? 0 : undefined;
    // Given back by hand.
    if (B.kind !== "none" && B.inode === at.interception()?.manifest.original.inode) return undefined;
    // The script repairs what it can.
    if (command.startsWith("apply")) return exported ? undefined : 1;
    if (linked && W.kind === "none") return hasReal ? 0 : 1;
    if (linked && W.kind === "program")
      return command === "repair" ? (free && W.executable ? 0 : undefined) : 0;
    if (B.kind === "none") return command === "repair" ? 1 : hasReal ? 0 : 1;
    if (B.kind === "program" && B.executable && ["none", "wrapper"].includes(W.kind))
      return command === "rollback" || free ? 0 : undefined;
    return undefined;
  }

  /** Status, the repair script and a real call say the same of what is there. */
  async agree(): Promise<void> {
    const { at } = this;
    const { answer, look } = await at.ask();
    const path = at.called();
    const version = Number(/^v(\d{7})( --tail [ab])?\n$/.exec(answer)?.[1] ?? 0);
    const should = path ? at.at(path).version : 0;
    if (path !== undefined && version !== should)
      throw new Error(`a call says ${JSON.stringify(answer)}, not v${should}`);
    const status = at.status();
    if (!status || !look) return;
    const idle = look.code === 0 && look.steps.every((step) => step === "record");
    const said = `${JSON.stringify(status.findings.map(({ code }) => code))} and ${JSON.stringify(look)}`;
    if ((status.state === "intact") !== idle) throw new Error(`status is ${status.state}, with ${said}`);
    const expected = this.state();
    if (status.state !== "unfinished" && !expected.includes(status.state))
      throw new Error(`status is ${status.state}, not ${expected.join()}, with ${said}`);
  }

  /** What status may say, when no run was cut off. */
  state(): string[] {
    const { at } = this;
    const { binary, real, wrapper, namedReal } = at.layout;
    const [B, W] = [binary, wrapper].map((path) => at.at(path));
    const lost = at.programAt(real) === "";
    if (B?.kind === "none") return ["broken"];
    if (B?.link !== wrapper || (W?.kind === "program" && W.executable))
      return lost ? ["overwritten", "broken"] : ["overwritten"];
    if (W?.kind !== "wrapper" || lost) return ["broken"];
    if (at.interception()?.manifest.keepName === "yes" && at.at(namedReal).kind === "none") return ["broken"];
    return ["intact"];
  }
}

type Looked = ReturnType<Play["look"]>;
type Say = (what: string) => Error;

/** A script looks when it has the lock, and takes away what an earlier run has left of its own. */
const withoutState = (files: string[]): string[] => files.filter((line) => !line.startsWith("state"));

/** Without what any run changes: locks come and go, and a state is put back by its contents. */
const content = (files: string[]): string => essential(files).join("\n");

const essential = (files: string[]): string[] =>
  files
    .filter((line) => !/^state\/(small\/(journal|work)|\.lock)/.test(line))
    .map((line) => (line.startsWith("state/") ? line.replace(/ \d+ (\d+) [\d.]+$/, " $1") : line));

function difference(before: string[], after: string[]): string {
  const [old, now] = [essential(before), essential(after)];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ].join(" | ");
}

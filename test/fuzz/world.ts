/** A binary in a lane, what anybody may do to it, and what stands at each of its paths. */
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { renderExport } from "../../src/export/script.ts";
import { InterposeError } from "../../src/finding/finding.ts";
import { type HostFacts, look } from "../../src/host/look.ts";
import { pathsOf } from "../../src/plan/check.ts";
import { prepareFrom } from "../../src/plan/prepare.ts";
import { planPrune } from "../../src/plan/prune.ts";
import { renderShell } from "../../src/plan/render-sh.ts";
import { planRollback, planSweep } from "../../src/plan/rollback.ts";
import { type Loaded, loadSpec } from "../../src/spec/load.ts";
import { type Layout, layoutOf } from "../../src/spec/spec.ts";
import { type Interception, interceptionsOf, type Manifest, stateFile } from "../../src/state/manifest.ts";
import { type Status, statusOf } from "../../src/state/status.ts";
import type { Cut } from "../crash/cutter.ts";
import { factsNow } from "../crash/facts.ts";
import type { Lane } from "./lane.ts";

export type Letter = "a" | "b";
export type Command = "apply a" | "apply b" | "repair" | "rollback" | "prune";
/** Also done by the script that `export sh` writes. */
export type Run = Command | `exported ${"apply a" | "apply b" | "rollback"}`;
/** What stands at a path: a version of the program, or of what kind it is otherwise. */
export interface At {
  kind: "none" | "link" | "program" | "wrapper" | "edited" | "leads to wrapper" | "folder" | "other";
  /** Of a program; also of one below a first line that leads to the wrapper. */
  version: number;
  link: string;
  executable: boolean;
  inode: number;
}

export interface Ran {
  /** As the tool would exit; 137 when it was cut off. */
  status: number;
  /** What its script printed, or why there was none. */
  said: string;
  /** Codes of what was found in the way before anything was run. */
  refused: string[];
  /** Whether a script was run. */
  acted: boolean;
}

export interface World {
  layout: Layout;
  state: string;
  interception(): Interception | undefined;
  status(): Status | undefined;
  facts(): HostFacts;
  run(command: Run, cut?: Cut): Promise<Ran>;
  /** Calls the binary, and asks the repair script for what it finds. */
  ask(): Promise<{ answer: string; look: { situation: string; steps: string[]; code: number } | undefined }>;
  at(path: string): At;
  /** The file that a call of the binary runs in the end, by following what is there; empty for none. */
  called(): string | undefined;
  /** The file that a path leads to, when it can be run. */
  programAt(path: string): string;
  /** Versions that are on the disk under any name. */
  versions(): Map<number, string[]>;
  /** A line for each file and folder. */
  files(): string[];
  /** A new program of the next version, or with the content of another. */
  put(way: string, kind: "program" | "script", version: number): void;
  /** An edit by a foreign hand; false where it isn't possible. */
  edit(what: string): boolean;
}

/** The parts that stay as they are from one sequence to the next. */
export interface Lot {
  lane: Lane;
  program: Buffer;
  /** By the paths' folder. */
  facts?: HostFacts;
  /** What an apply has made, by the world's options: texts by their paths. */
  made: Map<string, Map<string, string>>;
}

export const keepNames = ["yes", "no", "auto"] as const;
export interface WorldOptions {
  kind: "program" | "script";
  behindLink: boolean;
  keepName: (typeof keepNames)[number];
  /** Whether an apply has been there before the first step. */
  inPlace: boolean;
}

/** Everything from before is removed. */
export async function world(lot: Lot, { kind, behindLink, keepName, inPlace }: WorldOptions): Promise<World> {
  const { lane } = lot;
  const bin = join(lane.folder, "bin");
  const stateRoot = join(lane.folder, "state");
  const state = join(stateRoot, "small");
  for (const path of [bin, join(lane.folder, "share"), stateRoot])
    rmSync(lane.inside(path), { recursive: true, force: true });
  mkdirSync(lane.inside(bin));
  mkdirSync(lane.inside(join(lane.folder, "share")));
  const inside = lane.inside;
  const binary = join(bin, "tool");
  const loaded = Object.fromEntries(
    (["a", "b"] as const).map((letter) => {
      // The model tells what stands at a path by the texts of scripts.
      const runtime = "bash";
      const always = { append: ["--tail", letter] };
      const text = { name: "small", binary, keepName, runtime, probe: [], always };
      return [letter, loadSpec(Buffer.from(JSON.stringify(text)), join(lane.folder, "small.json"))];
    }),
  ) as Record<Letter, Loaded>;
  const layout = layoutOf(loaded.a.spec);
  const { real, wrapper, namedReal, nameFolder } = layout;
  const shared = join(lane.folder, "share/tool");

  const write = (path: string, what: "program" | "script", version: number, flag = "wx") => {
    const word = `v${String(version).padStart(7, "0")}`;
    const bytes =
      what === "program"
        ? Buffer.concat([lot.program, Buffer.from(`\n${word}`)])
        : `#!/bin/sh\necho ${word} "$@"\n`;
    writeFileSync(inside(path), bytes, { flag });
    if (flag === "wx") chmodSync(inside(path), 0o755);
  };
  write(behindLink ? shared : binary, kind, 1);
  if (behindLink) symlinkSync("../share/tool", inside(binary));

  if (!lot.facts) {
    const run = async (script: string) => {
      const { status, stdout, stderr } = await lane.run(script);
      return { status, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
    };
    lot.facts = { ...(await look({ name: "localhost", run }, { paths: pathsOf(layout) })), stateRoot };
  }
  const known = lot.facts;
  const facts = () => factsNow(known, inside, pathsOf(layout));
  const interception = () => interceptionsOf(facts(), layoutOf).interceptions[0];

  const at = (path: string): At => {
    const stat = lstatSync(inside(path), { throwIfNoEntry: false });
    const none = { version: 0, link: "", executable: false, inode: 0 };
    if (!stat) return { kind: "none", ...none };
    const inode = stat.ino;
    if (stat.isSymbolicLink()) return { kind: "link", ...none, link: readlinkSync(inside(path)), inode };
    if (!stat.isFile()) return { kind: stat.isDirectory() ? "folder" : "other", ...none, inode };
    const bytes = readFileSync(inside(path)).toString("latin1");
    const version = Number(/v(\d{7})(?: "\$@"\n)?$/.exec(bytes)?.[1] ?? 0);
    const executable = (stat.mode & 0o111) !== 0;
    const first = bytes.split("\n", 1)[0];
    if (first === `#!/bin/bash ${wrapper}`) {
      const own = bytes.endsWith("# edited\n") ? "edited" : "wrapper";
      return { kind: path === wrapper ? own : "leads to wrapper", version, link: "", executable, inode };
    }
    return { kind: version > 0 ? "program" : "other", version, link: "", executable, inode };
  };
  const resolve = (path: string): string => {
    let here = path;
    for (let count = 0; count < 10; count++) {
      const { kind, link } = at(here);
      if (kind !== "link") return here;
      here = link.startsWith("/") ? link : join(dirname(here), link);
    }
    return here;
  };
  const programAt = (path: string): string => {
    const end = resolve(path);
    const { kind, executable } = at(end);
    return kind === "program" && executable ? end : "";
  };
  const called = (): string | undefined => {
    const end = resolve(binary);
    const found = at(end);
    if (found.kind === "program") return programAt(binary);
    if (!["wrapper", "edited", "leads to wrapper"].includes(found.kind) || !found.executable) return "";
    const through = at(wrapper);
    // What bash makes of a program.
    if (through.kind === "program") return undefined;
    if (!["wrapper", "edited"].includes(through.kind)) return "";
    return programAt(namedReal) || programAt(real);
  };

  const walk = (folder: string): string[] =>
    readdirSync(inside(folder), { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? [path, ...walk(path)] : [path];
      });
  const all = () =>
    ["bin", "share", "state"].flatMap((name) => {
      const folder = join(lane.folder, name);
      return existsSync(inside(folder)) ? walk(folder) : [];
    });

  const stateText = (name: string) => {
    try {
      return readFileSync(inside(join(state, name)), "utf8");
    } catch {
      return undefined;
    }
  };

  async function runScript(script: string, cut?: Cut, words = ""): Promise<Ran> {
    const { status, stdout, stderr } = await lane.run(script, { cut, words });
    const said = (stdout + stderr).replaceAll("\u001f", " ");
    // As src/plan/run.ts and cli/steps.ts have it.
    const ended = /\u001f?(finished|locked)\u001f/.test(stdout);
    const known = status === 0 || status === 1 ? status : status === 137 ? 137 : 100 + status;
    return { status: ended || status === 137 ? known : 99, said, refused: [], acted: true };
  }
  const refuse = (...refused: string[]): Ran => ({ status: 1, said: refused.join(), refused, acted: false });
  const nothing: Ran = { status: 0, said: "nothing to do", refused: [], acted: false };

  async function repair(cut?: Cut): Promise<Ran> {
    const found = interception();
    if (!found) return refuse("not-intercepted");
    const path = stateFile(state, "repair.sh");
    if (!existsSync(inside(path))) return refuse("no-repair");
    return runScript(readFileSync(inside(path), "utf8"), cut, "act");
  }

  /** The script that `export sh` writes decides by itself. */
  async function runExported(
    letter: Letter,
    word: "apply" | "rollback --keep-logs",
    cut?: Cut,
  ): Promise<Ran> {
    const text = renderExport(loaded[letter]).replace("root=/var/lib/interpose", () => `root=${stateRoot}`);
    const { status, stdout, stderr } = await lane.run(text, { cut, words: word });
    const said = stdout + stderr;
    const refused = Object.entries({
      "wrapper-left": "was changed by hand; it stays",
      "real-kept": "The old binary is kept at",
      "binary-replaced": "was replaced by somebody else since; it stays",
    }).flatMap(([code, words]) => (stderr.includes(words) ? [code] : []));
    return { status, said, refused, acted: /^(ok|no|back) /m.test(stdout) };
  }

  async function run(command: Run, cut?: Cut): Promise<Ran> {
    switch (command) {
      case "exported apply a":
      case "exported apply b":
        return runExported(command.slice(-1) as Letter, "apply", cut);
      case "exported rollback":
        return runExported("a", "rollback --keep-logs", cut);
      case "apply a":
      case "apply b": {
        const letter = command.slice(-1) as Letter;
        try {
          let prepared = prepareFrom(loaded[letter], facts());
          let finished: Ran | undefined;
          if ("unfinishedRepair" in prepared) {
            finished = await repair(cut);
            if (finished.status !== 0) return finished;
            prepared = prepareFrom(loaded[letter], facts());
          }
          if ("unfinishedRepair" in prepared) return refuse("repair-again");
          if (prepared.plan.steps.length === 0) return finished ?? nothing;
          return await runScript(renderShell(prepared.plan), cut);
        } catch (error) {
          if (!(error instanceof InterposeError)) throw error;
          return { ...refuse(...error.findings.map(({ code }) => code)), status: error.exitCode };
        }
      }
      case "repair":
        return repair(cut);
      case "prune": {
        const found = interception();
        if (!found) return refuse("not-intercepted");
        const plan = planPrune(found, "localhost");
        return plan.steps.length === 0 ? nothing : runScript(renderShell(plan), cut);
      }
      case "rollback": {
        const now = facts();
        const { interceptions, unreadable } = interceptionsOf(now, layoutOf);
        const [found] = interceptions;
        if (!found) {
          if (now.remains.has("small"))
            return runScript(renderShell(planSweep("small", state, "localhost")), cut);
          return refuse(unreadable.length > 0 ? "manifest-unreadable" : "not-intercepted");
        }
        const planned = planRollback(found, now, "localhost", { keepLogs: true });
        if (!planned.ok) return refuse(...planned.findings.map(({ code }) => code));
        const ran = await runScript(renderShell(planned.plan), cut);
        return { ...ran, refused: planned.notes.map(({ code }) => code) };
      }
    }
  }

  /** What an apply does, from what one has done before. */
  async function putInPlace(): Promise<void> {
    const key = [kind, behindLink, keepName].join();
    const made = lot.made.get(key);
    if (!made) {
      const { status, said } = await run("apply a");
      if (status !== 0) throw new Error(`apply ends with ${status}: ${said}`);
      const names = ["manifest.json", "journal", "paths", "repair.sh", "wrapper", "made"];
      const kept = [wrapper, ...names.map((name) => join(state, name))].filter((path) =>
        existsSync(inside(path)),
      );
      lot.made.set(key, new Map(kept.map((path) => [path, readFileSync(inside(path), "utf8")])));
      if (at(namedReal).kind === "link") lot.made.get(key)?.set(namedReal, "");
      return;
    }
    mkdirSync(inside(state), { recursive: true });
    for (const [path, text] of made) {
      if (path !== namedReal) writeFileSync(inside(path), text, { mode: path === wrapper ? 0o755 : 0o644 });
    }
    const manifest = JSON.parse(made.get(join(state, "manifest.json")) ?? "") as Manifest;
    const { ino, mtimeMs } = lstatSync(inside(binary));
    Object.assign(manifest.original, { inode: ino, modified: Math.floor(mtimeMs / 1000) });
    writeFileSync(inside(join(state, "manifest.json")), `${JSON.stringify(manifest, null, 2)}\n`);
    linkSync(inside(binary), inside(real));
    if (made.has(namedReal)) {
      mkdirSync(inside(nameFolder));
      symlinkSync(real, inside(namedReal));
    }
    rmSync(inside(binary));
    symlinkSync(wrapper, inside(binary));
  }

  /** In one rename. */
  function replace(path: string, what: "program" | "script", version: number): void {
    const made = join(bin, "foreign-new");
    write(made, what, version);
    renameSync(inside(made), inside(path));
  }

  if (inPlace) await putInPlace();
  return {
    ...{ layout, state, interception, facts, run, at, called, programAt },
    status: () => {
      const now = facts();
      const found = interceptionsOf(now, layoutOf).interceptions[0];
      return found && statusOf(found, now, "localhost");
    },
    async ask() {
      const path = stateFile(state, "repair.sh");
      const there = existsSync(inside(path)) && stateText("manifest.json") !== undefined;
      const asked = there ? `/bin/sh ${path} look >home/look 2>&1` : ":";
      await lane.line(`(cd bin && ulimit -t 5 && exec ./tool) >home/answer 2>&1 </dev/null; ${asked}`);
      const [answer, looked] = ["answer", "look"].map((name) => {
        const file = inside(join(lane.folder, "home", name));
        return existsSync(file) ? readFileSync(file, "utf8") : "";
      }) as [string, string];
      if (!there) return { answer, look: undefined };
      const events = looked.split("\n").map((line) => line.split("\u001f"));
      const text = (kind: string) => events.find(([what]) => what === kind)?.[2] ?? `none in ${looked}`;
      const steps = events.filter(([kind]) => kind === "planned").map(([, step = ""]) => step);
      return { answer, look: { situation: text("situation"), steps, code: Number(text("finished")) } };
    },
    versions: () => {
      const found = new Map<number, string[]>();
      for (const path of all()) {
        const { kind, version } = at(path);
        if (kind === "program") found.set(version, [...(found.get(version) ?? []), path]);
      }
      return found;
    },
    files: () =>
      all().map((path) => {
        const { ino, mode, size, mtimeMs } = lstatSync(inside(path));
        const about = lstatSync(inside(path)).isDirectory() ? "" : ` ${ino} ${size} ${mtimeMs}`;
        const link = at(path).link;
        return `${path.slice(lane.folder.length + 1)} ${mode.toString(8)}${about}${link && ` -> ${link}`}`;
      }),
    put(way, what, version) {
      switch (way) {
        case "rename":
          return replace(binary, what, version);
        case "rewrite":
          rmSync(inside(binary), { force: true });
          return write(binary, what, version);
        case "through": {
          // As cp does: into the file that the path leads to; a new one when there is none.
          const end = resolve(binary);
          if (at(end).kind === "none") return write(end, what, version);
          return write(end, what, version, "w");
        }
        case "at real":
          return replace(real, what, version);
        case "at wrapper":
          return replace(wrapper, what, version);
        case "aside":
          return replace(`${real}.old-${at(real).inode}`, what, version);
        case "behind":
          return replace(resolve(real), what, version);
        default:
          throw new RangeError(way);
      }
    },
    edit(what) {
      const remove = (path: string) => {
        if (!existsSync(inside(path)) && at(path).kind === "none") return false;
        rmSync(inside(path), { recursive: true });
        return true;
      };
      const truncate = (path: string, share: number) => {
        if (!existsSync(inside(path))) return false;
        const bytes = readFileSync(inside(path));
        writeFileSync(inside(path), bytes.subarray(0, Math.floor(bytes.length * share)));
        return true;
      };
      switch (what) {
        case "edit wrapper":
          if (at(wrapper).kind !== "wrapper") return false;
          writeFileSync(inside(wrapper), "# edited\n", { flag: "a" });
          return true;
        case "remove wrapper":
          return remove(wrapper);
        case "remove binary":
          return remove(binary);
        case "copy wrapper to binary": {
          if (at(wrapper).kind !== "wrapper") return false;
          const bytes = readFileSync(inside(wrapper));
          rmSync(inside(binary), { force: true });
          writeFileSync(inside(binary), bytes);
          chmodSync(inside(binary), 0o755);
          return true;
        }
        case "link binary to wrapper":
          rmSync(inside(binary), { force: true });
          symlinkSync(wrapper, inside(binary));
          return true;
        case "link binary to real":
          rmSync(inside(binary), { force: true });
          symlinkSync(real, inside(binary));
          return true;
        case "hard link real to binary":
          if (at(real).kind === "none") return false;
          rmSync(inside(binary), { force: true });
          linkSync(inside(real), inside(binary));
          return true;
        case "remove real":
          return remove(real);
        case "remove name folder":
          return remove(nameFolder);
        case "make binary unusable":
          if (at(binary).kind !== "program") return false;
          chmodSync(inside(binary), 0o644);
          return true;
        case "truncate manifest":
          return truncate(join(state, "manifest.json"), 0.3);
        case "truncate journal":
          return truncate(join(state, "journal"), 0.5);
        case "remove journal":
          return remove(join(state, "journal"));
        default:
          throw new RangeError(what);
      }
    },
  };
}

/** A binary on a host of its own, in memory, with two callers and a tracer: where runs are cut off. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderExport } from "../../src/export/script.ts";
import type { Host } from "../../src/host/host.ts";
import { runShell } from "../../src/host/local.ts";
import { type HostFacts, look } from "../../src/host/look.ts";
import { pathsOf } from "../../src/plan/check.ts";
import { prepareFrom } from "../../src/plan/prepare.ts";
import { renderShell } from "../../src/plan/render-sh.ts";
import { planRollback, planSweep } from "../../src/plan/rollback.ts";
import { type Loaded, loadSpec } from "../../src/spec/load.ts";
import { type Layout, layoutOf } from "../../src/spec/spec.ts";
import { type Interception, interceptionsOf } from "../../src/state/manifest.ts";
import { type Callers, startCallers } from "../support/callers.ts";
import { type PrivateHost, privateHost } from "../support/private-host.ts";
import { standaloneBusybox } from "../support/scripts-shell.ts";
import { type Cut, cutWords, type Operation, readOperations, runWords } from "./cutter.ts";
import { factsNow } from "./facts.ts";

export type Kind = "program" | "script" | "script behind a link";
export type Letter = "a" | "b";

/** Programs that the tests have compiled. */
export interface Programs {
  real: string;
  caller: string;
  cut: string;
  attributes: string;
}

export interface GroundRun {
  /** Of the script; 137 when it was cut off. */
  status: number;
  /** What it printed, with its errors. */
  said: string;
  /** Of a traced run. */
  operations: Operation[];
  /** What a call of the binary right afterwards printed, with its exit status. */
  answer: string;
}

export interface RunHow {
  cut?: Cut;
  /** What a script of the host does before the N-th operation. */
  hook?: { number: number; script: string };
  trace?: boolean;
}

export interface Ground {
  host: PrivateHost;
  /** The same as the planner sees it. */
  shell: Host;
  layout: Layout;
  file: string;
  /** The file with one of two policies. */
  loaded(letter: Letter): Loaded;
  facts(): HostFacts;
  interception(): Interception | undefined;
  /** The script of a plan from what is there now; empty when there is nothing to do. */
  applyScript(letter: Letter): string;
  rollbackScript(): string;
  /** Runs it with the host's sh; traced, when it is to be disturbed or its operations are asked for. */
  run(script: string, how?: RunHow): Promise<GroundRun>;
  startCallers(): Callers;
  /** All that is there. */
  files(): string;
  /** The same with the attributes of the binary. */
  listing(): Promise<string>;
}

/** What may be printed after a call's words: by the real binary itself, and with each of the policies. */
export const endings = ["", "--tail\na\n", "--tail\nb\n"];

const makers: Record<Kind, (folder: string, programs: Programs) => void> = {
  program: (folder, { real }) => copyFileSync(real, join(folder, "bin/tool")),
  script: (folder) => writeScript(join(folder, "bin/tool")),
  "script behind a link": (folder) => {
    mkdirSync(join(folder, "share"));
    writeScript(join(folder, "share/tool.sh"));
    symlinkSync("../share/tool.sh", join(folder, "bin/tool"));
  },
};

export interface GroundOptions {
  kind: Kind;
  keepName: "yes" | "no" | "auto";
  /** Where the helper names are; beside the binary without it. */
  names?: "apart";
  programs: Programs;
  /** Of the file system that all of it is kept in. */
  size?: string;
  /** Whether the host's own sh runs the scripts, with coreutils; otherwise busybox does, which takes less time. */
  ownShell?: boolean;
  /** Whether the scripts are those of `export sh`, which decide by themselves, and not those of plans. */
  exported?: boolean;
}

export async function ground({
  kind,
  keepName,
  names,
  programs,
  size = "16m",
  ownShell = false,
  exported = false,
}: GroundOptions): Promise<Ground> {
  const host = await privateHost({ tmpfs: `size=${size},mode=755` });
  const { folder, inside, enter } = host;
  mkdirSync(inside(join(folder, "bin")));
  makers[kind](inside(folder), programs);
  for (const name of ["caller", "cut", "attributes"] as const)
    copyFileSync(programs[name], inside(join(folder, "home", name)));
  const busybox = ownShell ? undefined : standaloneBusybox;
  if (busybox) copyFileSync(busybox, inside(join(folder, "home/busybox")));
  const sh = busybox ? ["home/busybox", "sh"] : ["/bin/sh"];
  const binary = join(folder, "bin/tool");
  await host.shell(`home/attributes set '${binary}'`);

  const file = join(folder, "small.yaml");
  const text = (letter: Letter) =>
    JSON.stringify({
      ...{ name: "small", binary, keepName, names },
      // Whether it has to keep its name is found out by trying.
      probe: keepName === "auto" ? ["--version"] : [],
      always: { append: ["--tail", letter] },
    });
  const loaded = {
    a: loadSpec(Buffer.from(text("a")), file),
    b: loadSpec(Buffer.from(text("b")), file),
  };
  writeFileSync(inside(file), text("a"));
  const layout = layoutOf(loaded.a.spec);
  const [program = "", ...words] = enter(["/bin/sh", "-s"]);
  const shell: Host = {
    name: "localhost",
    run: (script, options) => runShell(program, words, script, options),
  };
  const base = await look(shell, { paths: pathsOf(layout) });
  const facts = () => factsNow(base, inside, pathsOf(layout));
  const interception = () => interceptionsOf(facts(), layoutOf).interceptions[0];
  // The folder of all states, without anything in it, is what a run leaves that is cut off in its first or last moment.
  const files = () =>
    host
      .listing("content")
      .split("\n")
      .filter((line) => !/^home|^\.host\/lib\/interpose 40755 .* links 2$/.test(line))
      .map((line) => line.replace(/^(\.host\/lib 40755 .*) links \d+/, "$1"))
      .join("\n");
  const state = join(base.stateRoot, "small");
  const list = join(folder, "home/operations");

  return {
    ...{ host, shell, layout, file, facts, interception },
    loaded: (letter) => loaded[letter],
    applyScript: (letter) => {
      if (exported) return exportedScript(loaded[letter], "apply");
      const prepared = prepareFrom(loaded[letter], facts());
      if (!("plan" in prepared)) throw new Error("a repair was cut off");
      const { plan } = prepared;
      return plan.steps.length === 0 ? "" : renderShell(plan);
    },
    rollbackScript: () => {
      if (exported) return exportedScript(loaded.a, "rollback");
      const now = facts();
      const found = interceptionsOf(now, layoutOf).interceptions[0];
      if (!found) return now.remains.has("small") ? renderShell(planSweep("small", state, "localhost")) : "";
      const planned = planRollback(found, now, "localhost", { keepLogs: false });
      if (!planned.ok) throw new Error(JSON.stringify(planned.findings));
      return renderShell(planned.plan);
    },
    async run(script, { cut, hook, trace = cut !== undefined || hook !== undefined } = {}) {
      if (hook) writeScript(inside(join(folder, "home/hook")), hook.script);
      const words = hook ? ["hook", String(hook.number), join(folder, "home/hook")] : cutWords(cut);
      const traced = trace ? ["home/cut", "home/operations", ...words] : [];
      const [text = "", command] = script.split(commandMark);
      if (command !== undefined) writeFileSync(inside(join(folder, "home/exported.sh")), text);
      const read = command === undefined ? ["-s"] : ["home/exported.sh", command];
      const { stdout, stderr } = await runWords(
        enter(["sh", "-c", runAndCall, "sh", ...traced, ...sh, ...read]),
        command === undefined ? script : "",
      );
      const [said = "", answer = "", status = ""] = stdout.split("\u001e");
      const operations = trace ? readOperations(inside(list)) : [];
      return { status: Number(status), said: said + stderr, operations, answer };
    },
    startCallers: () =>
      startCallers(2, join(folder, "home/caller"), binary, endings, [
        // They take what time the runs leave, which is most of it.
        ...enter(["nice", "-n", "19", "env", "-C", join(folder, "bin")]),
      ]),
    files,
    listing: async () => `${files()}\n${await host.shell(`home/attributes list '${binary}'`)}`,
  };
}

/** Stands between an exported script and the word that it is run with. */
const commandMark = "\u0000";
const exportedScript = (loaded: Loaded, command: string): string =>
  `${renderExport(loaded)}${commandMark}${command}`;

/** The path of the binary must not be in a command line, or this would look like a call of it. */
const runAndCall = `"$@"
status=$?
printf '\\036'
cd bin && ./tool first plain 2>&1
printf '= %s\\036%s' "$?" "$status"`;

/** What a call prints that went as it should. */
export const answers = endings.map((ending) => `first\nplain\n${ending}= 7`);

function writeScript(path: string, text = "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 7\n"): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** What an interception that is in place looks like, without what differs from one to the next. */
export function shape(listing: string): string {
  return (
    listing
      .split("\n")
      // What a run that is cut off in its first or last moment leaves, and the next one with something to do takes over.
      .filter((line) => !/^\.host\/(tmp|lib\/interpose\/(small\/(made|work)|\.lock\.small))/.test(line))
      .map((line) =>
        line
          .replace(/ inode \d+/, "")
          .replace(/^(\.host\/lib\/interpose\S*) .*/, "$1")
          .replace(/ size \d+ modified \d+/, ""),
      )
      .join("\n")
  );
}

export const readInside = ({ host }: Ground, path: string): string => readFileSync(host.inside(path), "utf8");

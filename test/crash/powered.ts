/** A host whose binary, wrapper and state are on a disk each, and what must be so whenever its power is cut. */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderExport } from "../../src/export/script.ts";
import type { Host } from "../../src/host/host.ts";
import { runShell } from "../../src/host/local.ts";
import { type HostFacts, look } from "../../src/host/look.ts";
import { pathsOf } from "../../src/plan/check.ts";
import { prepareFrom } from "../../src/plan/prepare.ts";
import { renderShell } from "../../src/plan/render-sh.ts";
import { planRollback, planSweep } from "../../src/plan/rollback.ts";
import { loadSpec } from "../../src/spec/load.ts";
import { layoutOf } from "../../src/spec/spec.ts";
import { type Interception, interceptionsOf } from "../../src/state/manifest.ts";
import { statusOf } from "../../src/state/status.ts";
import { type PrivateHost, privateHost } from "../support/private-host.ts";
import { standaloneBusybox } from "../support/scripts-shell.ts";
import {
  type Disks,
  describeTree,
  type Entry,
  type FileSystem,
  makeDisks,
  plant,
  type Tree,
} from "./disks.ts";
import { answers, type Letter, type Programs } from "./ground.ts";

export interface Powered {
  host: PrivateHost;
  disks: Disks;
  /** The words that run a script from standard input. */
  sh: string[];
  applyScript(letter: Letter): Promise<string>;
  /** Empty where there is nothing to take away. */
  rollbackScript(): Promise<string>;
  /** Writes the script of `export sh`, to be run as `home/exported.sh`. */
  writeExported(): void;
  /** Puts another program at the binary's path, which is what there is to lose from then on. */
  upgrade(): Promise<void>;
  /** What status says of it, by one word; `gone` when nothing is known of it. */
  status(): Promise<string>;
  /** What a call of the binary prints, with its exit status. */
  call(): Promise<string>;
  /** Whether the disks hold what was there before anything was done. */
  isBare(trees: Tree[]): boolean;
  /** What is not as it must be, with that on the disks; while none is mounted. */
  wrongWith(trees: Tree[]): Promise<string[]>;
}

export interface PoweredOptions {
  kind: FileSystem;
  /** What the binary is. */
  of: "program" | "script behind a link";
  /** Whether the host's own sh runs the scripts, with coreutils; otherwise busybox does. */
  ownShell: boolean;
}

export async function powered(programs: Programs, { kind, of, ownShell }: PoweredOptions): Promise<Powered> {
  const busybox = ownShell ? undefined : standaloneBusybox;
  const host = await privateHost({ tmpfs: "size=4g,mode=755" });
  const { folder, inside, enter } = host;
  copyFileSync(programs.cut, inside(join(folder, "home/cut")));
  if (busybox) copyFileSync(busybox, inside(join(folder, "home/busybox")));
  const [bin, opt] = ["bin", "opt"].map((name) => join(folder, name)) as [string, string];
  for (const place of [bin, opt]) mkdirSync(inside(place));
  const disks = await makeDisks(host, kind, [bin, opt, "/var/lib"]);
  const binary = join(bin, "tool");
  if (of === "program") {
    copyFileSync(programs.real, inside(binary));
  } else {
    // So that what stands for it while the path is swapped is on both disks too.
    symlinkSync("../opt/tool.sh", inside(binary));
    writeFileSync(inside(join(opt, "tool.sh")), "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 7\n", {
      mode: 0o755,
    });
  }
  await host.shell(`sync -f bin; sync -f opt; sync -f /var/lib`);

  const file = join(folder, "small.yaml");
  const loaded = (letter: Letter) => {
    const text = {
      ...{ name: "small", binary, wrapper: join(opt, "small"), keepName: "yes", probe: [] },
      always: { append: ["--tail", letter] },
    };
    return loadSpec(Buffer.from(JSON.stringify(text)), file);
  };
  const layout = layoutOf(loaded("a").spec);
  const [program = "", ...words] = enter(["/bin/sh", "-s"]);
  const shell: Host = {
    name: "localhost",
    run: (script, options) => runShell(program, words, script, options),
  };
  const found = async (): Promise<{ facts: HostFacts; there: Interception | undefined }> => {
    const facts = await look(shell, { paths: pathsOf(layout) });
    return { facts, there: interceptionsOf(facts, layoutOf).interceptions[0] };
  };
  const call = () =>
    host.shell("cd bin; status=0; ./tool first plain 2>&1 || status=$?; printf '= %s' \"$status\"");
  const bare = disks.each.map((disk) => describeTree(disk.seen()));
  // An older binary that a repair kept is known by its disk's number, which may be another after a start.
  const isOlder = (path: string) => path.startsWith("tool-real.old-");
  const isBare = (trees: Tree[]) =>
    trees.every(
      (tree, number) => describeTree(new Map([...tree].filter(([path]) => !isOlder(path)))) === bare[number],
    );
  const originals = disks.each.slice(0, of === "program" ? 1 : 2).map((disk) => [...disk.seen().values()][0]);
  const called = new Map<string, string>();

  return {
    ...{ host, disks, call, isBare },
    sh: busybox ? ["home/busybox", "sh"] : ["/bin/sh"],
    async applyScript(letter) {
      const prepared = prepareFrom(loaded(letter), (await found()).facts);
      if (!("plan" in prepared)) throw new Error("a repair was cut off");
      return renderShell(prepared.plan);
    },
    async rollbackScript() {
      const { facts, there } = await found();
      const state = join(facts.stateRoot, "small");
      if (!there)
        return facts.remains.has("small") ? renderShell(planSweep("small", state, "localhost")) : "";
      const planned = planRollback(there, facts, "localhost", { keepLogs: false });
      if (!planned.ok) throw new Error(JSON.stringify(planned.findings));
      return renderShell(planned.plan);
    },
    async upgrade() {
      await host.shell(
        `{ cat '${layout.real}'; echo '# more'; } >bin/new; chmod 755 bin/new; mv bin/new '${binary}'; sync -f bin`,
      );
      const upgraded = disks.each[0]?.seen().get("tool");
      originals[0] = upgraded;
      bare[0] = describeTree(new Map(upgraded && [["tool", upgraded]]));
    },
    writeExported: () => writeFileSync(inside(join(folder, "home/exported.sh")), renderExport(loaded("a"))),
    async status() {
      const { facts, there } = await found();
      return there ? statusOf(there, facts, "localhost").state : "gone";
    },
    async wrongWith(trees) {
      const [atBinary, atWrapper, state] = trees as [Tree, Tree, Tree];
      const programs = [atBinary, atWrapper].map(describeTree).join("\n--\n");
      if (!called.has(programs)) {
        plant(atBinary, inside(bin));
        plant(atWrapper, inside(opt));
        called.set(programs, await call());
      }
      const answer = called.get(programs) ?? "";
      const wrong = answers.includes(answer) ? [] : [`a call gave ${JSON.stringify(answer)}`];
      const isThere = (original: Entry | undefined, number: number) =>
        [...(trees[number]?.values() ?? [])].some(
          ({ inode, content }) => inode === original?.inode && content.equals(original.content),
        );
      if (!originals.every(isThere)) wrong.push("the real binary is gone");
      const [manifest = "", repair = ""] = ["manifest.json", "repair.sh"].map((name) =>
        state.get(`interpose/small/${name}`)?.content.toString(),
      );
      if (!isBare([atBinary, atWrapper]) && !(manifest.endsWith("\n}\n") && repair.endsWith("\n")))
        wrong.push("nothing is known of what is in place");
      return wrong;
    },
  };
}

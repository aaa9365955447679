/** No call is missed, whatever is put in place, replaced or taken away while callers call. */
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Host } from "../src/host/host.ts";
import { runShell } from "../src/host/local.ts";
import { look } from "../src/host/look.ts";
import type { Plan } from "../src/plan/plan.ts";
import { prepareApply } from "../src/plan/prepare.ts";
import { planRollback } from "../src/plan/rollback.ts";
import { runPlan } from "../src/plan/run.ts";
import { type Loaded, loadSpec } from "../src/spec/load.ts";
import { layoutOf } from "../src/spec/spec.ts";
import { interceptionsOf } from "../src/state/manifest.ts";
import { type Counts, compileCallers, startCallers } from "./support/callers.ts";
import { privateHost } from "./support/private-host.ts";
import { sharedFolder } from "./support/scratch.ts";

/** Milliseconds that a loop may take. */
const longest = 240_000;

let compiled: { real: string; caller: string };
let folder: string;
let binary: string;
const name = "swap";
/** Where the tool works: with a state and logs of the test's own. */
let host: Host;
/** The words before a command that is run there, in the binary's folder. */
let enter: string[];
beforeAll(() => {
  compiled = compileCallers(sharedFolder());
});
beforeEach(async () => {
  const own = await privateHost();
  folder = join(own.folder, "bin");
  mkdirSync(folder);
  copyFileSync(compiled.caller, join(folder, "caller"));
  binary = join(folder, "tool");
  const [program = "", ...words] = own.enter(["/bin/sh", "-s"]);
  host = { name: "localhost", run: (script, options) => runShell(program, words, script, options) };
  // What swaps gets most of the processor, so that there are many swaps.
  enter = own.enter(["nice", "-n", "10", "env", "-C", folder]);
});

/** What stands at the binary's path before: a program, or a link to a script, as Python's tools have it. */
const originals = {
  program: () => copyFileSync(compiled.real, binary),
  script: () => {
    const script = join(folder, "script");
    writeFileSync(script, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 7\n");
    chmodSync(script, 0o755);
    symlinkSync(script, binary);
  },
};

/** What a policy makes the real binary print after the words of the call. */
const endings = { none: "", a: "--mode\na\n--tail\na\n", b: "--mode\nb\n--tail\nb\n" };

function fileOf(letter: "a" | "b", keepName: "auto" | "yes" | "no" = "auto"): Loaded {
  const text = JSON.stringify({
    name,
    binary,
    keepName,
    // The real binary has nothing to tell of itself.
    probe: [],
    routes: [
      { name: "never", when: 'operand(0) == "nothing like this"', append: ["--never"] },
      { name: "other", append: ["--mode", letter] },
    ],
    always: { append: ["--tail", letter] },
  });
  return loadSpec(Buffer.from(text), join(folder, "tool.yaml"));
}

async function applyPlan(loaded: Loaded): Promise<Plan> {
  const prepared = await prepareApply(loaded, host);
  if (!("plan" in prepared)) throw new Error("a repair was cut off");
  const { plan } = prepared;
  expect(plan.steps).not.toEqual([]);
  return plan;
}

async function rollbackPlan(): Promise<Plan> {
  const facts = await look(host);
  const found = interceptionsOf(facts, layoutOf).interceptions.find(({ manifest }) => manifest.name === name);
  if (!found) throw new Error(`${name} is not intercepted`);
  const planned = planRollback(found, facts, "localhost", { keepLogs: false });
  if (!planned.ok) throw new Error(JSON.stringify(planned.findings));
  return planned.plan;
}

async function run(plan: Plan, expected = "done"): Promise<void> {
  const { outcome, events, stderr } = await runPlan(host, plan);
  const { step, text } = events.find(({ kind }) => kind.startsWith("failed")) ?? {};
  if (outcome !== expected) throw new Error(`${plan.action} ${outcome} at ${step}: ${text} ${stderr}`);
}

/** Puts the binary there, and takes away what is in place when the test ends, passed or failed. */
function begin(original: keyof typeof originals): void {
  originals[original]();
  onTestFinished(async () => {
    await rollbackPlan().then(run, () => {});
  });
}

interface Loop {
  endings: string[];
  cycle(number: number): Promise<void>;
  /** Whether it may end; asked after each cycle. */
  enough(cycles: number, counts: Counts): boolean;
}

/** Runs cycles under two callers. @returns what the callers counted */
async function underCallers({ endings, cycle, enough }: Loop): Promise<Counts> {
  const callers = startCallers(2, join(folder, "caller"), binary, endings, enter);
  const started = Date.now();
  try {
    for (let cycles = 0; cycles === 0 || !enough(cycles, callers.counts()); cycles += 1) {
      if (Date.now() - started > longest) {
        throw new Error(`only ${cycles} cycles in ${longest} ms: ${JSON.stringify(callers.counts())}`);
      }
      await cycle(cycles);
    }
  } finally {
    await callers.stop();
  }
  return callers.counts();
}

function expectNoneMissed({ failed, failures, seen }: Counts): void {
  expect(failed).toEqual([]);
  expect(failures).toBe(0);
  // Each of the outcomes did happen, or nothing was shown.
  for (const times of seen) expect(times).toBeGreaterThan(50);
}

describe("two callers in tight loops", { timeout: longest + 30_000 }, () => {
  it.each([
    { original: "program", cycles: 200, calls: 20_000 },
    { original: "script", cycles: 30, calls: 3000 },
  ] as const)("miss no call of a $original while interceptions come and go", async (least) => {
    begin(least.original);
    const files = [fileOf("a"), fileOf("a", least.original === "script" ? "yes" : "no")];
    const plans: { apply: Plan; rollback?: Plan }[] = [];
    const counts = await underCallers({
      endings: [endings.none, endings.a],
      async cycle(number) {
        // A plan holds for later cycles too: they find the very same files.
        const turn = number % files.length;
        plans[turn] ??= { apply: await applyPlan(files[turn] as Loaded) };
        await run(plans[turn].apply);
        plans[turn].rollback ??= await rollbackPlan();
        await run(plans[turn].rollback);
      },
      enough: (cycles, { calls }) => cycles >= least.cycles && calls >= least.calls,
    });
    expectNoneMissed(counts);
  });

  it("see one policy or the other, whole, while it is replaced", async () => {
    begin("program");
    const files = [fileOf("a"), fileOf("b"), fileOf("a", "no"), fileOf("b", "no")];
    await run(await applyPlan(files[0] as Loaded));
    const counts = await underCallers({
      endings: [endings.a, endings.b],
      cycle: async (number) => run(await applyPlan(files[(number + 1) % files.length] as Loaded)),
      enough: (cycles, { calls }) => cycles >= 40 && calls >= 2000,
    });
    expectNoneMissed(counts);
  });

  it("miss no call when the last gate fails and all is undone", async () => {
    begin("program");
    const plan = await applyPlan(fileOf("a"));
    const failing = {
      ...plan,
      steps: plan.steps.map((step) => (step.id === "test" ? { ...step, gate: ["false"] } : step)),
    };
    const counts = await underCallers({
      endings: [endings.none, endings.a],
      cycle: () => run(failing, "undone"),
      enough: (cycles, { calls }) => cycles >= 40 && calls >= 2000,
    });
    expectNoneMissed(counts);
  });
});

/** Ways that lose calls show that lost calls are seen. */
describe("the same callers", { timeout: longest + 30_000 }, () => {
  const wrapper = () => join(folder, "wrapper");
  const shell = async (...lines: string[]) => {
    const { status, stderr } = await host.run(`set -eu; cd '${folder}'\n${lines.join("\n")}\n`);
    if (status !== 0) throw new Error(stderr.toString());
  };
  const cycles = (...lines: string[]): Loop => ({
    endings: [endings.none],
    cycle: () => shell(...lines),
    enough: (count, { failures }) => count >= 20 && (failures >= 100 || count >= 200),
  });

  it("miss calls with the steps of the runbook", async () => {
    begin("program");
    const counts = await underCallers(
      cycles(
        "mv tool tool-real",
        `printf '%s\\n' '#!/bin/bash' 'exec ${binary}-real "$@"' >wrapper`,
        "chmod +x wrapper",
        `ln -sf ${wrapper()} tool`,
        "sleep 0.01",
        "rm tool",
        "mv tool-real tool",
      ),
    );
    expect(counts.failures).toBeGreaterThan(10);
    expect(counts.failed.join("\n")).toContain("No such file or directory");
  });

  it("miss calls when the path never lacks a file, but bash has to find its script by that path", async () => {
    begin("program");
    writeFileSync(wrapper(), `#!/bin/bash\nexec ${binary}-real "$@"\n`);
    chmodSync(wrapper(), 0o755);
    const counts = await underCallers(
      cycles(
        "ln tool tool-real",
        `ln -s ${wrapper()} new`,
        "mv -T new tool",
        "sleep 0.01",
        "ln tool-real new",
        "mv -T new tool",
        "rm tool-real",
      ),
    );
    expect(counts.failures).toBeGreaterThan(0);
  });
});

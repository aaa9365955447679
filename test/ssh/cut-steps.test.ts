/**
 * A link that is cut at each step of apply and of rollback: the step is held there, on the host, until that has
 * happened. Then it goes on by itself, or it ends with the link. Calls go on, and the next run finishes or undoes.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Callers, compileCallers, startCallers } from "../support/callers.ts";
import { finish, placeOf } from "../support/cut.ts";
import { canFleet, type Fleet, type FleetHost, openFleet } from "../support/fleet.ts";
import { sharedFolder } from "../support/scratch.ts";

const hosts = 4;
const binary = "/opt/greet/greet";
const steps = {
  apply: ["locate", "keep", "write", "name", "swap", "test"],
  rollback: ["restore", "quiesce", "remove", "logs"],
};
/** Ssh is killed here, its server there, or the cable is pulled. */
const ways = ["client", "server", "cable"] as const;

interface Cut {
  command: "apply" | "rollback";
  step: string;
  /** When it has begun, or when it has done its work and is not yet checked. */
  at: "begun" | "ran";
  way: (typeof ways)[number];
  /** Whether the shell there ends with the link. */
  ends: boolean;
  /** The next run. */
  next: "apply" | "rollback";
}

const all = (["apply", "rollback"] as const).flatMap((command) =>
  steps[command].flatMap((step, number) =>
    ways.map((way, index): Cut => {
      const odd = (number + index) % 2 === 1;
      const next = (number + (index >> 1)) % 2 ? "apply" : "rollback";
      return { command, step, at: odd ? "ran" : "begun", way, ends: index === 0 ? odd : !odd, next };
    }),
  ),
);
/** Each so many-th: `CRASH_EVERY=1` takes all. */
const every = Number(process.env.CRASH_EVERY ?? (process.env.CI ? 1 : 3));

describe.skipIf(!canFleet)("a link that is cut at a step", { timeout: 600_000 }, () => {
  let fleet: Fleet;
  let programs: { real: string; caller: string };
  beforeAll(async () => {
    programs = compileCallers(sharedFolder());
    fleet = await openFleet(hosts, "mkdir -p /opt/greet; chmod 755 /opt/greet; mkfifo /run/go");
    holdingSsh(fleet);
  });
  afterAll(() => fleet?.close());

  test("is cut at every step that there is", async () => {
    const [host] = fleet.hosts;
    if (!host) throw new RangeError("no host");
    copyFileSync(programs.real, host.inside(binary));
    const file = policyFor(fleet, host);
    for (const command of ["apply", "rollback"] as const) {
      const { stdout } = await fleet.interpose([command, file, "--yes", "--json"]);
      const ids = (JSON.parse(stdout).steps as { id: string }[]).map(({ id }) => id);
      expect(ids).toEqual(steps[command]);
    }
  });

  test("loses nothing, and the next run finishes or undoes", async () => {
    const cuts = all.filter((_, index) => index % every === 0);
    const problems = await Promise.all(
      fleet.hosts.map((host, index) =>
        cutAll(
          fleet,
          host,
          programs,
          cuts.filter((_, at) => at % hosts === index),
        ),
      ),
    );
    expect(problems.flat()).toEqual([]);
  });
});

// ---

function policyFor(fleet: Fleet, host: FleetHost): string {
  const file = join(fleet.folder, `${host.name}.yaml`);
  const policy = { name: "polite", host: host.name, binary, probe: ["--version"] };
  writeFileSync(file, JSON.stringify({ ...policy, always: { append: ["--tail", "a"] } }));
  return file;
}

async function cutAll(
  fleet: Fleet,
  host: FleetHost,
  programs: { real: string; caller: string },
  cuts: Cut[],
): Promise<string[]> {
  const problems: string[] = [];
  copyFileSync(programs.real, host.inside(binary));
  copyFileSync(programs.caller, host.inside("/opt/caller"));
  const file = policyFor(fleet, host);
  const original = lstatSync(host.inside(binary)).ino;
  const pristine = placeOf(host);
  const enter = host.enter(["env", "-C", "/opt/greet"]);
  const callers = startCallers(1, "/opt/caller", binary, ["", "--tail\na\n"], enter);
  try {
    for (const cut of cuts) {
      const { command, step, at, way, ends, next } = cut;
      const where = `${command}, ${step} has ${at}, ${way}, ${ends ? "ends" : "goes on"}, then ${next}`;
      const note = (text: string) => problems.push(`${where}: ${text}`);
      await finish(fleet, [command === "apply" ? "rollback" : "apply", file, "--yes"], where, problems);
      await cutAt(fleet, host, file, cut, callers, note);
      const inodes = [binary, `${binary}-real`].map(
        (path) => lstatSync(host.inside(path), { throwIfNoEntry: false })?.ino,
      );
      if (!inodes.includes(original)) note("the real binary is gone");
      await finish(fleet, [next, file, "--yes"], where, problems);
      const intercepted = lstatSync(host.inside(binary)).isSymbolicLink();
      if (intercepted !== (next === "apply")) note("it isn't what the next run should have made");
      if (next === "rollback" && placeOf(host) !== pristine) note(`something is left: ${placeOf(host)}`);
    }
  } finally {
    const { failed } = await callers.stop();
    problems.push(...failed.map((what) => `${host.name}: a call failed: ${what}`));
  }
  return problems;
}

async function cutAt(
  fleet: Fleet,
  host: FleetHost,
  file: string,
  { command, step, at, way, ends }: Cut,
  callers: Callers,
  note: (text: string) => void,
): Promise<void> {
  const held = () => existsSync(host.inside("/run/held"));
  const env = { PATH: `${fleet.folder}/holding:/usr/bin:/bin:/usr/sbin:/sbin`, HOLD_AT: `${step} ${at}` };
  let over = false;
  const running = fleet.interpose([command, file, "--yes"], { env }).finally(() => {
    over = true;
  });
  while (!held() && !over) await sleep(20);
  if (!held()) return note(`it was not held: ${JSON.stringify(await running)}`);
  const before = callers.counts().calls;
  const ssh = Number(readFileSync(join(fleet.folder, "holding", host.name), "utf8"));
  if (way === "cable") await host.cable("down");
  if (way === "server") await host.run("pkill -9 -f 'sshd: root@notty'");
  if (way === "client") process.kill(ssh, "SIGKILL");
  // Calls go on while it is held; they are counted by the hundred.
  while (callers.counts().calls < before + 200) await sleep(20);
  // Of this host's own processes, which are all in its namespace.
  await host.run(ends ? "pkill -9 -x -f 'sh -s' || :" : "echo >/run/go");
  await host.run("rm -f /run/held");
  // Long before ssh would notice by itself that the cable is gone.
  if (way === "cable") process.kill(ssh, "SIGKILL");
  const { status, stderr } = await running;
  if (way === "cable") await host.cable("up");
  if (status !== 3 || !/The connection to \w+ was lost/.test(stderr))
    note(`it ended with ${status}: ${stderr}`);
}

/** An ssh that has a step wait, as the script passes through, until something is written into a pipe there. */
function holdingSsh(fleet: Fleet): void {
  const folder = join(fleet.folder, "holding");
  mkdirSync(folder);
  const relay = `const { spawn } = require("node:child_process");
const words = process.argv.slice(2);
const child = spawn("/usr/bin/ssh", ["-F", "${fleet.folder}/config", ...words], { stdio: ["pipe", "inherit", "inherit"] });
require("node:fs").writeFileSync("${folder}/" + words.find((word) => /^h\\d+$/.test(word)), String(child.pid));
const [step, at] = process.env.HOLD_AT.split(" ");
const hold = 'if [ "$id" = ' + step + ' ]; then : >/run/held; read -r _ </run/go; fi';
const [begun, gate] = ['event begin "$id" \\'\\'\\n', 'problem=$("gate_$id"'];
let text = "", timer;
const send = () => {
  child.stdin.write(at === "begun" ? text.replace(begun, begun + hold + "\\n") : text.replace(gate, hold + "\\n" + gate));
  text = "";
};
// Not in parts, in which a line could be cut.
process.stdin.setEncoding("utf8").on("data", (chunk) => { text += chunk; clearTimeout(timer); timer = setTimeout(send, 50); });
process.stdin.on("end", () => { clearTimeout(timer); send(); child.stdin.end(); });
child.stdin.on("error", () => {});
child.on("exit", (code) => process.exit(code ?? 255));
`;
  writeFileSync(join(folder, "relay.cjs"), relay);
  writeFileSync(join(folder, "ssh"), `#!/bin/sh\nexec "${process.execPath}" "${folder}/relay.cjs" "$@"\n`);
  chmodSync(join(folder, "ssh"), 0o755);
}

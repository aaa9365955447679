/**
 * The case that the runbook was written for: PeerTube's runner under systemd, which calls whisper-ctranslate2. The
 * same jobs are given to it with the transcriber alone, with the wrapper in front, and with wrappers as they are
 * written by hand, of which each fails where it is known to.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listing } from "./support/listing.ts";
import { done } from "./support/place.ts";
import { binary, type Result, type Runner, startRunner, type Try, unit } from "./support/runner.ts";
import { canManage } from "./support/user-manager.ts";

const gpu = ["--device", "cuda", "--compute_type", "float16", "--model", "medium"];
const cpu = ["--device", "cpu", "--compute_type", "int8", "--model", "medium"];
const awkward = ['two words  \'and "more" $(id) * é.mp4', "new\nline.mp4"];

test.runIf(process.env.CI)("a user manager of systemd's can be started", () => {
  expect(canManage).toBe(true);
});

describe.skipIf(!canManage)("a runner as PeerTube's", { timeout: 240_000 }, () => {
  test("doesn't notice the wrapper, but its recordings are routed", async () => {
    const runner = await startRunner();
    const before = placeOf(runner);
    const state = await runner.unitState();
    expect(await problems(runner, "alone", () => [])).toEqual([]);

    await intercept(runner);
    expect(await problems(runner, "routed", appended)).toEqual([]);
    expect(await routes(runner)).toEqual(
      expect.arrayContaining([
        ["--version", "no-recording"],
        ["short.mp4", "gpu"],
        ["long.mp4", "cpu"],
        ["broken.mp4", "cpu"],
        ...awkward.map((name) => [name, "gpu"]),
      ]),
    );
    const callers = (await records(runner)).map(({ caller, uid }) => `${caller.comm} ${uid}`);
    expect(callers.filter((caller) => caller !== "node 65534")).toEqual(
      callers.filter((one) => / 0$/.test(one)),
    );

    done(await runner.admin("rollback", "whisper-smart", "--yes"));
    expect(placeOf(runner)).toBe(before);
    expect(await problems(runner, "again", () => [])).toEqual([]);
    // Nobody has restarted it.
    expect(await runner.unitState()).toBe(state);
  });

  test("goes on while the wrapper comes and goes in the middle of its jobs", async () => {
    const runner = await startRunner({ owned: true });
    const before = placeOf(runner);
    const state = await runner.unitState();
    const file = await writeFileOf(runner, "accept: [other-owner]\n");
    runner.begin("from-before", { media: join(runner.media, "slow.mp4") });
    const [pid, jobs] = [await runner.atWork("from-before"), [] as string[]];
    let going = true;
    const feeding = (async () => {
      for (let count = 0; going || count < 30; count++) {
        const name = `job-${count}`;
        jobs.push(name);
        runner.begin(name, { media: join(runner.media, count % 2 ? "long.mp4" : "short.mp4") });
        await runner.ended(name);
      }
    })();
    const finished = async (most: number) => {
      while (jobs.length < most) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    for (let round = 1; round <= 2; round++) {
      await finished(jobs.length + 2);
      done(await runner.admin("apply", file, "--yes"));
      await finished(jobs.length + 2);
      if (round < 2) done(await runner.admin("rollback", file, "--yes"));
    }
    // It runs since before the first of them.
    runner.stop("from-before");
    expect(stoppedCleanly(runner, "from-before", await runner.ended("from-before"), pid)).toEqual([]);
    runner.begin("until-after", { media: join(runner.media, "slow long.mp4") });
    const routed = await runner.atWork("until-after");
    done(await runner.admin("rollback", file, "--yes"));
    going = false;
    await feeding;
    runner.stop("until-after");
    expect(stoppedCleanly(runner, "until-after", await runner.ended("until-after"), routed)).toEqual([]);
    expect(argvOf(runner, "until-after", "begun")?.slice(-6)).toEqual(cpu);

    const wrong: unknown[] = [];
    let changed = 0;
    for (const [count, name] of jobs.entries()) {
      const result = await runner.ended(name);
      const media = count % 2 ? "long" : "short";
      const words = argvOf(runner, name, `${media}.json`) ?? [];
      const own = called(runner, name, `${media}.mp4`);
      const routedTo = count % 2 ? cpu : gpu;
      if (words.length > own.length) changed++;
      const expected = words.length > own.length ? [...own, ...routedTo] : own;
      if (!fine(result) || JSON.stringify(words) !== JSON.stringify(expected))
        wrong.push({ name, result, words });
    }
    expect(wrong).toEqual([]);
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThan(jobs.length);
    expect(runner.children()).toEqual([]);
    expect(await runner.unitState()).toBe(state);
    expect(placeOf(runner)).toBe(before);
  });
});

describe.skipIf(!canManage)("docs/peertube.md", { timeout: 240_000 }, () => {
  const text = readFileSync("docs/peertube.md", "utf8");
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, block = ""]) => ({
    language,
    lines: block.trimEnd().split("\n"),
  }));

  test("does what it says, while the runner transcribes", async () => {
    const runner = await startRunner();
    const before = placeOf(runner);
    runner.begin("meanwhile", { media: join(runner.media, "slow.mp4") });
    const pid = await runner.atWork("meanwhile");
    const env = { PATH: `/usr/local/bin:${process.env.PATH}` };
    const job = JSON.stringify({ media: join(runner.media, "short.mp4") });
    const jobs = join(runner.folder, "home/runner/jobs");
    const begins = `#!/bin/sh\necho '${job}' >.job; chown nobody: .job; mv .job ${jobs}/triggered.json\n`;
    writeFileSync(runner.inside(join(runner.media, "transcribe-something")), begins, { mode: 0o755 });
    let said = "";
    let ran = 0;
    // The first block is what the runner does.
    expect(blocks[0]?.lines.join("")).toBe(
      `whisper-ctranslate2 ${called(runner, "", "FILE").join(" ")}`
        .replace(join(runner.media, "FILE"), "FILE")
        .replace(/--output_dir .*/, "--output_dir DIR"),
    );
    const shown = (output: string) =>
      output
        .replaceAll(`${runner.media}/`, "/srv/runner/")
        .replaceAll(`${runner.folder}/home/runner/`, "/srv/runner/");
    for (const { language, lines } of blocks.slice(1)) {
      if (language === "yaml")
        expect(readFileSync("recipes/whisper-smart.yaml", "utf8")).toContain(lines.join("\n"));
      if (language === "text") {
        for (const line of lines) expect(withoutNumbers(shown(said))).toContain(withoutNumbers(line));
      }
      if (language !== "sh") continue;
      said = "";
      for (const command of lines) {
        if (command.includes(" doctor ")) {
          runner.stop("meanwhile");
          expect(stoppedCleanly(runner, "meanwhile", await runner.ended("meanwhile"), pid)).toEqual([]);
        }
        const { status, stdout, stderr } = await runner.run(["sh", "-c", `cd media; ${command}`], { env });
        expect({ status, stderr }, `${command}: ${stdout}`).toEqual({ status: 0, stderr: "" });
        said += stdout;
        ran++;
        if (!command.includes(" verify ") || command.includes("--services")) continue;
        for (const name of ["short", "long", "broken"]) {
          runner.begin(name, { media: join(runner.media, `${name}.mp4`) });
          expect(fine(await runner.ended(name))).toBe(true);
        }
      }
    }
    expect(ran).toBeGreaterThan(10);
    expect(placeOf(runner)).toBe(before);
  });
});

/** PIDs, users and times differ, and how long a recording is to the millisecond. */
const withoutNumbers = (text: string): string =>
  text.replaceAll(
    /(?<=process |uid )\d+|(?<=length = )[\d.]+|^\d{4}-\d\d-\d\d [\d:.]+|\([\d.]+ m?s\)/gm,
    "N",
  );

/** As they are written from the runbook's template, each with a mistake. The routes are what is meant. */
const byHand: [string, string, string[]][] = [
  [
    "without exec",
    '/usr/local/bin/whisper-ctranslate2-real "$@" $extra',
    [
      "slow: it was not told to stop",
      "slow: something is left running",
      "stubborn: something is left running",
    ],
  ],
  [
    "with $@ unquoted",
    "exec /usr/local/bin/whisper-ctranslate2-real $@ $extra",
    ["awkward 0: exit status 2", "awkward 1: exit status 2"],
  ],
  [
    "with a word on standard error",
    'echo "args: $*" >&2; exec /usr/local/bin/whisper-ctranslate2-real "$@" $extra',
    ["version: standard error", "short: standard error"],
  ],
];

describe.skipIf(!canManage)("a wrapper by hand", { timeout: 240_000 }, () => {
  test.each(byHand)("%s is noticed", async (_, line, expected) => {
    const runner = await startRunner();
    const wrapper = `#!/bin/bash
file=''; for word in "$@"; do case $word in -*) ;; *) file=$word; break ;; esac; done
extra=''
if [ -f "$file" ]; then
	length=$(ffprobe -v quiet -show_entries format=duration -of csv=p=0 "$file" </dev/null | cut -d. -f1)
	extra='${cpu.join(" ")}'
	if [ -n "$length" ] && [ "$length" -lt 3600 ]; then extra='${gpu.join(" ")}'; fi
fi
${line}
`;
    writeFileSync(runner.inside("/usr/local/bin/whisper-smart"), wrapper, { mode: 0o755 });
    await runner.shell(`mv ${binary} ${binary}-real; ln -sf /usr/local/bin/whisper-smart ${binary}`);
    const found = await problems(runner, "by-hand", appended);
    for (const problem of expected) expect(found.join("\n")).toContain(problem);
    for (const pid of runner.children()) process.kill(pid, "SIGKILL");
  });

  test("without a mistake passes for as long as it is not put in place or taken away", async () => {
    // What the others are measured by: it is their mistakes that are found, not the wrapper.
    const runner = await startRunner();
    await runner.shell(
      `mv ${binary} ${binary}-real; printf '#!/bin/bash\\nexec ${binary}-real "$@"\\n' >/usr/local/bin/whisper-smart; chmod 755 /usr/local/bin/whisper-smart; ln -sf /usr/local/bin/whisper-smart ${binary}`,
    );
    // Its program calls itself by another name: what the runner asks for first.
    expect(await problems(runner, "by-hand", () => [])).toEqual(["version: whisper-ctranslate2-real 0.5.2"]);
  });
});

// ---

/** The arguments that are to be appended for a recording. */
type Appended = (media: string) => string[];
const appended: Appended = (media) => (/long|broken/.test(media) ? cpu : gpu);

/** What the runner calls it with. */
const called = (runner: Runner, job: string, media: string): string[] => [
  ...[join(runner.media, media), "--model", "small", "--word_timestamps", "True", "--vad_filter", "true"],
  ...["--vad_min_silence_duration_ms", "5000", "--output_format", "all"],
  ...["--output_dir", join(runner.folder, "home/runner/transcripts", job)],
];

function argvOf(runner: Runner, job: string, file: string): string[] | undefined {
  const wrote = runner.wrote(job, file);
  return wrote === undefined ? undefined : (JSON.parse(wrote).argv as string[]);
}

const fine = ({ version, tries, suspicious }: Result): boolean =>
  suspicious.length === 0 &&
  version.stdout === "whisper-ctranslate2 0.5.2\n" &&
  tries.length === 1 &&
  tries[0]?.status === 0;

/** Gives it all kinds of jobs. @returns what is not as with the transcriber alone, but for what is to be appended */
async function problems(runner: Runner, prefix: string, append: Appended): Promise<string[]> {
  const found: string[] = [];
  const note = (name: string, ...texts: string[]) => found.push(...texts.map((text) => `${name}: ${text}`));
  const common = (name: string, { version, suspicious }: Result) => {
    if (version.stdout !== "whisper-ctranslate2 0.5.2\n") note("version", version.stdout.trim());
    if (version.stderr !== "") note("version", `standard error: ${version.stderr.trim()}`);
    if (suspicious.length > 0) note(name, `standard error: ${suspicious.join("").trim()}`);
  };
  const transcribes = async (name: string, media: string, engine?: string) => {
    const job = `${prefix}-${name.replace(" ", "-")}`;
    runner.begin(job, { media: join(runner.media, media), ...(engine === undefined ? {} : { engine }) });
    const result = await runner.ended(job);
    common(name, result);
    const last = result.tries.at(-1) as Try;
    if (last.status !== 0) return note(name, `exit status ${last.status} ${last.signal ?? ""}`.trim());
    const base = media.replace(/\.mp4$/, "");
    const ran = JSON.parse(runner.wrote(job, `${base}.json`) ?? "{}");
    const expected = [...called(runner, job, media), ...append(media)];
    if (JSON.stringify(ran.argv) !== JSON.stringify(expected)) note(name, `called with ${ran.argv}`);
    if (ran.pid !== last.pid) note(name, `the transcriber is ${ran.pid}, and the runner knows ${last.pid}`);
    if (last.stdout !== `Transcribed ${join(runner.media, media)}\n`) note(name, `printed ${last.stdout}`);
    if (runner.wrote(job, `${base}.vtt`) === undefined) note(name, "no transcript");
    const tries = media === "failing.mp4" ? 2 : 1;
    if (result.tries.length !== tries) note(name, `tried ${result.tries.length} times`);
  };
  await Promise.all([
    ...["short", "long", "broken", "failing"].map((name) => transcribes(name, `${name}.mp4`)),
    transcribes("by path", "short.mp4", binary),
    ...awkward.map((media, index) => transcribes(`awkward ${index}`, media)),
  ]);

  for (const name of ["slow", "stubborn"]) {
    const job = `${prefix}-${name}`;
    runner.begin(job, { media: join(runner.media, `${name}.mp4`), grace: name === "slow" ? 60_000 : 500 });
    const pid = await runner.atWork(job);
    runner.stop(job);
    const result = await runner.ended(job);
    common(name, result);
    if (name === "slow") note(name, ...stoppedCleanly(runner, job, result, pid));
    else if (result.tries[0]?.signal !== "SIGKILL") note(name, `ended with ${JSON.stringify(result.tries)}`);
    // What was killed may take a moment to go.
    for (let tries = 0; tries < 50 && runner.children().length > 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    if (runner.children().length > 0) note(name, "something is left running");
  }
  return found.filter((text, at) => !(text.startsWith("version:") && found.indexOf(text) < at));
}

/** Whether the transcriber itself heard SIGTERM, ended as it wanted to, and left nothing. */
function stoppedCleanly(runner: Runner, job: string, { tries }: Result, pid: number): string[] {
  const [only] = tries;
  const begun = JSON.parse(runner.wrote(job, "begun") ?? "{}").pid;
  return [
    ...(begun === pid ? [] : [`the transcriber is ${begun}, and the runner knows ${pid}`]),
    ...(runner.wrote(job, "stopped") === String(pid) ? [] : ["it was not told to stop"]),
    ...(only?.status === 0 && !only.held ? [] : [`it ended with ${JSON.stringify(only)}`]),
  ];
}

async function writeFileOf(runner: Runner, more = ""): Promise<string> {
  const file = join(runner.folder, "whisper-smart.yaml");
  const words = ["--binary", "whisper-ctranslate2", "--recipe", "whisper-smart", "--yes", "-o", file];
  done(await runner.interpose(["init", ...words], { env: { PATH: "/usr/local/bin:/usr/bin:/bin" } }));
  writeFileSync(file, `${readFileSync(file, "utf8")}services: [${unit}]\n${more}`);
  return file;
}

async function intercept(runner: Runner): Promise<string> {
  const file = await writeFileOf(runner);
  done(await runner.admin("apply", file, "--yes"));
  done(await runner.admin("verify", file));
  return file;
}

interface Logged {
  argv: string[];
  route: string;
  uid: number;
  caller: { comm: string };
}

async function records(runner: Runner): Promise<Logged[]> {
  const { stdout } = done(await runner.admin("logs", "whisper-smart", "--json"));
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Logged);
}

/** First words, without the folder, and routes. */
const routes = async (runner: Runner): Promise<string[][]> =>
  (await records(runner)).map(({ argv, route }) => [argv[0]?.replace(`${runner.media}/`, "") ?? "", route]);

/** What is where programs and state are, and which users have logs. */
const placeOf = (runner: Runner): string =>
  ["/usr/local/bin", "/var/lib/interpose", "/etc/cron.d"]
    .filter((folder) => existsSync(runner.inside(folder)))
    .map((folder) => listing(runner.inside(folder), { times: "content" }))
    .concat(readdirSync(runner.inside("/tmp")).filter((name) => /^interpose-\d+$/.test(name)))
    .join("\n");

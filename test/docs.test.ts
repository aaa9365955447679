/**
 * The commands of the README and of the pages beside it are run, as root in a mount namespace of their own: /usr/local/bin holds the stand-in
 * transcriber and the installed tool there, and the state and log folders are empty ones.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** In the order in which their commands are run. The other pages have tests of their own. */
const pages = ["README.md", "docs/commands.md", "docs/by-hand.md", "docs/file.md", "docs/limits.md"];
const read = pages.map((page) => readFileSync(page, "utf8")).join("\n");
const blocks = (language: string) =>
  [...read.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, found, text = ""]) =>
    found === language ? [text] : [],
  );

/** Run elsewhere: the tests and the demo by CI and the demo's own test, installing by the package's test. */
const runElsewhere = /^((sudo )?npm |$)/;
const commands = blocks("sh")
  .flatMap((block) => block.split("\n"))
  .map((line) => line.replace(/ +# .*$/, "").trim())
  .filter((line) => !runElsewhere.test(line));
const byHand = blocks("text")[0] ?? "";
const file = blocks("yaml")[0] ?? "";

const isRoot = process.getuid?.() === 0;
let scratch = "";

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "interpose-docs-"));
  const bin = join(scratch, "bin");
  mkdirSync(bin);
  cpSync("src/cli/demo-transcriber.sh", join(bin, "whisper-ctranslate2"));
  writeFileSync(
    join(bin, "interpose"),
    `#!/bin/sh\nexec ${process.execPath} ${join(process.cwd(), "dist/interpose.js")} "$@"\n`,
  );
  writeFileSync(join(bin, "sudo"), '#!/bin/sh\nexec "$@"\n');
  for (const name of ["whisper-ctranslate2", "interpose", "sudo"]) chmodSync(join(bin, name), 0o755);
  writeFileSync(join(bin, "transcode-real"), '#!/bin/sh\nprintf "%s\\n" transcoded "$@"\n', { mode: 0o755 });
  writeFileSync(
    join(bin, "transcode-smart"),
    '#!/bin/bash\nexec /usr/local/bin/transcode-real "$@" --smart\n',
    { mode: 0o755 },
  );
  symlinkSync("/usr/local/bin/transcode-smart", join(bin, "transcode"));
  writeFileSync(join(scratch, "whisper.yaml"), file);
  const sound = [
    "-v",
    "error",
    "-f",
    "lavfi",
    "-i",
    "sine=frequency=440:duration=5:sample_rate=8000",
    join(scratch, "talk.mp3"),
  ];
  expect(spawnSync("ffmpeg", sound).status).toBe(0);
});

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs lines of shell where /usr/local/bin, /var/lib/interpose and the log folder are this test's own. */
function inNamespace(lines: string): { status: number | null; output: string } {
  const script = [
    "set -e",
    `mount --bind ${join(scratch, "bin")} /usr/local/bin`,
    `mkdir -p ${join(scratch, "lib")}`,
    `mount --bind ${join(scratch, "lib")} /var/lib`,
    "mount -t tmpfs tmpfs /run",
    `mkdir -p ${join(scratch, "cron.d")}`,
    `mount --bind ${join(scratch, "cron.d")} /etc/cron.d`,
    `cd ${scratch}`,
    lines,
  ].join("\n");
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["-m", "--propagation", "private", "bash", "-c", script],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `/usr/local/bin:${dirname(process.execPath)}:/usr/bin:/bin`,
        NO_COLOR: "1",
      },
    },
  );
  return { status, output: stdout + stderr };
}

describe("the README and its pages", () => {
  test("shows commands, a file, and how to go without the tool", () => {
    expect(commands.length).toBeGreaterThan(8);
    expect(file).toContain("binary: /usr/local/bin/whisper-ctranslate2");
    expect(byHand).toContain("mv -T");
  });

  test.runIf(isRoot)("has commands that work in the order in which they stand", () => {
    const { status, output } = inNamespace(
      commands.map((command) => `echo '$ ${command}'\n${command}`).join("\n"),
    );
    expect(output).toContain("device cuda");
    expect(output).toContain("model medium");
    expect(output).toContain("is the real binary again");
    expect(output).toContain("/usr/local/bin/transcode: intercepted by hand");
    expect(output).toContain("transcoded\ntalk.mp4\n--smart");
    expect(output).toContain("is what was made by hand again");
    expect({ status, output: status === 0 ? "" : output }).toEqual({ status: 0, output: "" });
    expect(existsSync(join(scratch, "new.yaml"))).toBe(true);
  });

  test.runIf(isRoot)("tells how to take it away by hand, so that nothing is left", () => {
    const { status, output } = inNamespace(
      [
        "before=$(stat -c '%i %a %h' /usr/local/bin/whisper-ctranslate2)",
        "interpose apply whisper.yaml --yes >/dev/null",
        byHand,
        '[ "$(stat -c \'%i %a %h\' /usr/local/bin/whisper-ctranslate2)" = "$before" ]',
        "ls -A /usr/local/bin /var/lib",
        "interpose status",
      ].join("\n"),
    );
    expect({ status, output: status === 0 ? "" : output }).toEqual({ status: 0, output: "" });
    expect(output).toContain("Nothing is intercepted here.");
    expect(output).not.toContain("whisper-smart");
  });

  test("names every key of the file and every command", async () => {
    const { specSchema } = await import("../src/spec/schema.ts");
    for (const key of Object.keys(specSchema.shape)) {
      if (key !== "$schema") expect(read).toContain(`\`${key}`);
    }
    const { stdout } = spawnSync(process.execPath, ["dist/interpose.js", "--help"], { encoding: "utf8" });
    const names = [...stdout.matchAll(/^ {2}(\w+) \[options\]/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(read).toMatch(new RegExp(`interpose ${name}\\b|run ${name}\\b`));
  });

  test.skipIf(isRoot)("needs root for the rest", () => {
    expect(process.env.CI, "CI has to run this as root").toBeUndefined();
  });
});

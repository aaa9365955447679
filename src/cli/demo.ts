/** The main job on real audio, in a scratch folder and without root, shown as it happens. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExitCode, exitCodes, failure } from "../finding/finding.ts";
import { localhost } from "../host/local.ts";
import { readLogs } from "../log/read.ts";
import { showEntry } from "../log/show.ts";
import { quote } from "../wrapper/quote.ts";
import { apply } from "./apply.ts";
import standIn from "./demo-transcriber.sh?raw";
import { explain } from "./explain.ts";
import { writeSpecFile } from "./new-file.ts";
import type { CommandContext } from "./program.ts";
import { findRecipe } from "./recipes.ts";
import { rollback } from "./rollback.ts";
import { verifyCommand } from "./verify.ts";

export async function demo(context: CommandContext, { keep = false }: { keep?: boolean }): Promise<ExitCode> {
  const { output, hosts } = context;
  // The commands within print no documents of their own.
  const inner: CommandContext = { hosts, output: { ...output, document: () => {} } };
  for (const tool of ["ffmpeg", "ffprobe"]) {
    if (spawnSync(tool, ["-version"]).error) {
      throw failure({
        code: "missing-tool",
        args: { tool, how: "apt-get install ffmpeg, or your system's own way" },
      });
    }
  }
  const folder = mkdtempSync(join(tmpdir(), "interpose-demo-"));
  const name = `demo-${process.pid}`;
  const says = (text: string) => output.line(`\n${output.paint.bold(text)}`);
  const shows = (command: string) => output.line(output.paint.dim(`$ ${command}`));
  let intercepted = false;
  try {
    says("Two sound files, made with ffmpeg: one of 20 seconds, one of 2 hours.");
    const talk = makeSound(folder, "talk.mp3", 20);
    const lecture = makeSound(folder, "lecture.mp3", 7200);
    output.line(`${talk}\n${lecture}`);

    says(
      "A stand-in for whisper-ctranslate2: it takes its options and says what it was given, and transcribes nothing.",
    );
    const bin = join(folder, "bin");
    mkdirSync(bin, { mode: 0o755 });
    const binary = join(bin, "whisper-ctranslate2");
    writeFileSync(binary, standIn);
    chmodSync(binary, 0o755);
    const call = (file: string) => peerTubeCall(folder, binary, file);
    shows(call(talk).shown);
    output.line(call(talk).run());

    says("The file of the interception, from the recipe whisper-smart.");
    const file = join(folder, `${name}.yaml`);
    const wrapper = join(bin, name);
    const recipe = findRecipe("whisper-smart").text;
    writeFileSync(
      file,
      writeSpecFile({ host: "localhost", name, binary, wrapper, realSuffix: "-real", recipe }),
    );
    shows(`interpose init --binary ${binary} --recipe whisper-smart --yes -o ${file}`);

    says("Put in place. Each step is checked, and undone if it fails.");
    shows(`interpose apply ${file} --yes`);
    intercepted = true;
    await apply(inner, file, { yes: true });

    says(
      "The same calls again. The caller changed nothing: the short one goes to the GPU, the long one to the CPU.",
    );
    for (const sound of [talk, lecture]) {
      shows(call(sound).shown);
      output.line(call(sound).run());
    }

    says("What would become of a call, and why.");
    shows(`interpose explain ${file} -- ${quote(lecture)} --model small`);
    await explain(inner, file, [lecture, "--model", "small"], {});

    says("Proof.");
    shows(`interpose verify ${file}`);
    const proven = await verifyCommand(inner, file, {});

    says("The log: who called, on which route, with what.");
    shows(`interpose logs ${name} -n 3`);
    const run = async (script: string, onLine: (line: Buffer) => void) =>
      (await localhost.run(script, { onLine })).status;
    const colour = output.paint.isColorSupported;
    await readLogs(run, name, { last: 20 }, (entry) => {
      if (entry.record.argv.length > 1) output.line(showEntry(entry, { colour }));
    });

    says("Taken away again.");
    shows(`interpose rollback ${name} --yes`);
    await rollback(inner, name, { yes: true });
    intercepted = false;
    shows(`ls -A ${bin}`);
    output.line(readdirSync(bin).join("\n"));
    shows(call(lecture).shown);
    output.line(call(lecture).run());
    output.document({ passed: proven === exitCodes.done });
    return proven;
  } finally {
    if (intercepted) await rollback(inner, name, { yes: true }).catch(() => {});
    if (keep) output.line(`\nLeft in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

// ---

/** A tone of so many seconds; low in quality, so that two hours take moments. */
function makeSound(folder: string, name: string, seconds: number): string {
  const path = join(folder, name);
  const source = `sine=frequency=440:duration=${seconds}:sample_rate=8000`;
  const made = spawnSync("ffmpeg", [
    "-v",
    "error",
    "-f",
    "lavfi",
    "-i",
    source,
    "-ac",
    "1",
    "-b:a",
    "8k",
    path,
  ]);
  if (made.status !== 0) {
    throw failure({
      code: "missing-tool",
      args: { tool: "A working ffmpeg", how: made.stderr.toString().trim() },
    });
  }
  return path;
}

/** As PeerTube's runner calls it: without a shell, with its own model, and with a folder for the result. */
function peerTubeCall(folder: string, binary: string, file: string): { shown: string; run: () => string } {
  const args = [
    ...[file, "--model", "small", "--word_timestamps", "True", "--vad_filter", "true"],
    ...["--vad_min_silence_duration_ms", "5000", "--output_format", "all", "--output_dir", folder],
  ];
  return {
    shown: [binary, ...args].map(quote).join(" "),
    run: () => {
      const { stdout, stderr, status } = spawnSync(binary, args, { encoding: "utf8" });
      return `${stdout}${stderr}exit status ${status}`;
    },
  };
}

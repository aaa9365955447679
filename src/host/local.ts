import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Bytes, takeLine } from "./bytes.ts";
import type { Host, RunOptions, RunResult } from "./host.ts";

/** This machine. The script goes to the shell's standard input, as it would over a connection. */
export const localhost: Host = {
  name: "localhost",
  run: (script, options) => runShell("/bin/sh", ["-s"], script, options),
};

/** @throws the error of spawn when the program can't be started */
export function runShell(
  program: string,
  args: string[],
  script: string,
  { onLine, signal }: RunOptions = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const pending = new Bytes();
    child.stdout.on("data", (chunk: Buffer) => {
      if (!onLine) {
        stdout.push(chunk);
        return;
      }
      pending.add(chunk);
      for (let line = takeLine(pending); line; line = takeLine(pending)) onLine(line);
    });
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signalName) => {
      if (onLine && pending.length > 0) onLine(pending.take(pending.length));
      const status = code ?? 128 + (signalName ? constants.signals[signalName] : 0);
      resolve({ status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) });
    });
    // A shell that ends early leaves the rest of its script unread.
    child.stdin.on("error", () => {});
    child.stdin.write(script);
    if (!signal || signal.aborted) child.stdin.end();
    else signal.addEventListener("abort", () => child.stdin.end(), { once: true });
  });
}

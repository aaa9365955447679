/** What ssh and sudo say when they don't get there, told as findings. Their words: ssh.c, sshconnect.c; sudo(8). */
import type { Finding } from "../finding/finding.ts";
import { noSudo, type Sudo } from "./sudo.ts";

/** @param status exit status of ssh; 255 when it is ssh that failed */
export function whyNoConnection(
  host: string,
  /** What a person types. */
  ssh: string,
  sudo: Sudo,
  status: number | null,
  stderr: string,
): Finding {
  const said = lastLine(stderr);
  if (status === null)
    return { code: "ssh-failed", args: { host, ssh, said: said || "nothing, as a signal ended it" } };
  if (status === noSudo) return { code: "sudo-missing", args: { host } };
  if (status !== 255 && sudo === "always") return { code: "sudo-refused", args: { host, said } };
  if (status !== 255) return { code: "no-answer", args: { host, said: said || `exit status ${status}` } };
  for (const [code, pattern] of complaints) {
    const line = stderr.split("\n").find((one) => pattern.test(one));
    if (line === undefined) continue;
    // Where the old key is, and how it is taken away.
    const offending = stderr
      .split("\n")
      .find((one) => /Offending .* key in/.test(one))
      ?.trim();
    return {
      code,
      args: { host, ssh, said: code === "ssh-key-changed" && offending ? offending : line.trim() },
    };
  }
  return { code: "ssh-failed", args: { host, ssh, said: said || "nothing" } };
}

export const connectionLost = (host: string, stderr: string): Finding => ({
  code: "connection-lost",
  args: { host, said: lastLine(stderr) || "nothing" },
});

// ---

const complaints = [
  ["ssh-key-changed", /REMOTE HOST IDENTIFICATION HAS CHANGED/],
  ["ssh-key-unknown", /Host key verification failed|No \S+ host key is known/],
  ["ssh-refused", /Permission denied|Too many authentication failures/],
  ["ssh-unknown-name", /Could not resolve hostname/],
  [
    "ssh-no-way",
    /Connection (refused|timed out|reset)|Operation timed out|No route to host|Network is unreachable/,
  ],
] as const;

const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() ?? "";

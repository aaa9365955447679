/** A host that the system's `ssh` reaches: one connection, and one shell at its end for all scripts. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { unreachable } from "../finding/finding.ts";
import { sshWords } from "./address.ts";
import type { Host } from "./host.ts";
import { type Session, SessionEnded, startSession } from "./session.ts";
import { connectionLost, whyNoConnection } from "./ssh-complaint.ts";
import { type Sudo, startCommand } from "./sudo.ts";

export interface SshOptions {
  sudo: Sudo;
  /** Where ssh goes, when that isn't the name. */
  address?: string;
  /** Asks for the password that sudo wants there; nothing when nobody can be asked. */
  askPassword?: ((host: string) => Promise<string | undefined>) | undefined;
}

/** @throws InterposeError (exit 2) when the host is written in none of ssh's forms */
export function sshHost(name: string, options: SshOptions): Host {
  const words = sshWords(options.address ?? name);
  let opened: Promise<Session> | undefined;
  return {
    name,
    async run(script, runOptions) {
      opened ??= connect(name, words, options);
      const session = await opened;
      try {
        return await session.run(script, runOptions);
      } catch (error) {
        if (!(error instanceof SessionEnded)) throw error;
        const { status, stderr, began } = error.ended;
        // The shell's own end, of a script that it can't read.
        if (began && status !== null && status !== 255)
          return { status, stdout: Buffer.alloc(0), stderr: Buffer.from(stderr) };
        throw unreachable(
          began ? connectionLost(name, stderr) : whyNoConnection(name, options.sudo, status, stderr),
        );
      }
    },
    async close() {
      const session = await opened?.catch(() => undefined);
      opened = undefined;
      await session?.close();
    },
  };
}

// ---

/** Over what the user has set for people at a terminal. */
const settings = {
  RemoteCommand: "none",
  RequestTTY: "no",
  ClearAllForwardings: "yes",
  PermitLocalCommand: "no",
  // A link that is gone is noticed.
  ServerAliveInterval: "10",
};

async function connect(host: string, words: string[], { sudo, askPassword }: SshOptions): Promise<Session> {
  const token = `interpose-${randomBytes(12).toString("hex")}`;
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  // Without a terminal there is nobody whom ssh could ask about keys and passwords.
  const batch = process.stdin.isTTY === true ? [] : ["-o", "BatchMode=yes"];
  const child = spawn("ssh", ["-T", ...options, ...batch, ...words, startCommand(sudo, token)]);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", () => reject(unreachable({ code: "ssh-missing", args: { host } })));
  });
  const starting = startSession(child, token);
  if (sudo === "always" && (await starting.word()) === "password") {
    const password = await askPassword?.(host);
    if (password === undefined) {
      child.kill();
      throw unreachable({ code: "sudo-password", args: { host } });
    }
    // The second line is for whoever reads on when sudo needs the first no more; see startCommand.
    starting.write(`${password}\n:\n`);
  }
  return starting.session();
}

/** A host that the system's `ssh` reaches: one connection, and one shell at its end for all scripts. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type Finding, unreachable } from "../finding/finding.ts";
import { quoteAll } from "../wrapper/quote.ts";
import { sshWords } from "./address.ts";
import type { Host } from "./host.ts";
import { type Session, SessionEnded, type Starting, startSession } from "./session.ts";
import { connectionLost, whyNoConnection } from "./ssh-complaint.ts";
import { type Sudo, startCommand, sudoAsks } from "./sudo.ts";

export interface SshOptions {
  sudo: Sudo;
  /** Finds out where ssh goes, when that isn't the name. */
  address?: () => Promise<string>;
  /** Asks for the password that sudo wants there; nothing when there is nobody to ask. */
  askPassword?: ((host: string) => Promise<string | undefined>) | undefined;
  /** Whether ssh may ask for what it needs. */
  interactive: boolean;
}

/** @throws InterposeError (exit 2) when the host is written in none of ssh's forms */
export function sshHost(name: string, options: SshOptions): Host {
  if (!options.address) sshWords(name);
  let opened: Promise<Session> | undefined;
  let words: string[] = [];
  let password: string | undefined;
  /** Once for each host, also when it is connected to again. */
  const askPassword = async () => {
    password ??= await options.askPassword?.(name);
    return password;
  };
  const connect = async () => {
    words = sshWords((await options.address?.()) ?? name);
    return open(name, words, options, askPassword);
  };
  return {
    name,
    async run(script, runOptions) {
      opened ??= connect();
      try {
        return await (await opened).run(script, runOptions);
      } catch (error) {
        // Whoever asks again tries again.
        opened = undefined;
        if (!(error instanceof SessionEnded)) throw error;
        const { status, stdout, stderr, began } = error.ended;
        // The user ends what goes on for good, and that ends ssh too.
        if (runOptions?.signal?.aborted)
          return { status: 0, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) };
        // The shell's own end, of a script that it can't read.
        if (began && status !== null && status !== 255)
          return { status, stdout: Buffer.alloc(0), stderr: Buffer.from(stderr) };
        throw unreachable(
          began
            ? connectionLost(name, stderr)
            : whyNoConnection(name, `ssh ${quoteAll(words)}`, options.sudo, status, stderr),
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
  // A port that says nothing, and a link that is gone, are noticed.
  ConnectTimeout: "15",
  ServerAliveInterval: "10",
};

/** Milliseconds until the shell has to answer: longer where a person may have to type first. */
const patience = { alone: 40_000, asked: 180_000 };

async function open(
  host: string,
  words: string[],
  { sudo, interactive }: SshOptions,
  askPassword: () => Promise<string | undefined>,
): Promise<Session> {
  const token = `interpose-${randomBytes(12).toString("hex")}`;
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const batch = interactive ? [] : ["-o", "BatchMode=yes"];
  const child = spawn("ssh", ["-T", ...options, ...batch, ...words, startCommand(sudo, token)]);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", () => reject(unreachable({ code: "ssh-missing", args: { host } })));
  });
  const starting = startSession(child, token);
  try {
    if (sudo === "always") await becomeRoot(host, starting, token, askPassword);
  } catch (error) {
    child.kill();
    throw error;
  }
  const session = starting.session();
  const begun = within(interactive ? patience.asked : patience.alone, starting.begun(), () =>
    silent(host, starting),
  );
  begun.catch(() => child.kill());
  return {
    async run(script, runOptions) {
      // Sent at once: to wait for the shell first would be a way there and back.
      const result = session.run(script, runOptions);
      result.catch(() => {});
      await begun;
      return result;
    },
    close: () => session.close(),
  };
}

const silent = (host: string, starting: Starting): Finding => ({
  code: "shell-silent",
  args: { host, said: starting.printed().slice(-300).trim() || "nothing" },
});

/** Waits for root's shell, and lets sudo have the password when it asks for it; once. */
async function becomeRoot(
  host: string,
  starting: Starting,
  token: string,
  askPassword: () => Promise<string | undefined>,
): Promise<void> {
  const late = () => silent(host, starting);
  const next = (times: number) =>
    Promise.race([
      starting.word().then(() => "ready" as const),
      starting.complained(sudoAsks(token), times).then(() => "asks" as const),
    ]);
  if ((await within(patience.asked, next(1), late)) === "ready") return;
  const password = await askPassword();
  if (password === undefined) throw unreachable({ code: "sudo-password", args: { host } });
  starting.write(`${password}\n`);
  if ((await within(patience.alone, next(2), late)) === "ready") return;
  throw unreachable({ code: "sudo-refused", args: { host, said: "the password is wrong" } });
}

async function within<Value>(most: number, work: Promise<Value>, late: () => Finding): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreachable(late())), most);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

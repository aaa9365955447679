/**
 * A POSIX shell that stays there for one script after the other, at the other end of a child process. Each script is
 * sent as one compound command: the shell reads it whole before it does anything of it, so that one that arrives
 * cut short does nothing.
 */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { Bytes, takeLine } from "./bytes.ts";
import type { RunOptions, RunResult } from "./host.ts";

/** The other end ended before it had carried out a script. */
export interface Ended {
  /** Exit status of the child process; nothing when a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
  /** Whether the shell had come as far as to read a script. */
  began: boolean;
}

export class SessionEnded extends Error {
  readonly ended: Ended;

  constructor(ended: Ended) {
    super(`the shell ended with ${ended.status}: ${ended.stderr}`);
    this.name = "SessionEnded";
    this.ended = ended;
  }
}

export interface Session {
  /**
   * Scripts that are sent before the one before has ended are carried out in their order, and cost no way there and
   * back of their own.
   * @throws SessionEnded
   */
  run(script: string, options?: RunOptions): Promise<RunResult>;
  close(): Promise<void>;
}

/** A child process that is about to become a shell. */
export interface Starting {
  /** Waits for the token with a word after it, on a line of its own; ends as well when the process ends. */
  word(): Promise<void>;
  /** Waits until a text was printed on standard error so many times, or for good. */
  complained(text: string, times: number): Promise<void>;
  write(text: string): void;
  /** What was printed so far on both. */
  printed(): string;
  session(): Session;
  /** Waits until the shell has answered, or the process has ended. */
  begun(): Promise<void>;
}

/** @param token no other program prints it: it tells where the output of a script begins and ends */
export function startSession(child: ChildProcessWithoutNullStreams, token: string): Starting {
  const stdout = new Reader(token);
  const stderr = new Reader(token);
  const ended = once(child, "close").then(([status]): Ended => {
    return {
      status: status as number | null,
      stdout: stdout.rest(),
      stderr: stderr.rest(),
      began: stdout.began,
    };
  });
  child.stdout.on("data", (chunk: Buffer) => stdout.take(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.take(chunk));
  // What the other end leaves unread when it ends.
  child.stdin.on("error", () => {});

  const word = new RegExp(`^${token} \\w+\n`, "m");
  const over = ended.then((how) => {
    throw new SessionEnded(how);
  });
  over.catch(() => {});

  const session: Session = {
    async run(script, { onLine, signal } = {}) {
      const told = Promise.all([stdout.next(onLine), stderr.next()]);
      // The end is told within the same command, as the script may read what follows.
      const tellEnd = `printf '\\n%s %s\\n' '${token}' "$?"; printf '\\n%s 0\\n' '${token}' >&2`;
      child.stdin.write(`{\n(\n${script}\n)\n${tellEnd}\n}\n`);
      if (signal?.aborted) child.stdin.end();
      else signal?.addEventListener("abort", () => child.stdin.end(), { once: true });
      const [out, errors] = await Promise.race([told, over]);
      return { status: out.status, stdout: out.text, stderr: errors.text };
    },
    async close() {
      child.stdin.end();
      const timer = setTimeout(() => {
        // Something there keeps the connection open, as what a start file has put in the background does.
        child.kill();
        child.stdout.destroy();
        child.stderr.destroy();
      }, longestGoodbye);
      await ended;
      clearTimeout(timer);
    },
  };
  return {
    word: () => Promise.race([stdout.until((text) => word.test(text)), over]),
    complained: (text, times) => stderr.until((printed) => printed.split(text).length > times),
    printed: () => `${stdout.rest()}\n${stderr.rest()}`,
    begun: () => Promise.race([Promise.all([stdout.begins, stderr.begins]).then(() => undefined), over]),
    write: (text) => child.stdin.write(text),
    session() {
      // What is printed before, by the start files of somebody's shell, is no answer.
      child.stdin.write(`printf '%s\\n' '${token}'; printf '%s\\n' '${token}' >&2\n`);
      return session;
    },
  };
}

// ---

/** Bytes that are kept of what is printed before the shell answers. */
const longestGreeting = 64 * 1024;
/** Milliseconds. */
const longestGoodbye = 2000;

interface Told {
  text: Buffer;
  status: number;
}

interface Waiting {
  onLine: ((line: Buffer) => void) | undefined;
  done: (told: Told) => void;
}

/** One of the two streams, which the token takes apart into what each script prints. */
class Reader {
  began = false;
  readonly #first: Buffer;
  readonly #end: Buffer;
  readonly #waiting: Waiting[] = [];
  readonly #pending = new Bytes();
  /** What a script printed, while the status after it is still to come. */
  #whole: Buffer | undefined;
  /** Whether the line before was empty, which is only passed on when it isn't the one before the end. */
  #blank = false;

  /** What waits for something to be printed before that. */
  #watching: { test: (text: string) => boolean; done: () => void }[] = [];
  /** Once the shell has answered. */
  readonly begins: Promise<void>;
  #begin: () => void = () => {};

  constructor(token: string) {
    this.begins = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.#first = Buffer.from(`${token}\n`);
    this.#end = Buffer.from(`\n${token} `);
  }

  /** Resolves once what is printed before the shell answers is so. */
  until(test: (text: string) => boolean): Promise<void> {
    return new Promise((done) => {
      this.#watching.push({ test, done });
      this.#watch();
    });
  }

  #watch(): void {
    const text = this.#pending.toString("latin1");
    for (const { test, done } of this.#watching) if (test(text)) done();
  }

  /** What the next script prints, for which nobody waits yet. */
  next(onLine?: (line: Buffer) => void): Promise<Told> {
    return new Promise((done) => {
      this.#waiting.push({ onLine, done });
    });
  }

  take(chunk: Buffer): void {
    this.#pending.add(chunk);
    if (!this.began) {
      this.#pending.drop(Math.max(0, this.#pending.length - longestGreeting));
      this.#watch();
      const at = this.#pending.indexOf(this.#first);
      if (at < 0) return;
      this.began = true;
      this.#begin();
      this.#pending.drop(at + this.#first.length);
    }
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const told = first.onLine ? this.#takeLines(first.onLine) : this.#takeWhole();
      if (!told) return;
      this.#waiting.shift();
      first.done(told);
    }
  }

  /** What came and belongs to no script that ended. */
  rest(): string {
    return this.#pending.toString("utf8").trim();
  }

  #takeWhole(): Told | undefined {
    if (!this.#whole) {
      const at = this.#pending.indexOf(this.#end);
      if (at < 0) return undefined;
      this.#whole = this.#pending.take(at);
      this.#pending.drop(this.#end.length);
    }
    // The status may come with the next piece.
    const status = takeLine(this.#pending);
    if (!status) return undefined;
    const text = this.#whole;
    this.#whole = undefined;
    return { text, status: Number(status) };
  }

  /** The end is a line of its own, after a newline that closes the line which the script left open, if any. */
  #takeLines(onLine: (line: Buffer) => void): Told | undefined {
    const end = this.#end.subarray(1);
    for (let line = takeLine(this.#pending); line; line = takeLine(this.#pending)) {
      if (line.subarray(0, end.length).equals(end)) {
        this.#blank = false;
        return { text: Buffer.alloc(0), status: Number(line.subarray(end.length)) };
      }
      if (this.#blank) onLine(Buffer.alloc(0));
      this.#blank = line.length === 0;
      if (!this.#blank) onLine(line);
    }
    return undefined;
  }
}

/** A machine where a POSIX shell runs a script. Nothing outside this room knows which one, or how far away. */
export interface Host {
  /** As the user named it. */
  name: string;
  run(script: string, options?: RunOptions): Promise<RunResult>;
  /** Ends what was opened to reach it, where something was. */
  close?(): Promise<void>;
}

export interface RunOptions {
  /** Gets each line of standard output as it arrives, without its newline. */
  onLine?: (line: Buffer) => void;
  /** The script's standard input stays open until then; a script that goes on for good ends with it. */
  signal?: AbortSignal;
}

export interface RunResult {
  /** Exit status of the shell; 128 and the signal's number when a signal ended it. */
  status: number;
  stdout: Buffer;
  stderr: Buffer;
}

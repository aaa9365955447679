/** One line for each of those at work, at the end of what a terminal shows, rewritten in place. */
import { createLogUpdate } from "log-update";
import sliceAnsi from "slice-ansi";
import type { Output } from "./output.ts";

export interface Live {
  /** What one of them does now, on one line. */
  show(who: string, doing: string): void;
  /** Takes the line of one of them away. */
  end(who: string): void;
  /** Prints above the lines, for good. */
  print(lines: () => void): void;
  /** Asks somebody something, while the lines are away. */
  apart<Answer>(ask: () => Promise<Answer>): Promise<Answer>;
}

/** Where there is no terminal, nothing of it is shown. */
export function createLive({ json }: Output): Live {
  const { stdout } = process;
  const shown = !json && stdout.isTTY === true && process.env.TERM !== "dumb";
  // The cursor stays, so that there is nothing to put right when the user ends all by Ctrl-C.
  const update = createLogUpdate(stdout, { showCursor: true });
  const lines = new Map<string, string>();
  let away = 0;
  const draw = () => {
    if (!shown || away > 0) return;
    // A line that ends in the last column may be taken for two.
    const width = Math.max(1, (stdout.columns ?? 80) - 1);
    if (lines.size === 0) update.clear();
    else update([...lines.values()].map((line) => sliceAnsi(line, 0, width)).join("\n"));
  };
  const clear = () => {
    if (shown) update.clear();
  };
  return {
    show(who, doing) {
      lines.set(who, doing);
      draw();
    },
    end(who) {
      lines.delete(who);
      draw();
    },
    print(write) {
      clear();
      write();
      draw();
    },
    async apart(ask) {
      away++;
      clear();
      try {
        return await ask();
      } finally {
        away--;
        draw();
      }
    },
  };
}

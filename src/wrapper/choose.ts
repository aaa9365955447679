/** Which of the two renderings a host gets, and why. Pure. */
import type { Program } from "./native/native.ts";

export interface Choice {
  runtime: "native" | "bash";
  /** For people: what made it so. */
  why: string;
}

/** What speaks for and against the program on a host. */
export interface Circumstances {
  /** What the file says. */
  wanted: "auto" | "native" | "bash";
  /** As `uname -m` prints it. */
  machine: string;
  programs: readonly Program[];
  /** What on the host lets only programs run that it knows; empty for nothing. */
  forbids: string;
  /** Where the wrapper goes, and whether the real binary is a script, which is bridged by a first line with that path. */
  wrapper: string;
  realIsScript: boolean;
}

/** Why, where the file leaves no choice. */
export const becauseAsked = "the file says so";

export function chooseRuntime(seen: Circumstances): Choice {
  const { wanted, machine, programs, forbids, wrapper, realIsScript } = seen;
  if (wanted === "bash") return { runtime: "bash", why: becauseAsked };
  const obstacle =
    programs.length === 0
      ? `this release has no program for ${machine}`
      : forbids !== ""
        ? `${forbids} lets only programs run that it knows`
        : realIsScript && !fitsFirstLine(wrapper)
          ? "the real binary is a script, and a first line can't hold the wrapper's path"
          : undefined;
  if (wanted === "native") return { runtime: "native", why: becauseAsked };
  if (obstacle !== undefined) return { runtime: "bash", why: obstacle };
  return { runtime: "native", why: `there is a program for ${machine}, and nothing forbids it` };
}

/** Older kernels read 127 bytes of a first line, and a space ends the path. */
const fitsFirstLine = (path: string): boolean => path.length <= 120 && !/\s/.test(path);

/** The C programs that the crash tests need, compiled once for each file of tests. */
import { beforeAll } from "vitest";
import { compileCallers } from "../support/callers.ts";
import { sharedFolder } from "../support/scratch.ts";
import { compileCrash } from "./cutter.ts";
import type { Programs } from "./ground.ts";

/** To be asked for at the top of a file; what it gives may be used in tests. */
export function compiledPrograms(): () => Programs {
  let programs: Programs | undefined;
  beforeAll(() => {
    const folder = sharedFolder();
    programs = { ...compileCallers(folder), ...compileCrash(folder) };
  });
  return () => {
    if (!programs) throw new Error("the programs are not compiled yet");
    return programs;
  };
}

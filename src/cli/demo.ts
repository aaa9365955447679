import { type ExitCode, exitCodes } from "../finding/finding.ts";
import type { CommandContext } from "./program.ts";

export async function demo(_: CommandContext): Promise<ExitCode> {
  return exitCodes.done;
}

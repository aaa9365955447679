import { type ExitCode, exitCodes } from "../finding/finding.ts";
import { jsonSchema } from "../spec/schema.ts";
import type { CommandContext } from "./program.ts";

export async function schema({ output }: CommandContext): Promise<ExitCode> {
  output.text(JSON.stringify(jsonSchema(), null, 2));
  output.document(jsonSchema());
  return exitCodes.done;
}

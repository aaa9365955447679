import { type ExitCode, exitCodes } from "../finding/finding.ts";
import { wrapperOf } from "../plan/prepare.ts";
import { loadFile } from "./file.ts";
import type { CommandContext } from "./program.ts";

export async function compile({ output }: CommandContext, file: string): Promise<ExitCode> {
  const loaded = loadFile(file);
  const wrapper = wrapperOf(loaded);
  output.text(wrapper.trimEnd());
  output.document({ name: loaded.spec.name, path: loaded.spec.wrapper, text: wrapper });
  return exitCodes.done;
}

/** Prints the wrapper that this machine would get, in a form that people read, or as it is. */
import { machine } from "node:os";
import { type ExitCode, exitCodes, usageError } from "../finding/finding.ts";
import { bashTextOf } from "../plan/prepare.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import { version } from "../version.ts";
import { type Native, nativeWrapper } from "../wrapper/native/native.ts";
import { programsFor } from "../wrapper/native/programs.ts";
import { bytesOf } from "../wrapper/wrapper.ts";
import { loadFile } from "./file.ts";
import type { CommandContext } from "./program.ts";

/** `policy`: the text that the program carries; `bash`: the same policy as a script; `file`: the wrapper's bytes. */
export type Form = "policy" | "bash" | "file";

export async function compile(
  { output }: CommandContext,
  file: string,
  { as }: { as?: Form },
): Promise<ExitCode> {
  const loaded = loadFile(file);
  const { name, wrapper: path, runtime } = loaded.spec;
  const form = as ?? (runtime === "bash" || programsFor(machine()).length === 0 ? "bash" : "policy");
  if (form === "bash" || (form === "file" && runtime === "bash")) {
    const text = bashTextOf(loaded);
    output.text(text.trimEnd());
    output.document({ name, path, runtime: "bash", text });
    return exitCodes.done;
  }
  const native = nativeHere(loaded);
  if (form === "file") {
    process.stdout.write(bytesOf(native));
    return exitCodes.done;
  }
  output.text(native.policy.trimEnd());
  output.document({ name, path, runtime: "native", text: native.policy, program: native.program.sha256 });
  return exitCodes.done;
}

// ---

/** @throws InterposeError (exit 2) where this release has no program for this machine, or none that is large enough */
function nativeHere({ spec, policy, text }: Loaded): Native {
  const input = { policy, layout: layoutOf(spec), named: spec.keepName !== "no" };
  const wrapper = nativeWrapper(
    { ...input, source: spec.source, file: text, version },
    programsFor(machine()),
  );
  if (!wrapper) throw usageError({ code: "no-program", args: { machine: machine(), name: spec.name } });
  return wrapper;
}

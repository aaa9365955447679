/** What a wrapper's file says of itself, and whether its program is one of this release's. */
import { createHash } from "node:crypto";
import { type ExitCode, exitCodes, failure } from "../finding/finding.ts";
import { look } from "../host/look.ts";
import { layoutOf } from "../spec/spec.ts";
import { interceptionsOf } from "../state/manifest.ts";
import { policyStart } from "../wrapper/native/policy-text.ts";
import { knownPrograms } from "../wrapper/native/programs.ts";
import { displayed, quote } from "../wrapper/quote.ts";
import type { HostOptions } from "./hosts.ts";
import type { CommandContext } from "./program.ts";

/** More than the largest wrapper has. */
const mostBytes = 2 * 1024 * 1024;

export async function show(
  { output, hosts }: CommandContext,
  pathOrName: string,
  options: HostOptions,
): Promise<ExitCode> {
  const host = hosts.find(options);
  const { interceptions } = interceptionsOf(await look(host), layoutOf);
  const found = interceptions.find(({ manifest: { name, binary, wrapper } }) =>
    [name, binary, wrapper].includes(pathOrName),
  );
  if (!found && !pathOrName.includes("/"))
    throw failure({ code: "not-intercepted", args: { name: pathOrName } });
  const path = found?.manifest.wrapper ?? pathOrName;
  const { stdout, status } = await host.run(
    `main() {\n\tpath=$(readlink -f -- ${quote(path)}) && [ -f "$path" ] || return 1\n\thead -c ${mostBytes} <"$path"\n}\nmain </dev/null\n`,
  );
  if (status !== 0) throw failure({ code: "wrapper-unreadable", args: { path } });
  const seen = partsOf(stdout);
  if (!seen) throw failure({ code: "no-wrapper", args: { path } });
  if (seen.runtime === "native") {
    const { size, sha256, known } = seen;
    output.line(
      known === undefined
        ? `The program, ${size} bytes, is none of this release's: SHA-256 ${sha256}.`
        : `The program, ${size} bytes, is this release's for ${known}, byte for byte: SHA-256 ${sha256}.`,
    );
    output.line();
  }
  const why = found?.manifest.runtimeWhy;
  if (why !== undefined) {
    output.line(`It is a ${seen.runtime === "native" ? "program" : "bash script"}: ${displayed(why)}.`);
    output.line();
  }
  output.text(
    output.json
      ? ""
      : seen.text
          .split(/(\n|\t)/)
          .map(shown)
          .join("")
          .trimEnd(),
  );
  output.document({ path, ...seen, ...(why === undefined ? {} : { why }) });
  return exitCodes.done;
}

// ---

/** A line's end and a tab are what they are; what else a terminal could take for an order isn't. */
const shown = (part: string): string => (part === "\n" || part === "\t" ? part : displayed(part));

type Parts =
  | { runtime: "native"; size: number; sha256: string; known: string | undefined; text: string }
  | { runtime: "bash"; text: string };

function partsOf(file: Buffer): Parts | undefined {
  const text = file.toString("utf8");
  if (text.startsWith("#!"))
    return text.includes("interpose made it") ? { runtime: "bash", text } : undefined;
  // The program ends where a page does, and has that line in it as well.
  let size = 0;
  while (size < file.length && file.toString("latin1", size, size + policyStart.length) !== policyStart)
    size += 4096;
  if (size >= file.length) return undefined;
  const sha256 = createHash("sha256").update(file.subarray(0, size)).digest("hex");
  const policy = file.subarray(size).toString("utf8").replace(/\0+$/, "");
  return { runtime: "native", size, sha256, known: knownPrograms().get(sha256), text: policy };
}

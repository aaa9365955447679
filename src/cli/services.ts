import { type ExitCode, exitCodes } from "../finding/finding.ts";
import { servicesOf } from "../services/callers.ts";
import { lookForUses } from "../services/look.ts";
import { layoutOf } from "../spec/spec.ts";
import { displayed } from "../wrapper/quote.ts";
import { findTarget, lookFor } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import type { CommandContext } from "./program.ts";

export async function services(
  { output, hosts }: CommandContext,
  fileOrName: string,
  options: HostOptions,
): Promise<ExitCode> {
  const target = findTarget(fileOrName, hosts, options);
  // With a file it need not be intercepted yet.
  const layout = target.loaded ? layoutOf(target.loaded.spec) : (await lookFor(target)).interception.layout;
  const uses = await lookForUses(target.host, layout.binary, layout.real, layout.wrapper);
  const found = servicesOf(uses, layout.binary);
  if (found.length === 0) output.line(`Nothing was found that leads to ${displayed(layout.binary)}.`);
  const { paint } = output;
  for (const { kind, name, how, via } of found) {
    output.line(
      `${paint.bold(displayed(name))}  ${kind}${via === undefined ? "" : `, by way of ${displayed(via)}`}`,
    );
    output.line(`  ${paint.dim(displayed(how))}`);
  }
  output.document(found);
  return exitCodes.done;
}

import { type ExitCode, exitCodes } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { look } from "../host/look.ts";
import { pathsOf } from "../plan/check.ts";
import { bashTextOf, wrapperFor } from "../plan/prepare.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import { decide } from "../verify/decide.ts";
import { displayed, quote } from "../wrapper/quote.ts";
import type { Wrapper } from "../wrapper/wrapper.ts";
import { loadFile } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import type { CommandContext } from "./program.ts";

export async function explain(
  { output, hosts }: CommandContext,
  file: string,
  args: string[],
  options: HostOptions,
): Promise<ExitCode> {
  const loaded = loadFile(file);
  const host = hosts.find(options, loaded.spec);
  const decision = await decide(host, loaded, args, await explainedBy(host, loaded));
  const { paint } = output;
  const row = (name: string, text: string) => output.line(`${paint.dim(name.padEnd(8))} ${displayed(text)}`);
  for (const [name, value] of Object.entries(decision.facts))
    row("fact", `${name} = ${value ?? "not to be had"}`);
  row("route", decision.route ?? "none");
  for (const reason of decision.because) row("because", reason);
  for (const [name, value] of Object.entries(decision.env))
    row("env", value === null ? `without ${name}` : `${name}=${quote(value)}`);
  if (decision.deny) row("denied", `exit status ${decision.deny.exit}: ${decision.deny.message}`);
  else row("becomes", [loaded.spec.binary, ...(decision.argv ?? [])].map(quote).join(" "));
  output.document(decision);
  return exitCodes.done;
}

// ---

/**
 * The wrapper that is asked: here the one that this machine gets. Elsewhere the script, which says the same of every
 * call, since it needs no look at the host before.
 */
async function explainedBy(host: Host, loaded: Loaded): Promise<Wrapper> {
  if (host.name !== "localhost") return { runtime: "bash", text: bashTextOf(loaded) };
  return wrapperFor(loaded, await look(host, { paths: pathsOf(layoutOf(loaded.spec)) })).wrapper;
}

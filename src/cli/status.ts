import { type ExitCode, exitCodes, type Finding } from "../finding/finding.ts";
import { foreignOn } from "../foreign/standing.ts";
import { type HostFacts, look } from "../host/look.ts";
import { wrapperFor } from "../plan/prepare.ts";
import { layoutOf } from "../spec/spec.ts";
import { type Interception, interceptionsOf, rootsOf, toolOf } from "../state/manifest.ts";
import { statusOf } from "../state/status.ts";
import { version } from "../version.ts";
import { displayed } from "../wrapper/quote.ts";
import { hashOf } from "../wrapper/wrapper.ts";
import { isFile, loadFile, notIntercepted } from "./file.ts";
import { foreignLines } from "./foreign.ts";
import { type FleetOptions, fleetOf } from "./hosts.ts";
import { findingDocument, findingLines } from "./output.ts";
import type { CommandContext } from "./program.ts";

export async function status(
  context: CommandContext,
  fileOrName: string | undefined,
  { all: everything = false, ...options }: { all?: boolean } & FleetOptions,
): Promise<ExitCode> {
  const { output, hosts } = context;
  const { paint } = output;
  const loaded = fileOrName !== undefined && isFile(fileOrName) ? loadFile(fileOrName) : undefined;
  const fleet = fleetOf(loaded, options);
  if (fleet) return (await import("./fleet-status.ts")).statusFleet(context, fleet, options);
  const only = loaded?.spec.name ?? fileOrName;
  const host = hosts.find(options, loaded?.spec);
  const facts = await look(host, { foreign: everything });
  const { interceptions, unreadable } = interceptionsOf(facts, layoutOf);
  const wanted = interceptions.filter(({ manifest }) => only === undefined || manifest.name === only);
  const roots = rootsOf(facts);
  if (only !== undefined && wanted.length === 0) throw notIntercepted(facts, only);
  const all = wanted.map((interception) => {
    const seen = statusOf(interception, facts, host.name);
    // What a wrapper is made of is only known where all is there.
    const behind = seen.findings.length === 0 ? behindOf(interception, facts) : [];
    return { ...seen, findings: [...seen.findings, ...behind] };
  });
  if (
    all.length === 0 &&
    roots.length === 0 &&
    unreadable.length === 0 &&
    facts.security.untrusted.length === 0
  )
    output.line("Nothing is intercepted here.");
  for (const [index, one] of all.entries()) {
    if (index > 0) output.line();
    const state = one.state === "intact" ? paint.green(one.state) : paint.red(one.state);
    const since =
      one.since === undefined
        ? "never completed"
        : `since ${new Date(one.since * 1000).toLocaleString("sv-SE")}`;
    output.line(`${paint.bold(displayed(one.name))}  ${state}  ${since}`);
    output.line(`  ${one.chain.map(displayed).join(" -> ")}`);
    const kind = one.runtime === "native" ? "a native program" : "a bash script";
    const why = one.runtimeWhy === undefined ? "" : `, since ${displayed(one.runtimeWhy)}`;
    output.line(`  ${paint.dim(`${kind}, made by interpose ${one.tool} from ${displayed(one.file)}${why}`)}`);
    for (const finding of one.findings)
      for (const line of findingLines(finding, output)) output.line(`  ${line}`);
  }
  for (const { name, binary, wrapper } of only === undefined ? roots : []) {
    output.line(`${paint.bold(displayed(name))}  root's: what it is like only root can tell`);
    output.line(`  ${[binary, wrapper].map(displayed).join(" -> ")}`);
  }
  const { untrusted } = facts.security;
  const unusable: Finding[] = [
    ...unreadable.map((folder): Finding => ({ code: "manifest-unreadable", args: { folder } })),
    ...untrusted.map((path): Finding => ({ code: "state-untrusted", args: { path } })),
    ...[...facts.remains].map((name): Finding => ({ code: "run-remains", args: { name } })),
  ];
  for (const finding of unusable) for (const line of findingLines(finding, output)) output.note(line);
  const foreign = foreignOn(facts);
  if (foreign.length > 0) output.line();
  for (const line of foreignLines(foreign, output)) output.line(line);
  const interceptionsDocument = all.map((one) => ({
    ...one,
    findings: one.findings.map((finding) => findingDocument(finding, output)),
  }));
  output.document(
    everything
      ? {
          interceptions: interceptionsDocument,
          foreign: foreign.map(({ path, standing }) => ({ path, ...standing })),
        }
      : interceptionsDocument,
  );
  const wrong = unusable.length > 0 || all.some(({ state }) => state !== "intact");
  return wrong ? exitCodes.failed : exitCodes.done;
}

// ---

/** Whether what is in place is what this release would make of the file as it is now; where the file can be read here. */
function behindOf(interception: Interception, facts: HostFacts): Finding[] {
  const { manifest } = interception;
  const args = { name: manifest.name, file: manifest.file };
  const tool = toolOf(manifest);
  if (tool !== version) return [{ code: "made-by-other", args: { ...args, tool, version } }];
  try {
    const { wrapper } = wrapperFor(loadFile(manifest.file), facts, interception);
    if (hashOf(wrapper) === manifest.wrappers.at(-1)) return [];
  } catch {
    // It lies on another machine, or is being written.
    return [];
  }
  return [{ code: "file-changed", args }];
}

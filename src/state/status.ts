/** What `status` shows of an interception. Pure. */
import type { Finding } from "../finding/finding.ts";
import { factsOf, type HostFacts } from "../host/look.ts";
import { accountOf, type State } from "./account.ts";
import { type Interception, since, toolOf } from "./manifest.ts";

export interface Status {
  name: string;
  host: string;
  binary: string;
  real: string;
  wrapper: string;
  state: State;
  /** Seconds since the epoch; absent when it was never completed. */
  since?: number;
  file: string;
  /** What the wrapper is, and the version of the tool that made it. */
  runtime: "native" | "bash";
  tool: string;
  /** Why it is that; absent where an older release made it. */
  runtimeWhy?: string;
  /** What a caller goes through, from the path that it calls to the file that runs. */
  chain: string[];
  findings: Finding[];
}

export function statusOf(interception: Interception, facts: HostFacts, host: string): Status {
  const { name, file, runtimeWhy } = interception.manifest;
  const { binary, wrapper, real } = interception.layout;
  const { state, findings } = accountOf(interception, facts);
  const time = since(interception);
  return {
    ...{ name, host, binary, real, wrapper, state },
    ...(time === undefined ? {} : { since: time }),
    file,
    runtime: interception.manifest.runtime ?? "bash",
    tool: toolOf(interception.manifest),
    ...(runtimeWhy === undefined ? {} : { runtimeWhy }),
    chain: chainOf(interception, facts),
    findings,
  };
}

// ---

function chainOf({ layout }: Interception, facts: HostFacts): string[] {
  const atBinary = factsOf(facts, layout.binary);
  if (atBinary.link !== layout.wrapper) return [layout.binary, ...(atBinary.link ? [atBinary.resolved] : [])];
  const named = factsOf(facts, layout.namedReal).kind === "file" ? [layout.namedReal] : [];
  const { target } = layout;
  const script = target === layout.real ? [] : [target];
  const real = factsOf(facts, layout.real);
  const end = real.resolved !== "" && real.resolved !== layout.real ? [real.resolved] : [];
  return [layout.binary, layout.wrapper, ...named, ...script, layout.real, ...end];
}

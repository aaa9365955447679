/** Whether an interception is as it was left: facts against the manifest. Pure. */
import type { Finding } from "../finding/finding.ts";
import { factsOf, type HostFacts } from "../host/look.ts";
import {
  currentBefore,
  isBridge,
  isKept,
  isOriginal,
  isUpgraded,
  isWrittenThrough,
} from "../plan/original.ts";
import { cutOffAt, type Interception, since, toolOf } from "./manifest.ts";
import { cantBeRun, wrapperRights } from "./rights.ts";

export interface Status {
  name: string;
  host: string;
  binary: string;
  real: string;
  wrapper: string;
  /**
   * `intact`; `unfinished`: a run was cut off; `overwritten`: something else stands at the binary's path, so calls
   * go past the wrapper; `broken`: a part is missing or changed.
   */
  state: "intact" | "unfinished" | "overwritten" | "broken";
  /** Seconds since the epoch; absent when it was never completed. */
  since?: number;
  file: string;
  /** What the wrapper is, and the version of the tool that made it. */
  runtime: "native" | "bash";
  tool: string;
  /** What a caller goes through, from the path that it calls to the file that runs. */
  chain: string[];
  findings: Finding[];
}

export function statusOf(interception: Interception, facts: HostFacts, host: string): Status {
  const { manifest, layout, kept } = interception;
  const { binary, wrapper, real } = layout;
  const { name, original } = manifest;
  const findings: Finding[] = [];
  const foundAt = (path: string) => (factsOf(facts, path).kind === "none" ? "not there" : "another file");
  let state: Status["state"] = "intact";
  const broken = (finding: Finding, next: Status["state"] = "broken") => {
    findings.push(finding);
    if (state === "intact") state = next;
  };

  const cut = cutOffAt(interception);
  if (cut)
    broken({ code: "run-cut-off", args: { run: cut.run, step: cut.step || "start", name } }, "unfinished");
  const atBinary = factsOf(facts, binary);
  const atReal = factsOf(facts, real);
  const atWrapper = factsOf(facts, wrapper);
  const before = currentBefore(interception, facts);
  // On its way from a script to the wrapper, the path has a bridge.
  const notYet = cut && (isOriginal(atBinary, before.original) || isBridge(atBinary, wrapper, interception));
  if (atBinary.link !== wrapper && !notYet) {
    if (atBinary.kind === "none" && atReal.kind === "dangling") {
      broken({ code: "real-removed", args: { path: binary, name } });
    } else if (atBinary.kind === "none") {
      broken({ code: "binary-removed", args: { path: binary, name } });
    } else {
      broken({ code: "binary-overwritten", args: { path: binary, name } }, "overwritten");
    }
  }
  const linked = atBinary.link === wrapper;
  if (linked && isUpgraded(atReal, original, layout)) {
    findings.push({ code: "real-upgraded", args: { path: real } });
  } else if (
    linked &&
    (atReal.kind === "dangling" || (atReal.kind === "none" && manifest.diversion)) &&
    !cut
  ) {
    broken({ code: "real-removed", args: { path: binary, name } });
  } else if (!linked && isKept(atReal, interception)) {
    // A repair that was cut off goes on from here.
  } else if (
    !isOriginal(atReal, original) &&
    !(cut && atReal.kind === "none" && isOriginal(atBinary, original))
  ) {
    const found = foundAt(real);
    const todo = "Put the real binary there, or reinstall its package.";
    broken({ code: "chain-broken", args: { path: real, expected: "the real binary", found, todo } });
  }
  if (manifest.adopted && !notYet && !isOriginal(factsOf(facts, before.path), manifest.adopted)) {
    const todo = `Without it there is only the way to the real binary: interpose rollback ${name} --bare.`;
    const expected = "what was made by hand";
    broken({
      code: "chain-broken",
      args: { path: before.path, expected, found: foundAt(before.path), todo },
    });
  }
  if (manifest.script !== undefined && !factsOf(facts, manifest.script).executable) {
    broken({ code: "script-missing", args: { path: manifest.script, binary, real } });
  }
  if (!manifest.wrappers.includes(atWrapper.sha256) && !(cut && atWrapper.kind === "none")) {
    if (atWrapper.kind === "none") {
      const todo = `Calls fail until it is back: interpose repair ${name}.`;
      broken({
        code: "chain-broken",
        args: { path: wrapper, expected: "the wrapper", found: "not there", todo },
      });
    } else {
      const through = isWrittenThrough(interception, facts);
      const code = through ? "wrapper-written-through" : "wrapper-edited";
      broken({ code, args: { path: wrapper, binary, name } }, through ? "overwritten" : "broken");
    }
  } else if (!cut) {
    for (const finding of wrapperRights(interception, facts)) broken(finding);
  }
  for (const finding of cantBeRun(interception, facts)) broken(finding);
  const { kind: named } = factsOf(facts, layout.namedReal);
  if (state === "intact" && manifest.keepName === "yes" && ["none", "dangling", "loop"].includes(named)) {
    const todo = `interpose repair ${name} puts it back.`;
    const expected = "the link by which the real binary keeps its name";
    broken({ code: "chain-broken", args: { path: layout.namedReal, expected, found: "not there", todo } });
  }
  const gone = manifest.diversion && facts.diversions.get(binary)?.to !== manifest.diversion.to;
  if (gone && !cut) broken({ code: "diversion-lost", args: { path: manifest.diversion?.path ?? "", name } });
  for (const { path } of kept) findings.push({ code: "old-kept", args: { path, name } });
  const time = since(interception);
  return {
    ...{ name, host, binary, real, wrapper, state },
    ...(time === undefined ? {} : { since: time }),
    file: manifest.file,
    runtime: manifest.runtime ?? "bash",
    tool: toolOf(manifest),
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

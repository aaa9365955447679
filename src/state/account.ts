/**
 * What is wrong with an interception: facts against the manifest. It is the one account that status, doctor, plan and
 * repair give; repair.sh decides by the same (see reconcile.sh). Pure.
 */
import { dirname, resolve } from "node:path/posix";
import type { Finding } from "../finding/finding.ts";
import { factsOf, type HostFacts } from "../host/look.ts";
import {
  currentBefore,
  isBridge,
  isForWrapper,
  isFromWrapper,
  isKept,
  isOriginal,
  isUpgraded,
} from "../plan/original.ts";
import { cutOffAt, type Interception } from "./manifest.ts";
import { cantBeRun, wrapperRights } from "./rights.ts";

/**
 * `intact`; `unfinished`: a run was cut off; `overwritten`: something else stands at the binary's path, so calls
 * go past the wrapper; `broken`: a part is missing or changed.
 */
export type State = "intact" | "unfinished" | "overwritten" | "broken";

export interface Account {
  state: State;
  findings: Finding[];
}

export function accountOf(interception: Interception, facts: HostFacts): Account {
  const { manifest, layout, kept } = interception;
  const { name } = manifest;
  const account: Account = { state: "intact", findings: [] };
  const tell = (findings: Finding[], state: State) => {
    account.findings.push(...findings);
    if (findings.length > 0 && account.state === "intact") account.state = state;
  };

  const cut = cutOffAt(interception);
  if (cut)
    tell([{ code: "run-cut-off", args: { run: cut.run, step: cut.step || "start", name } }], "unfinished");
  const wrapper = atWrapper(interception, facts);
  const real = atReal(interception, facts);
  // Such a wrapper is in a repair's way.
  const repairable: Finding["args"] = wrapper.some(({ code }) => blocking.includes(code))
    ? {}
    : { repairable: name };
  tell(
    atBinary(interception, facts, repairable),
    overwriting(interception, facts) ? "overwritten" : "broken",
  );
  account.findings.push(...real.notes);
  tell(real.problems, "broken");
  tell(byHand(interception, facts), "broken");
  const lost = real.problems.length > 0;
  tell(
    wrapper.map((finding) => (lost ? { ...finding, args: without(finding.args, "repairable") } : finding)),
    wrapper.some(({ code }) => code === "wrapper-written-through") ? "overwritten" : "broken",
  );
  if (account.state === "intact") tell(atName(interception, facts), "broken");
  const { diversion } = manifest;
  const gone = diversion && facts.diversions.get(layout.binary)?.to !== diversion.to;
  if (gone && !cut) tell([{ code: "diversion-lost", args: { path: diversion.path, name } }], "broken");
  for (const { path } of kept) account.findings.push({ code: "old-kept", args: { path, name } });
  return account;
}

// ---

/** What a person made of the wrapper, and what only a person can take away. */
const blocking: readonly string[] = ["wrapper-edited", "wrapper-unusable"];

const overwriting = ({ layout }: Interception, facts: HostFacts): boolean =>
  factsOf(facts, layout.binary).kind !== "none";

/** What stands at the binary's path instead of our link. */
function atBinary(interception: Interception, facts: HostFacts, repairable: Finding["args"]): Finding[] {
  const { manifest, layout } = interception;
  const { binary, wrapper, real } = layout;
  const path = facts.paths.get(binary);
  if (!path || path.link === wrapper) return [];
  const before = currentBefore(interception, facts);
  const original = isOriginal(path, before.original);
  // On its way from a script to the wrapper, the path has a bridge.
  if (cutOffAt(interception) && (original || isBridge(path, wrapper, interception))) return [];
  const args = { path: binary, binary, wrapper, real, name: manifest.name };
  if (path.kind === "none")
    return [{ code: factsOf(facts, real).kind === "dangling" ? "real-removed" : "binary-removed", args }];
  if (path.link === "" && manifest.wrappers.includes(path.sha256))
    return [{ code: "binary-overwritten", args: { ...args, ...repairable } }];
  if (path.kind !== "file") return [{ code: "binary-unusable", args }];
  if (original || (path.link !== "" && resolve(dirname(binary), path.link) === real))
    return [{ code: "binary-given-back", args: { ...args, ...repairable } }];
  const back = facts.leadsBack.get(binary);
  if (back === "link" || isForWrapper(path, wrapper)) return [{ code: "binary-leads-back", args }];
  if (back === "script") return [{ code: "other-interception", args }];
  if (!path.executable) return [{ code: "repair-unsettled", args }];
  return [{ code: "binary-overwritten", args: { ...args, ...repairable } }];
}

/** The real binary; what a repair takes in its place is no problem of its own. */
function atReal(interception: Interception, facts: HostFacts): { notes: Finding[]; problems: Finding[] } {
  const { manifest, layout } = interception;
  const { binary, real, wrapper } = layout;
  const path = factsOf(facts, real);
  const linked = factsOf(facts, binary).link === wrapper;
  if (linked && isUpgraded(path, manifest.original, layout))
    return { notes: [{ code: "real-upgraded", args: { path: real } }], problems: [] };
  const problems = (...found: Finding[]) => ({ notes: [], problems: found });
  const cut = cutOffAt(interception);
  if (
    !linked &&
    (isKept(path, interception) || !cut || isOriginal(factsOf(facts, binary), manifest.original))
  )
    return problems();
  // The link may be the same, and what it leads to gone.
  if (!cut && path.kind === "dangling")
    return problems({ code: "real-removed", args: { path: binary, name: manifest.name } });
  if (isOriginal(path, manifest.original) || (path.kind === "file" && path.resolved !== wrapper))
    return problems(...cantBeRun(interception, facts));
  if (!cut && path.kind === "none" && manifest.diversion)
    return problems({ code: "real-removed", args: { path: binary, name: manifest.name } });
  const found = path.kind === "none" ? "not there" : "no program, or leads back to the wrapper";
  const todo = "Put the real binary there, or reinstall its package.";
  return problems({ code: "chain-broken", args: { path: real, expected: "the real binary", found, todo } });
}

/** What was made by hand, and the script that the wrapper runs. */
function byHand(interception: Interception, facts: HostFacts): Finding[] {
  const { manifest, layout } = interception;
  const { binary, real, wrapper } = layout;
  const findings: Finding[] = [];
  const { path } = currentBefore(interception, facts);
  const { adopted, script, name } = manifest;
  const notYet = cutOffAt(interception) && factsOf(facts, binary).link !== wrapper;
  if (adopted && !notYet && !isOriginal(factsOf(facts, path), adopted)) {
    const todo = `Without it there is only the way to the real binary: interpose rollback ${name} --bare.`;
    const found = factsOf(facts, path).kind === "none" ? "not there" : "another file";
    findings.push({ code: "chain-broken", args: { path, expected: "what was made by hand", found, todo } });
  }
  if (script !== undefined && !factsOf(facts, script).executable)
    findings.push({ code: "script-missing", args: { path: script, binary, real } });
  return findings;
}

function atWrapper(interception: Interception, facts: HostFacts): Finding[] {
  const { manifest, layout } = interception;
  const { binary, wrapper } = layout;
  const { name } = manifest;
  const path = factsOf(facts, wrapper);
  const cut = cutOffAt(interception);
  if (manifest.wrappers.includes(path.sha256)) return cut ? [] : wrapperRights(interception, facts);
  if (path.kind === "none") {
    if (cut) return [];
    const todo = `Calls fail until it is back: interpose repair ${name}.`;
    const args = { path: wrapper, expected: "the wrapper", found: "not there", todo, repairable: name };
    return [{ code: "chain-broken", args }];
  }
  const args = { path: wrapper, binary, name };
  if (path.kind === "folder" || path.kind === "other") return [{ code: "wrapper-unusable", args }];
  const linked = factsOf(facts, binary).link === wrapper;
  const edited =
    !linked || path.link !== "" || isFromWrapper(path.firstLine, wrapper) || facts.leadsBack.has(wrapper);
  if (edited) return [{ code: "wrapper-edited", args: { ...args, state: interception.folder } }];
  return [{ code: path.executable ? "wrapper-written-through" : "repair-unsettled", args }];
}

/** The link by which the real binary keeps its name. */
function atName({ manifest, layout }: Interception, facts: HostFacts): Finding[] {
  const { kind } = factsOf(facts, layout.namedReal);
  if (manifest.keepName !== "yes" || !["none", "dangling", "loop"].includes(kind)) return [];
  const { name } = manifest;
  const todo = `interpose repair ${name} puts it back.`;
  const expected = "the link by which the real binary keeps its name";
  const args = { path: layout.namedReal, expected, found: "not there", todo, repairable: name };
  return [{ code: "chain-broken", args }];
}

const without = (args: Finding["args"], key: string): Finding["args"] =>
  Object.fromEntries(Object.entries(args).filter(([name]) => name !== key));

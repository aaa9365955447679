/** A manifest and facts -> the steps that take an interception away. Pure. */
import type { Finding } from "../finding/finding.ts";
import { factsOf, type HostFacts } from "../host/look.ts";
import type { Layout } from "../spec/spec.ts";
import type { Interception, Manifest } from "../state/manifest.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";
import { giveBack, hasContent, isFile, takeName, temporary } from "./apply.ts";
import { asSeen, isBridge, isOriginal } from "./check.ts";
import type { Plan, Step } from "./plan.ts";

/** `restored`: whether the real binary is at its old path in the end, and not what somebody else put there. */
export type RollbackPlan =
  | { ok: true; plan: Plan; notes: Finding[]; restored: boolean }
  | { ok: false; findings: Finding[] };

export function planRollback(
  { manifest, layout, folder }: Interception,
  facts: HostFacts,
  host: string,
  { keepLogs }: { keepLogs: boolean },
): RollbackPlan {
  const { name } = manifest;
  const { binary, wrapper, real, nameFolder, namedReal } = layout;
  const atBinary = factsOf(facts, binary);
  const atReal = factsOf(facts, real);
  const atWrapper = factsOf(facts, wrapper);
  const original = asSeen(manifest.original, [atBinary, atReal]);
  const restored = isOriginal(atBinary, original);
  const swapped = atBinary.link === wrapper || isBridge(atBinary, wrapper);
  const kept = isOriginal(atReal, original);
  const notes: Finding[] = [];

  if ((swapped || atBinary.kind === "none") && !kept) {
    return { ok: false, findings: [{ code: "real-lost", args: { binary, real, wrapper } }] };
  }
  if (!swapped && !restored && atBinary.kind !== "none") {
    notes.push({ code: "binary-replaced", args: { path: binary, real } });
    const copied = atBinary.link === "" && atBinary.sha256 !== "" && atBinary.sha256 === atReal.sha256;
    if (kept && !copied) notes.push({ code: "real-kept", args: { path: binary, real } });
  }
  const ours = atWrapper.kind !== "none" && manifest.wrappers.includes(atWrapper.sha256);
  if (atWrapper.kind !== "none" && !ours) notes.push({ code: "wrapper-left", args: { path: wrapper } });

  const steps: Step[] = [];
  if (swapped || atBinary.kind === "none") {
    steps.push({
      id: "restore",
      number: 1,
      title: `Give ${binary} back to the real binary, in one rename`,
      run: swapped
        ? [giveBack(layout, original, name)]
        : // Never over what arrived since.
          [`ln -T ${quote(real)} ${quote(binary)}`],
      gate: [isFile(binary, original)],
      todo: "Something else changed the path at the same time: look what is there, and run the command again.",
      undo: [],
    });
  }
  steps.push({
    id: "quiesce",
    number: 2,
    title: "Wait until no call is on its way through the wrapper",
    run: [`quiesce ${quoteAll([wrapper, real, namedReal])}`],
    gate: [],
    todo: "",
    undo: [],
  });
  const isOurs = `[ -f ${quote(wrapper)} ] && ${hasContent(wrapper, manifest.wrappers)}`;
  const removals = [
    `rm -f ${quote(temporary(binary, name))} ${quote(temporary(wrapper, name))}`,
    ...(kept ? [`remove_bridge ${quoteAll([real, name])}`] : []),
    takeName(layout),
    ...(kept ? [removeReal(layout, original)] : []),
    ...(ours ? [`if ${isOurs}; then rm -f ${quote(wrapper)}; fi`] : []),
  ];
  steps.push({
    id: "remove",
    number: 3,
    title: `Remove what was added: ${[real, wrapper, nameFolder].join(", ")}`,
    run: removals,
    gate: [
      `[ "$(readlink ${quote(namedReal)})" != ${quote(real)} ]`,
      ...(ours ? [`if ${isOurs}; then false; fi`] : []),
    ],
    todo: "Remove what is left by hand.",
    undo: [],
  });
  if (!keepLogs) {
    steps.push({
      id: "logs",
      number: 4,
      title: "Remove the logs that this user may remove",
      run: [`remove_logs ${quote(name)}`],
      gate: [],
      todo: "",
      undo: [],
    });
  }
  const plan: Plan = {
    action: "rollback",
    name,
    host,
    already: restored ? [`${binary} is the real binary`] : [],
    steps,
    earlier: [],
    fallback: "previous",
    state: folder,
    paths: [],
    probe: [],
    wrapperName: name,
    environmentRoutes: [],
    notes: [],
  };
  return { ok: true, plan, notes, restored: swapped || restored || atBinary.kind === "none" };
}

// ---

/** What was put at the binary's path since may run the real binary by its other name, which stays then. */
function removeReal({ binary, real }: Layout, original: Manifest["original"]): string {
  const copied = `[ ! -L ${quote(binary)} ] && [ -x ${quote(binary)} ] && cmp -s ${quoteAll([binary, real])}`;
  return [
    `if { ${isFile(binary, original)} || { ${copied}; }; } && ${isFile(real, original)}; then`,
    `\trm -f ${quote(real)}`,
    "fi",
  ].join("\n");
}

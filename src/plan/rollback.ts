/** A manifest and facts -> the steps that take an interception away. Pure. */
import type { Finding } from "../finding/finding.ts";
import { factsOf, type HostFacts } from "../host/look.ts";
import type { Interception } from "../state/manifest.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";
import { giveBack, isFile, temporary } from "./apply.ts";
import { isBridge, isOriginal } from "./check.ts";
import type { Plan, Step } from "./plan.ts";

export type RollbackPlan = { ok: true; plan: Plan; notes: Finding[] } | { ok: false; findings: Finding[] };

export function planRollback(
  { manifest, layout, folder }: Interception,
  facts: HostFacts,
  host: string,
  { keepLogs }: { keepLogs: boolean },
): RollbackPlan {
  const { original, name } = manifest;
  const { binary, wrapper, real, nameFolder, namedReal } = layout;
  const atBinary = factsOf(facts, binary);
  const atReal = factsOf(facts, real);
  const atWrapper = factsOf(facts, wrapper);
  const restored = isOriginal(atBinary, original);
  const swapped = atBinary.link === wrapper || isBridge(atBinary, wrapper);
  const kept = isOriginal(atReal, original);
  const notes: Finding[] = [];

  if ((swapped || atBinary.kind === "none") && !kept) {
    return { ok: false, findings: [{ code: "real-lost", args: { binary, real, wrapper } }] };
  }
  if (!swapped && !restored && atBinary.kind !== "none") {
    notes.push({ code: "binary-replaced", args: { path: binary, real } });
  }
  const ours = atWrapper.kind !== "none" && manifest.wrappers.includes(atWrapper.sha256);
  if (atWrapper.kind !== "none" && !ours) notes.push({ code: "wrapper-left", args: { path: wrapper } });

  const steps: Step[] = [];
  if (swapped || atBinary.kind === "none") {
    const put = temporary(binary, name);
    steps.push({
      id: "restore",
      number: 1,
      title: `Give ${binary} back to the real binary, in one rename`,
      run: swapped
        ? [giveBack(layout, original, name)]
        : [
            `rm -f ${quote(put)}`,
            `ln -T ${quote(real)} ${quote(put)}`,
            `mv -fT ${quote(put)} ${quote(binary)}`,
          ],
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
  const removals = [
    `rm -f ${quote(temporary(binary, name))} ${quote(temporary(wrapper, name))}`,
    ...(kept ? [`remove_bridge ${quoteAll([real, name])}`] : []),
    `rm -f ${quote(namedReal)}`,
    `if [ -d ${quote(nameFolder)} ]; then rmdir ${quote(nameFolder)}; fi`,
    ...(kept
      ? [
          `if [ -x ${quote(binary)} ] && ! [ ${quote(binary)} -ef ${quote(wrapper)} ]; then rm -f ${quote(real)}; fi`,
        ]
      : []),
    ...(ours ? [`rm -f ${quote(wrapper)}`] : []),
  ];
  steps.push({
    id: "remove",
    number: 3,
    title: `Remove what was added: ${[real, wrapper, nameFolder].join(", ")}`,
    run: removals,
    gate: [`[ ! -e ${quote(nameFolder)} ]`, ...(ours ? [`[ ! -e ${quote(wrapper)} ]`] : [])],
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
  return { ok: true, plan, notes };
}

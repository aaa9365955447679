/** A manifest and facts -> the steps that take an interception away. Pure. */
import type { Finding } from "../finding/finding.ts";
import { factsOf, type HostFacts } from "../host/look.ts";
import type { Layout } from "../spec/spec.ts";
import { type Before, beforeOf, type Interception } from "../state/manifest.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";
import { giveBack, quiesce, removeApart, takeName } from "./give-back.ts";
import { guardRemoval } from "./guard.ts";
import { asSeen, currentOriginal, isBridge, isForWrapper, isOriginal, isWrittenThrough } from "./original.ts";
import { type Plan, placeOf, plainPlan, type Step, seenState } from "./plan.ts";
import { flushNames, hasContent, isFile, isSameFile, temporary } from "./shell-tests.ts";

/** `restored`: whether its path is given back in the end, and not what somebody else put there. */
export type RollbackPlan =
  | { ok: true; plan: Plan; notes: Finding[]; restored: boolean }
  | { ok: false; findings: Finding[] };

export interface RollbackOptions {
  keepLogs: boolean;
  /** Of an interception that was made by hand before it was adopted, take that away too. */
  bare?: boolean;
}

export function planRollback(
  interception: Interception,
  facts: HostFacts,
  host: string,
  { keepLogs, bare = false }: RollbackOptions,
): RollbackPlan {
  const { manifest, layout, folder, kept: old } = interception;
  const { name, diversion } = manifest;
  const { binary, wrapper, real, nameFolder, namedReal } = layout;
  const { original: realBinary, adopted, script } = manifest;
  const stood = beforeOf(manifest, layout);
  const back = bare ? beforeOf({ original: realBinary }, layout) : stood;
  const atBinary = factsOf(facts, binary);
  const atKept = factsOf(facts, back.path);
  const atWrapper = factsOf(facts, wrapper);
  const original =
    back.path === real ? currentOriginal(interception, facts) : asSeen(back.original, [atBinary, atKept]);
  const before: Before = { path: back.path, original };
  const restored = isOriginal(atBinary, original);
  // On the way back to the bare binary, what was made by hand is in its place as our link is.
  const instead = back !== stood && adopted ? asSeen(adopted, [atBinary]) : undefined;
  const swapped =
    atBinary.link === wrapper ||
    isBridge(atBinary, wrapper, interception) ||
    (instead !== undefined && isOriginal(atBinary, instead));
  // What somebody made of the wrapper's text needs the wrapper.
  if (isForWrapper(atBinary, wrapper) && !swapped) {
    return { ok: false, findings: [{ code: "binary-leads-back", args: { path: binary, real, wrapper } }] };
  }
  const kept = isOriginal(atKept, original);
  const notes: Finding[] = [];

  // The package that had it is gone, so there is nothing to give back.
  const uninstalled =
    (swapped && atKept.kind === "none" && diversion !== undefined && !facts.packages.has(binary)) ||
    (atBinary.kind === "none" && kept && atKept.kind === "dangling");
  const through = isWrittenThrough(interception, facts);
  if ((swapped || atBinary.kind === "none") && !kept && !uninstalled && !through) {
    return { ok: false, findings: [{ code: "real-lost", args: { binary, real: back.path, wrapper } }] };
  }
  if (bare && adopted) {
    const files = quoteAll([...(script === undefined ? [] : [script]), real]);
    notes.push({ code: "by-hand-left", args: { binary, files } });
  }
  if (!swapped && !restored && atBinary.kind !== "none") {
    notes.push({ code: "binary-replaced", args: { path: binary, real: back.path } });
    const copied = atBinary.link === "" && atBinary.sha256 !== "" && atBinary.sha256 === atKept.sha256;
    if (kept && !copied) notes.push({ code: "real-kept", args: { path: binary, real: back.path } });
  }
  if (atBinary.kind === "none" && kept && !uninstalled) {
    notes.push({ code: "removed-given-back", args: { path: binary } });
  }
  const ours = atWrapper.kind !== "none" && manifest.wrappers.includes(atWrapper.sha256);
  if (atWrapper.kind !== "none" && !ours && !through)
    notes.push({ code: "wrapper-left", args: { path: wrapper } });

  const steps: Step[] = interception.guard === "" ? [] : [guardRemoval(1)];
  if (uninstalled) {
    notes.push({ code: "uninstalled", args: { path: binary } });
    if (swapped) {
      steps.push({
        id: "restore",
        number: 1,
        title: `Remove ${binary}, which leads to nothing`,
        run: [
          `if [ "$(readlink ${quote(binary)})" = ${quote(wrapper)} ]; then rm ${quote(binary)}; fi`,
          flushNames(binary),
        ],
        gate: [],
        todo: "",
        undo: [],
      });
    }
  } else if (through) {
    steps.push(giveWritten(layout, name));
  } else if (swapped || atBinary.kind === "none") {
    steps.push({
      id: "restore",
      number: 1,
      title: `Give ${binary} back to ${back.path === real ? "the real binary" : "what was made by hand"}, in one rename`,
      run: swapped
        ? [giveBack(layout, before, name, instead)]
        : // Never over what arrived since.
          [`ln -T ${quote(back.path)} ${quote(binary)}`, flushNames(binary)],
      gate: [isFile(binary, original)],
      todo: "Something else changed the path at the same time: look what is there, and run the command again.",
      undo: [],
    });
  }
  if (diversion) {
    steps.push({
      id: "undivert",
      number: 1,
      title: `Let upgrades of the package go to ${binary} again`,
      run: [`undivert ${quoteAll([diversion.path, diversion.to, binary, real])}`],
      gate: [`[ "$(dpkg-divert --truename ${quote(diversion.path)})" = ${quote(diversion.path)} ]`],
      todo: "See what dpkg-divert says above; dpkg-divert --list shows all diversions.",
      undo: [],
    });
  }
  steps.push({
    id: "quiesce",
    number: 2,
    title: "Wait until no call is on its way through the wrapper",
    run: quiesce(layout, stood),
    gate: [],
    todo: "",
    undo: [],
  });
  const isOurs = `[ -f ${quote(wrapper)} ] && ${hasContent(wrapper, manifest.wrappers)}`;
  const removals = [
    // Also where a run that was cut off has given it back.
    flushNames(binary),
    `rm -f ${quote(temporary(binary, name))} ${quote(temporary(wrapper, name))}`,
    ...(kept ? [`remove_bridge ${quoteAll([stood.path, name])}`] : []),
    takeName(layout),
    ...(kept && through ? [`if ${isFile(back.path, original)}; then rm ${quote(back.path)}; fi`] : []),
    ...(kept && back === stood ? [removeKept(binary, before, uninstalled)] : []),
    ...old.map((file) => `if ${isFile(file.path, file)}; then rm ${quote(file.path)}; fi`),
    // One that a repair had not yet replaced when it was cut off.
    ...old.map((file) => `if ${isFile(real, file)} && [ -x ${quote(binary)} ]; then rm ${quote(real)}; fi`),
    // The link is gone with what it was for; a script stays, as does its real binary.
    ...(kept && back !== stood && adopted?.link
      ? [
          `if ${isFile(binary, original)} && ${isFile(stood.path, adopted)}; then rm -f ${quote(stood.path)}; fi`,
        ]
      : []),
    ...(through ? [`if ${isSameFile(binary, wrapper)}; then rm ${quote(wrapper)}; fi`] : []),
    ...(ours ? [`if ${isOurs}; then rm -f ${quote(wrapper)}; fi`] : []),
    `end_hand_over ${quote(wrapper)}`,
    flushNames(binary, wrapper, real, stood.path),
    ...removeApart(layout),
  ];
  steps.push({
    id: "remove",
    number: 3,
    title: `Remove what was added: ${[stood.path, wrapper, nameFolder, ...old.map(({ path }) => path)].join(", ")}`,
    run: removals,
    gate: [
      `[ "$(readlink ${quote(namedReal)})" != ${quote(layout.target)} ]`,
      ...(ours ? [`if ${isOurs}; then false; fi`] : []),
    ],
    todo: "Remove what is left by hand.",
    undo: [],
  });
  steps.push({
    id: "logs",
    number: 4,
    title: keepLogs
      ? "Remove what calls were counted in, and leave the logs"
      : "Remove the logs that this user may remove",
    run: [`remove_logs ${quote(name)}${keepLogs ? " turns" : ""}`],
    gate: [],
    todo: "",
    undo: [],
  });
  const plan: Plan = {
    ...plainPlan("rollback", placeOf(interception, host), steps),
    already: restored ? [`${binary} is as it was before`] : [],
    seen: seenState(facts, folder),
  };
  return {
    ok: true,
    plan,
    notes,
    restored: (swapped || restored || atBinary.kind === "none") && !uninstalled,
  };
}

/** What a run that was cut off has left without a manifest: a lock, and folders of its own. */
export function planSweep(name: string, folder: string, host: string): Plan {
  return { ...plainPlan("rollback", { name, host, state: folder }, []), seen: "" };
}

// ---

/** What was written through the link to the wrapper's path is the newest; the link becomes that file. */
function giveWritten({ binary, wrapper }: Layout, name: string): Step {
  const made = temporary(binary, name);
  return {
    id: "restore",
    number: 1,
    title: `Give ${binary} the program that was written through it, in one rename`,
    run: [
      [
        `if [ "$(readlink ${quote(binary)})" = ${quote(wrapper)} ]; then`,
        `\trm -f ${quote(made)} && ln -T ${quote(wrapper)} ${quote(made)} && mv -fT ${quote(made)} ${quote(binary)}`,
        `fi && ${flushNames(binary)}`,
      ].join("\n"),
    ],
    gate: [isSameFile(binary, wrapper)],
    todo: "Something else changed the path at the same time: look what is there, and run the command again.",
    undo: [],
  };
}

/** What was put at the binary's path since may run the real binary by its other name, which stays then. */
function removeKept(binary: string, { path, original }: Before, uninstalled: boolean): string {
  if (uninstalled) return `if ${isFile(path, original)}; then rm ${quote(path)}; fi`;
  const copied = `[ ! -L ${quote(binary)} ] && [ -x ${quote(binary)} ] && cmp -s ${quoteAll([binary, path])}`;
  return [
    `if ${isSameFile(binary, path)} || { { ${isFile(binary, original)} || { ${copied}; }; } && ${isFile(path, original)}; }; then`,
    `\trm -f ${quote(path)}`,
    "fi",
  ].join("\n");
}

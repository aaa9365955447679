/** The steps of which an interception consists. */
import { basename, join } from "node:path/posix";
import { factsOf, type HostFacts } from "../host/look.ts";
import type { Layout, Spec } from "../spec/spec.ts";
import type { Before, Diversion, Original } from "../state/manifest.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";
import type { Wrapper } from "../wrapper/wrapper.ts";
import { giveBack, makeApart, quiesce, removeApart, takeName } from "./give-back.ts";
import type { Step } from "./plan.ts";
import { flushNames, hasContent, isFile, isSameFile, temporary } from "./shell-tests.ts";

export interface Context {
  layout: Layout;
  spec: Spec;
  /** The real binary. */
  original: Original;
  /** What the binary's path leads away from: the real binary, but for one that was intercepted by hand before. */
  before: Before;
  /** What the wrapper in place runs. */
  former: string | undefined;
  facts: HostFacts;
  state: string;
  /** Where dpkg has the binary, when a package owns it. */
  diversion: Diversion | undefined;
  /** Whether taking back means that nothing of ours is left. */
  first: boolean;
  /** Whether the run before was cut off. */
  cutOff: boolean;
  /** Whether the wrapper that is there is a bash script, and is replaced by a program. */
  handsOver: boolean;
  /** SHA-256 of the wrapper's texts that are ours. */
  texts: string[];
}

export function locate({ layout, original, before, spec, cutOff, facts }: Context, where: string): Step {
  const { binary, real, wrapper } = layout;
  const byHand = before.path !== real;
  const left = new Set([binary, wrapper].map((path) => temporary(path, spec.name)));
  return {
    id: "locate",
    number: 1,
    title: byHand
      ? `Locate what was made by hand at ${binary}, and the real binary: ${real}`
      : original.link
        ? `Locate the real binary: ${binary} was a link to ${original.link}`
        : `Locate the real binary: ${binary}`,
    run: [
      // What that run has done is on disk before this one goes on.
      ...(cutOff ? [`rm -f ${quoteAll([...left])}`, flushNames(binary, real, wrapper)] : []),
      // Cut off after the last rename, before the bridge to it was gone.
      ...(cutOff && factsOf(facts, binary).link === wrapper
        ? [`remove_bridge ${quoteAll([before.path, spec.name])}`]
        : []),
      `probe before ${quote(where)} ${quote(binary)}`,
    ],
    gate: [
      isFile(where === binary ? binary : before.path, before.original),
      ...(byHand ? [isFile(real, original), `[ -x ${quote(real)} ]`] : []),
      `[ -x ${quote(where)} ]`,
    ],
    todo: "It changed since it was looked at, perhaps by an upgrade: run the command again.",
    undo: [],
  };
}

export function keep({ layout, before: { path, original } }: Context): Step {
  const { binary, real } = layout;
  const what = path === real ? "the real binary" : "what was made by hand";
  return {
    id: "keep",
    number: 2,
    title: `Keep ${what} as ${path}: a second name for the same file`,
    run: [...makeApart(layout), `ln -T ${quote(binary)} ${quote(path)}`, flushNames(path)],
    gate: [isFile(path, original), `[ -x ${quote(path)} ]`],
    todo: "A second name can only be made on the same file system, for a file that isn't immutable.",
    // The binary's path runs the original, or what somebody put there since; never the wrapper by now.
    undo: [
      `if [ -x ${quote(binary)} ] && ! [ ${quote(binary)} -ef ${quote(layout.wrapper)} ] && { ${isFile(path, original)} || ${isSameFile(binary, path)}; }; then rm ${quote(path)}; fi`,
      flushNames(path),
      ...removeApart(layout),
    ],
  };
}

/** From then on, an upgrade of the package replaces the real binary, and calls go on through the wrapper. */
export function divert({ layout, diversion }: Context): Step {
  const { path, to } = diversion ?? { path: layout.binary, to: layout.real };
  return {
    id: "divert",
    number: 2,
    title: `Let upgrades of the package go to ${to}, by a diversion of dpkg's`,
    run: [`dpkg-divert --local --no-rename --divert ${quote(to)} --add ${quote(path)}`],
    gate: [`[ "$(dpkg-divert --truename ${quote(path)})" = ${quote(to)} ]`],
    todo: "See what dpkg-divert says above; dpkg-divert --list shows all diversions.",
    undo: [`undivert ${quoteAll([path, to, layout.binary, layout.real])}`],
  };
}

export function writeWrapper(
  { layout, spec, state, facts, first, cutOff, handsOver, texts }: Context,
  wrapper: Wrapper,
  hash: string,
): Step {
  const path = layout.wrapper;
  const fresh = factsOf(facts, path).kind === "none";
  const made = temporary(path, spec.name);
  const previous = join(state, "wrapper.previous");
  const isOurs = hasContent(path, first ? texts : [hash]);
  const keep = `copy_whole ${quoteAll([path, previous])}`;
  return {
    id: "write",
    number: 3,
    title: fresh ? `Write the wrapper ${path}` : `Replace the wrapper ${path} in one rename`,
    run: [
      `rm -f ${quote(made)}`,
      // What the state keeps of it, for a repair, was written before the first step.
      `cat "$state/wrapper" >${quote(made)}`,
      `chmod 0755 ${quote(made)}`,
      `can_run ${quote(made)}`,
      `flush ${quote(made)}`,
      ...(fresh
        ? [`ln -T ${quote(made)} ${quote(path)}`, `rm ${quote(made)}`]
        : [
            ...(first ? [] : [cutOff ? `{ [ -f ${quote(previous)} ] || ${keep}; }` : keep]),
            handsOver ? `hand_over ${quoteAll([path, made])}` : `mv -fT ${quote(made)} ${quote(path)}`,
            `end_hand_over ${quote(path)}`,
          ]),
      flushNames(path),
    ],
    gate: [hasContent(path, [hash]), `[ -x ${quote(path)} ]`],
    todo:
      wrapper.runtime === "native"
        ? "Is the disk full, or the file system mounted noexec? Where the host forbids the program, `runtime: bash` in the file does without it."
        : "Is the disk full, or the file system mounted noexec?",
    undo: [
      `rm -f ${quote(made)}`,
      first || fresh
        ? `if [ -f ${quote(path)} ] && ${isOurs}; then rm ${quote(path)}; fi`
        : `if [ -f ${quote(previous)} ]; then cp -p ${quote(previous)} ${quote(made)} && chmod 0755 ${quote(made)} && flush ${quote(made)} && mv -fT ${quote(made)} ${quote(path)}; fi`,
      flushNames(path),
      ...(fresh ? [] : [`end_hand_over ${quote(path)}`]),
    ],
  };
}

/** Finds out whether the real binary may run under its old name, by what it prints when it does. */
export function keepName({ layout, spec, facts, first, former = layout.target }: Context): Step {
  const { nameFolder, namedReal, target, binary } = layout;
  const take = takeName(layout, former);
  const had = factsOf(facts, nameFolder).kind === "folder";
  const made = temporary(layout.wrapper, spec.name);
  const link = [
    // One that appeared meanwhile is not ours.
    `mkdir ${had ? "-p " : ""}-m 0755 ${quote(nameFolder)}`,
    `lead ${quoteAll([namedReal, target, made])}`,
    flushNames(namedReal, nameFolder),
  ];
  // A call that saw the link is about to use it.
  const retire = `if [ -L ${quote(namedReal)} ]; then let_end 500 find_shells ${quote(layout.wrapper)} running; fi &&\n${take}`;
  // Tried where no call sees it.
  const tried = `"$work"/named/${quote(basename(binary))}`;
  const run = {
    yes: link,
    no: [retire],
    auto: [
      `mkdir -p "$work"/named`,
      `ln -sfT ${quote(target)} ${tried}`,
      `if keeps_name ${quote(target)} ${tried} ${quote(binary)}; then\n${link.join(" &&\n")}\nelse\n${retire}\nfi`,
    ],
  }[spec.keepName];
  return {
    id: "name",
    number: 3,
    title: {
      yes: `Let the real binary keep the name ${basename(binary)}, by a link in ${nameFolder}`,
      no: "Let the real binary run under its own path",
      auto: `Find out whether the real binary has to keep the name ${basename(binary)}, by a link in ${nameFolder}`,
    }[spec.keepName],
    run,
    gate:
      spec.keepName === "no"
        ? [`[ ! -e ${quote(namedReal)} ]`]
        : [`if [ -e ${quote(namedReal)} ]; then [ ${quote(namedReal)} -ef ${quote(target)} ]; fi`],
    todo: "Set `keepName: no` in the file to go without.",
    undo:
      !first && factsOf(facts, namedReal).kind === "file"
        ? [
            `mkdir -p -m 0755 ${quote(nameFolder)}`,
            `lead ${quoteAll([namedReal, former, made])}`,
            flushNames(namedReal, nameFolder),
          ]
        : [take],
  };
}

export function swap({ layout, spec, original, before, facts }: Context): Step {
  const { binary, wrapper, real } = layout;
  const standing = isFile(binary, before.original);
  const { device, inode } = before.original;
  const made = temporary(binary, spec.name);
  // A script is opened again by its interpreter, by the path that was called.
  const script = [binary, before.path].some((path) => {
    const { firstLine, kind } = factsOf(facts, path);
    return kind === "file" && firstLine.startsWith("#!");
  });
  const bridged = `is_bridge ${quoteAll([binary, wrapper])}`;
  // Looked at again directly before the rename: an upgrade that arrived meanwhile stays.
  const rest = (expected: string) => [
    `rm -f ${quote(made)}`,
    `ln -s ${quote(wrapper)} ${quote(made)}`,
    flushNames(made),
    `if ${expected}; then mv -fT ${quote(made)} ${quote(binary)}; else rm -f ${quote(made)}; false; fi`,
    flushNames(binary),
  ];
  return {
    id: "swap",
    number: 4,
    title: `Let ${binary} lead to the wrapper, in one rename`,
    run: script
      ? [
          `{ ${standing} || ${bridged}; }`,
          `bridge ${quoteAll([binary, wrapper, made, spec.name, `${device}:${inode}`])}`,
          ...rest(bridged),
          `remove_bridge ${quoteAll([before.path, spec.name])}`,
        ]
      : [standing, ...rest(standing)],
    gate: [
      `[ "$(readlink ${quote(binary)})" = ${quote(wrapper)} ]`,
      isFile(before.path, before.original),
      ...(before.path === real ? [] : [isFile(real, original)]),
    ],
    todo: "Something else changed the path at the same time: look what is there, and run the command again.",
    // The steps before this one remove, when they are undone, what calls that are on their way still need.
    undo: [
      giveBack(layout, before, spec.name),
      ...quiesce(layout, before),
      ...(script ? [`remove_bridge ${quoteAll([before.path, spec.name])}`] : []),
    ],
  };
}

export function test({ layout, spec }: Context, same: boolean): Step {
  const { binary } = layout;
  return {
    id: "test",
    number: 5,
    title: `Test the interception: ${same ? `${binary} answers as before` : `call ${binary}`}, and look for the calls in the log`,
    run: [`probe after ${quote(binary)} ${quote(binary)}`],
    gate: [
      ...(same ? [`answers_as_before ${quoteAll([layout.target, binary])}`] : []),
      ...(spec.log.none ? [] : ["note_unlogged"]),
    ],
    todo: "See what differs above; `probe` in the file says which arguments are tried.",
    undo: ["forget_probes"],
  };
}

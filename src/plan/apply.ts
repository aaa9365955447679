/** Facts and a compiled policy -> the steps that are still to be done. Pure. */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path/posix";
import { factsOf, type HostFacts, type PathFacts } from "../host/look.ts";
import { changesEnvironment, type Policy } from "../policy/policy.ts";
import { type Layout, layoutOf, type Spec } from "../spec/spec.ts";
import {
  type Before,
  beforeOf,
  cutOffAt,
  type Interception,
  type Manifest,
  type Original,
  since,
  stateFolder,
} from "../state/manifest.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";
import { asSeen, isOriginal } from "./check.ts";
import { privilegeNotes } from "./check-security.ts";
import type { Plan, Step } from "./plan.ts";

export interface ApplyInput {
  spec: Spec;
  policy: Policy;
  /** The wrapper's text for this spec. */
  wrapper: string;
  facts: HostFacts;
  existing: Interception | undefined;
}

/** Texts of our own that a manifest remembers; more than one while an older wrapper is being replaced. */
const rememberedWrappers = 5;

export function planApply({ spec, policy, wrapper, facts, existing }: ApplyInput): Plan {
  const layout = layoutOf(spec);
  const hash = sha256(wrapper);
  const binary = factsOf(facts, layout.binary);
  const atPaths = [binary, factsOf(facts, layout.real), factsOf(facts, layout.byHand)];
  const original = asSeen(existing?.manifest.original ?? originalOf(binary), atPaths);
  const wrappers = [...(existing?.manifest.wrappers ?? []).filter((known) => known !== hash), hash];
  const manifest: Manifest = {
    v: 1,
    name: spec.name,
    file: spec.source,
    binary: layout.binary,
    wrapper: layout.wrapper,
    real: layout.real,
    ...(spec.script === undefined ? {} : { script: spec.script }),
    keepName: spec.keepName,
    probe: spec.probe,
    services: spec.services,
    original,
    ...(existing?.manifest.adopted ? { adopted: asSeen(existing.manifest.adopted, atPaths) } : {}),
    wrappers: wrappers.slice(-rememberedWrappers),
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;

  const before = beforeOf(manifest, layout);
  const atBinary = isOriginal(binary, before.original);
  const swapped = binary.link === layout.wrapper;
  const kept = isOriginal(factsOf(facts, before.path), before.original);
  const written = factsOf(facts, layout.wrapper).sha256 === hash;
  const cut = existing && cutOffAt(existing);
  const complete = existing !== undefined && cut === undefined;
  // A first run, or one that goes on with such a run, or with a rollback, has nothing to fall back to.
  const first = !existing || (cut !== undefined && (cut.run === "rollback" || since(existing) === undefined));
  const context: Context = {
    ...{ layout, spec, original, before, facts, first, cutOff: cut !== undefined },
    former: existing && layoutOf(existing.manifest).target,
    state: stateFolder(facts, spec.name),
    texts: manifest.wrappers,
  };

  const already: string[] = [];
  const changes: Step[] = [];
  const earlier: Step[] = [];
  const add = (isDone: boolean, what: string, step: () => Step) => {
    if (!isDone) {
      changes.push(step());
      return;
    }
    already.push(what);
    const made = step();
    if (cut && (first || made.id === "write")) earlier.push(made);
  };
  const sameName =
    existing?.manifest.keepName === spec.keepName &&
    existing.manifest.script === spec.script &&
    (spec.keepName !== "yes" || factsOf(facts, layout.namedReal).kind === "file");
  const what = manifest.adopted ? "what was made by hand" : "the real binary";
  add(kept, `${before.path} is ${what}`, () => keep(context));
  add(written, `${layout.wrapper} is the wrapper of this policy`, () => writeWrapper(context, wrapper, hash));
  add(complete && sameName && swapped, "how the real binary is named", () => keepName(context));
  add(swapped, `${layout.binary} leads to the wrapper`, () => swap(context));
  const plan: Plan = {
    action: "apply",
    name: spec.name,
    host: spec.host,
    already,
    steps: [],
    earlier,
    fallback: first ? "none" : cut ? "earlier" : "previous",
    state: context.state,
    manifest: text,
    paths: [...new Set(Object.values(layout))],
    probe: spec.probe,
    wrapperName: spec.name,
    environmentRoutes: [null, ...policy.routes.map((route) => route.name)].filter((route) =>
      changesEnvironment(policy, route),
    ),
    notes: [
      ...privilegeNotes(layout, facts),
      ...spec.services.map(
        (service) =>
          `6. ${service} goes through the wrapper from its next call on, without a restart; interpose logs ${spec.name} shows its calls.`,
      ),
    ],
  };
  if (changes.length === 0 && complete) return plan;
  const named = factsOf(facts, layout.namedReal).kind === "file";
  // A script that comes new, or goes, may change what is printed.
  const other = context.former !== undefined && context.former !== layout.target;
  const same = atBinary ? spec.script === undefined || manifest.adopted !== undefined : !other;
  const where = atBinary ? layout.binary : named && !other ? layout.namedReal : layout.target;
  return { ...plan, steps: [locate(context, where), ...changes, test(context, same)] };
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

// ---

interface Context {
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
  /** Whether taking back means that nothing of ours is left. */
  first: boolean;
  /** Whether the run before was cut off. */
  cutOff: boolean;
  /** SHA-256 of the wrapper's texts that are ours. */
  texts: string[];
}

export function originalOf({ path, id, link, sha256: hash }: PathFacts): Original {
  if (!id) throw new RangeError(`there is nothing at ${path}`);
  return {
    link,
    device: id.device,
    inode: id.inode,
    size: id.size,
    mode: id.mode,
    uid: id.uid,
    gid: id.gid,
    modified: id.modified,
    sha256: hash,
  };
}

/** True when the path is the very file, or the very link, that stood at the binary's path. */
export const isFile = (path: string, { device, inode }: { device: number; inode: number }): string =>
  `[ "$(stat -c %d:%i ${quote(path)})" = ${device}:${inode} ]`;

/** True when the file at the path has one of the contents, by their SHA-256. */
export const hasContent = (path: string, hashes: string[]): string =>
  `{ ${hashes.map((hash) => `[ "$(sha256sum <${quote(path)})" = '${hash}  -' ]`).join(" || ")}; }`;

/** Where something is made before it takes its place in one rename; the same name again, so that none is left over. */
export const temporary = (path: string, name: string): string =>
  join(dirname(path), `.${name}.interpose-new`);

function locate({ layout, original, before, spec, cutOff }: Context, where: string): Step {
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
      ...(cutOff ? [`rm -f ${quoteAll([...left])}`] : []),
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

function keep({ layout, before: { path, original } }: Context): Step {
  const { binary, real } = layout;
  const what = path === real ? "the real binary" : "what was made by hand";
  return {
    id: "keep",
    number: 2,
    title: `Keep ${what} as ${path}: a second name for the same file`,
    run: [`ln -T ${quote(binary)} ${quote(path)}`],
    gate: [isFile(path, original), `[ -x ${quote(path)} ]`],
    todo: "A second name can only be made on the same file system, for a file that isn't immutable.",
    // The binary's path runs the original, or what somebody put there since; never the wrapper by now.
    undo: [
      `if [ -x ${quote(binary)} ] && ! [ ${quote(binary)} -ef ${quote(layout.wrapper)} ] && ${isFile(path, original)}; then rm ${quote(path)}; fi`,
    ],
  };
}

function writeWrapper(
  { layout, spec, state, facts, first, cutOff, texts }: Context,
  wrapper: string,
  hash: string,
): Step {
  const path = layout.wrapper;
  const fresh = factsOf(facts, path).kind === "none";
  const made = temporary(path, spec.name);
  const previous = join(state, "wrapper.previous");
  const isOurs = hasContent(path, first ? texts : [hash]);
  const keep = `cp ${quote(path)} ${quote(previous)}`;
  return {
    id: "write",
    number: 3,
    title: fresh ? `Write the wrapper ${path}` : `Replace the wrapper ${path} in one rename`,
    run: [
      `rm -f ${quote(made)}`,
      { command: `cat >${quote(made)}`, text: wrapper, about: "the text that `interpose compile` prints" },
      `chmod 0755 ${quote(made)}`,
      `{ sync ${quote(made)} 2>/dev/null || sync; }`,
      ...(fresh
        ? [`ln -T ${quote(made)} ${quote(path)}`, `rm ${quote(made)}`]
        : [
            ...(first ? [] : [cutOff ? `{ [ -f ${quote(previous)} ] || ${keep}; }` : keep]),
            `mv -fT ${quote(made)} ${quote(path)}`,
          ]),
    ],
    gate: [hasContent(path, [hash]), `[ -x ${quote(path)} ]`, `bash -n ${quote(path)}`],
    todo: "Is the disk full, or the file system mounted noexec?",
    undo: [
      `rm -f ${quote(made)}`,
      first || fresh
        ? `if [ -f ${quote(path)} ] && ${isOurs}; then rm ${quote(path)}; fi`
        : `if [ -f ${quote(previous)} ]; then cp -p ${quote(previous)} ${quote(made)} && chmod 0755 ${quote(made)} && { sync ${quote(made)} 2>/dev/null || sync; } && mv -fT ${quote(made)} ${quote(path)}; fi`,
    ],
  };
}

/** Finds out whether the real binary may run under its old name, by what it prints when it does. */
function keepName({ layout, spec, facts, first, former = layout.target }: Context): Step {
  const { nameFolder, namedReal, target, binary } = layout;
  const take = takeName(layout, former);
  const had = factsOf(facts, nameFolder).kind === "folder";
  const link = [
    // One that appeared meanwhile is not ours.
    `mkdir ${had ? "-p " : ""}-m 0755 ${quote(nameFolder)}`,
    `ln -sfT ${quote(target)} ${quote(namedReal)}`,
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
        ? [`mkdir -p -m 0755 ${quote(nameFolder)}`, `ln -sfT ${quoteAll([former, namedReal])}`]
        : [take],
  };
}

/** Takes the link to what the wrapper runs away, and its folder; what somebody else put there stays. */
export function takeName({ nameFolder, namedReal, target }: Layout, former = target): string {
  const leads = (path: string) => `[ "$(readlink ${quote(namedReal)})" = ${quote(path)} ]`;
  const ours = former === target ? leads(target) : `{ ${leads(target)} || ${leads(former)}; }`;
  return [
    `if ${ours}; then rm ${quote(namedReal)}; fi &&`,
    `{ [ ! -d ${quote(nameFolder)} ] || rmdir ${quote(nameFolder)} || :; }`,
  ].join("\n");
}

function swap({ layout, spec, original, before, facts }: Context): Step {
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
    `if ${expected}; then mv -fT ${quote(made)} ${quote(binary)}; else rm -f ${quote(made)}; false; fi`,
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

/** Waits until no call needs what is to go. One that is in the script still needs the real binary. */
export const quiesce = ({ wrapper, real, target, namedReal }: Layout, before: Before): string[] => [
  `quiesce ${quoteAll([wrapper, real, namedReal])}`,
  ...(target === real || before.path !== real
    ? []
    : [`let_end 3000 find_mentions ${quoteAll([wrapper, target, namedReal])}`]),
];

/** Puts back what stood there over our link in one rename; its second name stays for calls that are under way. */
export function giveBack(
  { binary, wrapper }: Layout,
  { path, original }: Before,
  name: string,
  /** A file that is taken away from there as our link is. */
  instead?: Original,
): string {
  const made = temporary(binary, name);
  const ours = `{ [ "$(readlink ${quote(binary)})" = ${quote(wrapper)} ] || is_bridge ${quoteAll([binary, wrapper])}${
    instead ? ` || ${isFile(binary, instead)}` : ""
  }; }`;
  return [
    `if ${ours} && ${isFile(path, original)}; then`,
    `\trm -f ${quote(made)} && ln -T ${quote(path)} ${quote(made)} &&`,
    `\t${ours} && mv -fT ${quote(made)} ${quote(binary)}`,
    "fi",
  ].join("\n");
}

function test({ layout }: Context, same: boolean): Step {
  const { binary } = layout;
  return {
    id: "test",
    number: 5,
    title: `Test the interception: ${same ? `${binary} answers as before, and ` : ""}the log has the calls`,
    run: [`probe after ${quote(binary)} ${quote(binary)}`],
    gate: [...(same ? ["answers_as_before"] : []), "logged_the_calls"],
    todo: "See what differs above; `probe` in the file says which arguments are tried.",
    undo: ["forget_probes"],
  };
}

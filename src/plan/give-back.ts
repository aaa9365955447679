/** Taking back what an interception added, as commands that several plans use. */
import type { Layout } from "../spec/spec.ts";
import type { Before, Original } from "../state/manifest.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";
import { flushNames, isFile, temporary } from "./shell-tests.ts";

/** Takes the link to what the wrapper runs away, and its folder; what somebody else put there stays. */
export function takeName({ nameFolder, namedReal, target }: Layout, former = target): string {
  const leads = (path: string) => `[ "$(readlink ${quote(namedReal)})" = ${quote(path)} ]`;
  const ours = former === target ? leads(target) : `{ ${leads(target)} || ${leads(former)}; }`;
  return [
    `if ${ours}; then rm ${quote(namedReal)}; fi &&`,
    `{ [ ! -d ${quote(nameFolder)} ] || rmdir ${quote(nameFolder)} || :; } &&`,
    `flush_names ${quote(namedReal)}`,
  ].join("\n");
}

/** The directory of the helper names, where they have one of their own. */
export const makeApart = ({ apart }: Layout): string[] =>
  apart === undefined ? [] : [`make_apart ${quote(apart)}`];
/** What somebody else put there stays. */
export const removeApart = ({ apart }: Layout): string[] =>
  apart === undefined ? [] : [`remove_apart ${quote(apart)}`];

/** Waits until no call needs what is to go. One that is in the script still needs the real binary. */
export const quiesce = ({ wrapper, real, target, namedReal }: Layout, before: Before): string[] => [
  `quiesce ${quoteAll([wrapper, real, namedReal])}`,
  ...(target === real || before.path !== real
    ? []
    : [`let_end 3000 find_mentions ${quoteAll([wrapper, target, namedReal])}`]),
];

/** Puts back what stood there, which an upgrade may have replaced since, over our link in one rename; its second name stays for calls that are under way. */
export function giveBack(
  { binary, wrapper }: Layout,
  { path }: Pick<Before, "path">,
  name: string,
  /** A file that is taken away from there as our link is. */
  instead?: Original,
): string {
  const made = temporary(binary, name);
  const ours = `{ [ "$(readlink ${quote(binary)})" = ${quote(wrapper)} ] || is_bridge ${quoteAll([binary, wrapper])}${
    instead ? ` || ${isFile(binary, instead)}` : ""
  }; }`;
  return [
    // A link is as it was, also where what it led to is gone.
    `if ${ours} && { [ -x ${quote(path)} ] || [ -L ${quote(path)} ]; } && ! [ ${quote(path)} -ef ${quote(wrapper)} ]; then`,
    `\trm -f ${quote(made)} && ln -T ${quote(path)} ${quote(made)} &&`,
    `\t${ours} && mv -fT ${quote(made)} ${quote(binary)}`,
    `fi && ${flushNames(binary)}`,
  ].join("\n");
}

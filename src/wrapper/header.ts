import { basename } from "node:path/posix";
import type { Policy } from "../policy/policy.ts";
import type { Layout } from "../spec/spec.ts";
import type { WrapperInput } from "./bash/compile.ts";
import { displayed, quote } from "./quote.ts";

/** The first line, and the comment that tells a reader what this is and how to be rid of it. */
export function headerLines({ policy, layout, keepName, source }: WrapperInput): string[] {
  const { binary, wrapper, real, target, byHand } = layout;
  const script = target !== real;
  const leftovers = leftoversOf(layout, keepName).map(quote).join(" ");
  return [
    `#!/bin/bash ${wrapper}`,
    `${headerStart(wrapper)}${displayed(binary)}${script ? ` and ends in ${displayed(target)}` : ""}. interpose made it`,
    ...[
      `from ${source}: change that file, not this.`,
      `Take it away: interpose rollback ${policy.name}, or by hand, the last once no call is left in it:`,
      `  mv -T ${quote(real)} ${quote(binary)}`,
      ...(script ? [`or, where that is there: mv -T ${quote(byHand)} ${quote(binary)}`] : []),
      `  rm -rf ${leftovers}`,
      ...(policy.log.none ? [] : [`What went through it: interpose logs ${policy.name}`]),
      "By its first line bash finds it even while the path that was called, $1, is being swapped. Names start with __ to leave the caller's alone.",
    ].map(comment),
  ];
}

/** How the second line begins; it tells an edited wrapper from other programs. */
export const headerStart = (wrapper: string): string => comment(`${basename(wrapper)} stands in for `);

/** The one line of a call that is stopped; what recognises it goes by its beginning and the status 126. */
export const loopMessage = ({ binary, target }: Layout, { name }: Policy): string =>
  displayed(
    `interpose: ${name}: stopped, since ${target} comes back to ${binary} again and again: ` +
      `let it call ${target}, or take the interception away: interpose rollback ${name}`,
  );

/** What is left when the path has been given back. */
export const leftoversOf = ({ wrapper, nameFolder, apart }: Layout, keepName: boolean): string[] => [
  ...new Set([
    ...[wrapper, ...(keepName ? [nameFolder] : [])].map((path) =>
      apart && path.startsWith(`${apart}/`) ? apart : path,
    ),
    ...(apart === undefined ? [] : [apart]),
  ]),
];

// ---

const comment = (text: string): string => `# ${displayed(text)}`;

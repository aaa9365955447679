import { basename } from "node:path/posix";
import type { WrapperInput } from "./compile.ts";
import { displayed, quote } from "./quote.ts";

/**
 * The first line, and the comment that tells a reader what this is and how to be rid of it. Bash reads it at
 * each call, a tenth of a microsecond for each character or so; what can wait is in the footer.
 */
export function headerLines({ policy, layout, keepName, source }: WrapperInput): string[] {
  const { binary, wrapper, real, target, nameFolder, byHand } = layout;
  const script = target !== real;
  const leftovers = [wrapper, ...(keepName ? [nameFolder] : [])].map(quote).join(" ");
  return [
    `#!/bin/bash ${wrapper}`,
    `${headerStart(wrapper)}${displayed(binary)}${script ? ` and ends in ${displayed(target)}` : ""}. interpose made it`,
    ...[
      `from ${source}: change that file, not this.`,
      `Take it away: interpose rollback ${policy.name}, or by hand, the last once no call is left in it:`,
      `  mv -T ${quote(real)} ${quote(binary)}`,
      ...(script ? [`or, where that is there: mv -T ${quote(byHand)} ${quote(binary)}`] : []),
      `  rm -rf ${leftovers}`,
    ].map(comment),
  ];
}

/** What bash doesn't read, because a call is over by then. */
export function footerLines({ policy }: WrapperInput): string[] {
  return [
    `What went through it: interpose logs ${policy.name}`,
    "The first line names this file, so that bash finds it even while the path that was called is being",
    "swapped; that path comes as $1. Variables start with __ to leave the caller's alone.",
  ].map(comment);
}

/** How the second line begins; it tells an edited wrapper from other programs. */
export const headerStart = (wrapper: string): string => comment(`${basename(wrapper)} stands in for `);

// ---

const comment = (text: string): string => `# ${displayed(text)}`;

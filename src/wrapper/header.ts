import { basename } from "node:path/posix";
import type { WrapperInput } from "./compile.ts";
import { displayed, quote } from "./quote.ts";

/** The first line, and the comment that tells a reader what this is and how to be rid of it. */
export function headerLines({ policy, layout, keepName, source }: WrapperInput): string[] {
  const { binary, wrapper, real, target, nameFolder, byHand } = layout;
  const script = target !== real;
  const comment = (text: string) => (text === "" ? "#" : `# ${displayed(text)}`);
  const leftovers = [wrapper, ...(keepName ? [nameFolder] : [])].map(quote).join(" ");
  return [
    `#!/bin/bash ${wrapper}`,
    ...[
      `${basename(wrapper)} stands in for ${binary} and ends in ${script ? `${target},` : "the real one,"}`,
      ...(script ? ["which is run as it is, and ends in the real one,"] : []),
      `${real}. interpose made it from ${source}: change that file, not this.`,
      "",
      `What went through it:  interpose logs ${policy.name}`,
      `Take it away:          interpose rollback ${policy.name}`,
      `By hand:               mv -T ${quote(real)} ${quote(binary)}`,
      ...(script ? [`or, where that is there: mv -T ${quote(byHand)} ${quote(binary)}`] : []),
      "then, when no call is left that came through it:",
      `                       rm -rf ${leftovers}`,
      "",
      "The first line names this file, so that bash finds it even while the path that was called is being",
      "swapped; that path comes as $1. Variables start with __ to leave the caller's alone.",
    ].map(comment),
  ];
}

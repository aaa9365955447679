/** What others have put where programs are found, as `status --all` shows it. */
import { dirname } from "node:path/posix";
import { describeStanding } from "../foreign/describe.ts";
import type { foreignOn } from "../foreign/standing.ts";
import { displayed, quote } from "../wrapper/quote.ts";
import type { Output } from "./output.ts";

type Foreign = ReturnType<typeof foreignOn>;

/** Names that are shown of links that come in dozens. */
const mostNames = 8;

export function foreignLines(foreign: Foreign, { paint, on }: Output): string[] {
  const dozens = new Map<string, string[]>();
  const lines: string[] = [];
  for (const { path, standing } of foreign) {
    if (standing.kind === "alternative" || standing.kind === "shim") {
      const whose =
        standing.kind === "shim" ? `shims of ${standing.manager}` : "links of update-alternatives";
      const group = `${dirname(path)}: ${whose}`;
      dozens.set(group, [...(dozens.get(group) ?? []), path.slice(path.lastIndexOf("/") + 1)]);
      continue;
    }
    lines.push(`${displayed(path)}: ${displayed(describeStanding(standing))}`);
    if (standing.kind === "by-hand") {
      const todo = standing.realThere
        ? `Take it under management: interpose adopt ${quote(path)}${on}`
        : `Put ${standing.real} back.`;
      lines.push(`  ${paint.bold(displayed(todo))}`);
    }
  }
  for (const [group, names] of dozens) {
    const more = names.length > mostNames ? `, and ${names.length - mostNames} more` : "";
    lines.push(displayed(`${group}: ${names.slice(0, mostNames).join(", ")}${more}`));
  }
  return lines;
}

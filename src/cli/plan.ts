import { type ExitCode, exitCodes, failure } from "../finding/finding.ts";
import { prepareApply } from "../plan/prepare.ts";
import { renderMarkdown } from "../plan/render-markdown.ts";
import { renderShell } from "../plan/render-sh.ts";
import { loadFile } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import type { CommandContext } from "./program.ts";
import { planDocument, planLines } from "./steps.ts";

export async function plan(
  { output, hosts }: CommandContext,
  file: string,
  { as, ...options }: { as?: "sh" | "markdown" } & HostOptions,
): Promise<ExitCode> {
  const loaded = loadFile(file);
  const prepared = await prepareApply(loaded, hosts.find(options, loaded.spec));
  if ("unfinishedRepair" in prepared) {
    const { name } = loaded.spec;
    throw failure({ code: "run-cut-off", args: { run: "repair", step: "start", name } });
  }
  const rendered =
    as === "sh"
      ? renderShell(prepared.plan)
      : as === "markdown"
        ? renderMarkdown(prepared.plan, loaded.spec.source)
        : "";
  if (as === undefined) for (const line of planLines(prepared.plan, output)) output.line(line);
  else output.text(rendered.trimEnd());
  output.document(as === undefined ? planDocument(prepared.plan) : { as, text: rendered });
  return exitCodes.done;
}

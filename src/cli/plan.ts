import { type ExitCode, exitCodes, failure } from "../finding/finding.ts";
import { prepareApply } from "../plan/prepare.ts";
import { renderMarkdown } from "../plan/render-markdown.ts";
import { renderShell } from "../plan/render-sh.ts";
import { loadFile } from "./file.ts";
import type { HostOptions } from "./hosts.ts";
import { planSummary } from "./plan-summary.ts";
import type { CommandContext } from "./program.ts";
import { planDocument, planLines } from "./steps.ts";

export async function plan(
  { output, hosts }: CommandContext,
  file: string,
  { as, verbose = false, ...options }: { as?: "sh" | "markdown"; verbose?: boolean } & HostOptions,
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
  const lines = verbose ? planLines(prepared.plan, output) : planSummary(loaded, prepared, output);
  if (as === undefined) for (const line of lines) output.line(line);
  else output.text(rendered.trimEnd());
  const document = { ...planDocument(prepared.plan), ...prepared.runtime };
  output.document(as === undefined ? document : { as, text: rendered });
  return exitCodes.done;
}

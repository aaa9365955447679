import { failure, usageError } from "../finding/finding.ts";
import { displayed } from "../wrapper/quote.ts";
import type { Output } from "./output.ts";

/**
 * Asks before something is changed.
 * @throws InterposeError: exit 2 where there is no terminal to ask on, 1 when the answer is no
 */
export async function confirmChange(
  question: string,
  { yes, output }: { yes: boolean; output: Output },
): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stdout.isTTY || output.json)
    throw usageError({ code: "needs-yes", args: {} });
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: displayed(question) });
  if (isCancel(answer) || !answer) throw failure({ code: "not-confirmed", args: {} });
}

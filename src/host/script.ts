/** Scripts that look at a host and change nothing. */
import { type InterposeError, unreachable } from "../finding/finding.ts";
import type { Host, RunResult } from "./host.ts";

/**
 * @param parts functions of sh, each named once in all of them
 * @param calls lines of sh that call them
 */
export const lookingScript = (parts: readonly string[], calls: readonly string[]): string =>
  [
    "LC_ALL=C; export LC_ALL",
    ...parts,
    "main() {",
    // The folder that it was called in may be gone, which each shell would complain of.
    "\tcd /",
    ...calls.map((call) => `\t${call}`),
    "}",
    "main </dev/null",
    "",
  ].join("\n");

/** What is thrown where a script printed something else than it should. */
export function noAnswer(
  host: Host,
  { status, stderr }: Pick<RunResult, "status" | "stderr">,
): InterposeError {
  const said = stderr.toString("utf8").trim() || `exit status ${status}`;
  return unreachable({ code: "no-answer", args: { host: host.name, said } });
}

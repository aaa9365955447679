/** Asks the wrapper's own text what it would do with a call, without running or logging anything. */
import { failure } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import { compileWrapper } from "./compile.ts";
import { hereDocument } from "./here-document.ts";
import { quoteAll } from "./quote.ts";

export interface Decision {
  /** The name of the route that is taken; null when the file has none. */
  route: string | null;
  /** The arguments that the real binary would get; null when the call is denied. */
  argv: string[] | null;
  /** Durations in seconds, sizes in bytes; null for one that can't be had. Only those that were asked for. */
  facts: Record<string, number | null>;
  /** Why, in order: the conditions that were tried. */
  because: string[];
  /** Environment variables that the route sets; null for one that it removes. */
  env: Record<string, string | null>;
  errors: string[];
  deny?: { exit: number; message: string };
}

/** @throws InterposeError (exit 1) when the host's bash can't run the text */
export async function decide(
  host: Host,
  { spec, policy }: Loaded,
  args: readonly string[],
): Promise<Decision> {
  const input = { policy, layout: layoutOf(spec), keepName: false, source: spec.source };
  const text = compileWrapper(input, "explain");
  const { head, document } = hereDocument(
    `/bin/bash /dev/fd/3 ${quoteAll([spec.binary, ...args])}`,
    text,
    "3",
  );
  const script = ["main() {", head, document, "}", "main </dev/null", ""].join("\n");
  const { status, stdout, stderr } = await host.run(script);
  const fields = stdout.toString("utf8").split("\0");
  if (status !== 0 || fields.length < 6) {
    throw failure({
      code: "no-answer",
      args: { host: host.name, said: stderr.toString("utf8").trim() || `exit status ${status}` },
    });
  }
  const [route = "", facts = "", denied = "", message = "", count = "0", ...rest] = fields.slice(0, -1);
  const errors = rest.slice(0, Number(count));
  const words = rest.slice(Number(count));
  const decision: Omit<Decision, "because"> = {
    route: route === "" ? null : route,
    argv: denied === "" ? words : null,
    facts: JSON.parse(`{${facts}}`) as Decision["facts"],
    env: {},
    errors,
    ...(denied === "" ? {} : { deny: { exit: Number(denied), message } }),
  };
  const taken = policy.routes.find(({ name }) => name === route);
  const edits =
    taken?.action.kind === "deny"
      ? []
      : [taken?.action.kind === "pass" ? taken.action.edits : undefined, policy.always];
  for (const edit of edits) for (const { name, value } of edit?.env ?? []) decision.env[name] = value;
  const reasons = because(decision, policy);
  if (spec.script !== undefined && decision.argv !== null) {
    reasons.push(`${spec.script} is run with these arguments; what it makes of them is its own affair`);
  }
  return { ...decision, because: reasons };
}

// ---

/** The routes are tried in order, so the one that is taken tells what became of those before it. */
function because(decision: Omit<Decision, "because">, policy: Loaded["policy"]): string[] {
  if (policy.routes.length === 0) return ["there are no routes, so only `always` applies"];
  const index = policy.routes.findIndex(({ name }) => name === decision.route);
  const byError = policy.onError === decision.route && decision.errors.length > 0;
  const reasons = decision.errors.map((error) => `a fact can't be had: ${error}`);
  if (byError) return [...reasons, `${decision.route}: onError, because a condition needed that fact`];
  for (const { name, source } of policy.routes.slice(0, index))
    reasons.push(`${name}: not taken, ${source} does not hold`);
  const taken = policy.routes[index];
  if (taken)
    reasons.push(
      taken.source === undefined
        ? `${taken.name}: the last route, for every other call`
        : `${taken.name}: ${taken.source} holds`,
    );
  return reasons;
}

/** Asks the wrapper itself what it would do with a call, without running or logging anything. */
import { failure } from "../finding/finding.ts";
import type { Host, RunResult } from "../host/host.ts";
import { commandLines, writing } from "../plan/render-sh.ts";
import type { Loaded } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import { compileWrapper } from "../wrapper/compile.ts";
import { hereDocument } from "../wrapper/here-document.ts";
import { quoteAll } from "../wrapper/quote.ts";
import type { Wrapper } from "../wrapper/wrapper.ts";

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

/**
 * @param wrapper what the host gets
 * @throws InterposeError (exit 1) when the host can't run it
 */
export async function decide(
  host: Host,
  loaded: Loaded,
  args: readonly string[],
  wrapper: Wrapper,
): Promise<Decision> {
  const { spec, policy } = loaded;
  const asked = wrapper.runtime === "native" ? await askProgram(host, wrapper, args) : undefined;
  // Where no program may be run from a scratch directory, the script says the same.
  const { status, stdout, stderr } = asked?.status === 0 ? asked : await askScript(host, loaded, args);
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

/** By the name under which the program explains; see wrapper/explain.c. */
function askProgram(host: Host, wrapper: Wrapper, args: readonly string[]): Promise<RunResult> {
  const script = [
    "main() {",
    "scratch=$(mktemp -d) || return 1",
    ...writing(wrapper, '"$scratch/wrapper"').flatMap((command) => {
      const { head, document } = commandLines(command);
      return document === undefined ? [head] : [head, document];
    }),
    'chmod 0755 "$scratch/wrapper" && ln -s wrapper "$scratch/interpose-explain"',
    `"$scratch/interpose-explain" ${quoteAll(args)}`,
    "status=$?",
    'rm -rf "$scratch"',
    'return "$status"',
    "}",
    "main </dev/null",
    "",
  ];
  return host.run(script.join("\n"));
}

function askScript(host: Host, { spec, policy }: Loaded, args: readonly string[]): Promise<RunResult> {
  const input = { policy, layout: layoutOf(spec), keepName: false, source: spec.source };
  const { head, document } = hereDocument(
    `/bin/bash /dev/fd/3 ${quoteAll([spec.binary, ...args])}`,
    compileWrapper(input, "explain"),
    "3",
  );
  return host.run(["main() {", head, document, "}", "main </dev/null", ""].join("\n"));
}

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

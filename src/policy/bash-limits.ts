/** What only the program can decide and do, and a bash script can't: each is a finding where a script is wanted. */
import type { SpecPath } from "../spec/read.ts";
import type { Spec } from "../spec/spec.ts";
import type { PolicyFinding } from "./compile.ts";
import { needsOf, type Policy } from "./policy.ts";

/** @returns nothing where the bash rendering says the same as the policy */
export function bashLimits(spec: Spec, policy: Policy): PolicyFinding[] {
  const findings: PolicyFinding[] = [];
  const asked = (path: SpecPath, part: Partial<Policy>) => {
    const { variables } = needsOf({ ...policy, facts: [], routes: [], ...part });
    for (const name of variables)
      if (isShellOwned(name))
        findings.push({ path, finding: { code: "shell-variable-asked", args: { name } } });
  };
  const set = (path: SpecPath, names: Record<string, unknown> | undefined) => {
    for (const name of Object.keys(names ?? {}))
      if (isShellOwned(name) && !settable.includes(name))
        findings.push({ path: [...path, name], finding: { code: "shell-variable", args: { name } } });
  };
  for (const fact of policy.facts)
    asked(["facts", fact.name, fact.kind], {
      facts: [fact],
      routes: [{ name: "", when: asksFor(fact.name), action: { kind: "deny", exit: 1, message: "" } }],
    });
  policy.routes.forEach((route, index) => {
    asked(["routes", index, "when"], { routes: [route] });
    set(["routes", index, "env"], spec.routes[index]?.env);
  });
  set(["always", "env"], spec.always.env);
  return findings;
}

// ---

const asksFor = (name: string) =>
  ({
    kind: "compareInt",
    operator: "==",
    left: { kind: "fact", name },
    right: { kind: "literal", value: 0n },
  }) as const;

/** The script's own names begin so. */
const isShellOwned = (name: string): boolean => shellOwned.includes(name) || name.startsWith("__");

/** Bash passes on what these are set to. */
const settable = ["LC_ALL", "PWD", "OLDPWD"];

/** Variables that bash sets or changes as it starts, so that the caller's value is not there to be seen. */
const shellOwned = [
  "_",
  "BASH",
  "BASHOPTS",
  "BASHPID",
  "BASH_ALIASES",
  "BASH_ARGC",
  "BASH_ARGV",
  "BASH_ARGV0",
  "BASH_CMDS",
  "BASH_COMMAND",
  "BASH_LINENO",
  "BASH_SOURCE",
  "BASH_SUBSHELL",
  "BASH_VERSINFO",
  "BASH_VERSION",
  "COMP_WORDBREAKS",
  "DIRSTACK",
  "EPOCHREALTIME",
  "EPOCHSECONDS",
  "EUID",
  "FUNCNAME",
  "GROUPS",
  "HISTCMD",
  "IFS",
  "LC_ALL",
  "LINENO",
  "OLDPWD",
  "OPTARG",
  "OPTERR",
  "OPTIND",
  "PIPESTATUS",
  "PPID",
  "PS4",
  "PWD",
  "RANDOM",
  "SECONDS",
  "SHELLOPTS",
  "SHLVL",
  "SRANDOM",
  "UID",
];

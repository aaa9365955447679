import type { Policy } from "../../policy/policy.ts";
import type { Layout } from "../../spec/spec.ts";
import { displayed, quote, quoteAll } from "../quote.ts";
import { parentWords } from "./common-call.ts";
import type { WrapperInput } from "./compile.ts";
import json from "./json.bash?raw";
import { indented, part } from "./lines.ts";
import lookBack from "./look-back.bash?raw";
import recordPart from "./record.bash?raw";
import redact from "./redact.bash?raw";
import { passedWords, type Shape } from "./shape.ts";

/** So many calls of one process, or of a line of ancestors, are taken for a loop. */
const mostTurns = 50;

/** Words that a record keeps at most, unless the policy wants them all. */
const mostWords = 256;

/** What only some calls need: words with quotes or other alphabets, many words, a first call, a refusal. */
export function rareLines({ policy, layout }: WrapperInput, shape: Shape): string[] {
  const settings = [
    `__name=${quote(policy.name)}`,
    `__route_json=${shape.routes ? '\\"$__route\\"' : "null"}`,
    `__full=${policy.log.full ? "1" : "''"}`,
    `__log='' __folder='' __not_utf8='' __around='' __passed=() __hidden='' __looped='' __most=${mostTurns}`,
    ...(shape.prepends ? [] : ["__prepend=() __prepended=''"]),
    ...(shape.appends ? [] : ["__append=() __appended=''"]),
    ...(shape.denies ? [] : ["__denied=''"]),
    ...(shape.facts ? [] : ["__facts='' __errors=()"]),
  ];
  const counts: string[] = [];
  if (shape.prepends) counts.push("${#__prepend[@]}");
  counts.push("$#");
  if (shape.appends) counts.push("${#__append[@]}");
  const first = policy.log.full ? '"$@"' : `"\${@:1:${mostWords}}"`;
  const gather = [
    ...(policy.log.full
      ? ['__received=("$@")']
      : [
          // Bash copies all words for a part of them; the kernel gives away the first ones for less.
          `if (($# <= ${mostWords})) || ! mapfile -d '' -s 3 -n ${mostWords} __received <"/proc/$$/cmdline" ||`,
          `\t((\${#__received[@]} < ${mostWords})); then`,
          `\t__received=(${first})`,
          "fi",
        ]),
    "__argc=$#",
    ...(shape.redacts ? [`__passed=(${passedWords(shape, '"${__received[@]}"')})`] : ["__around=1"]),
  ];
  const changed = [
    "__argc=${#__received[@]}",
    `__passed=(${passedWords(shape, first)})`,
    ...(policy.log.full ? [] : [`__received=("\${__received[@]:0:${mostWords}}")`]),
  ];
  const changes = shape.appends || shape.changes;
  const run = `\ttrap 'exec -a "$__invoked" "$__real" ${passedWords(shape)}' EXIT`;
  const giveUp = shape.denies
    ? ["\tif [[ $__denied ]]; then", `\t\ttrap 'exit "$__denied"' EXIT`, "\telse", `\t${run}`, "\tfi"]
    : [run];
  return [
    ...part(json),
    "",
    ...(shape.redacts ? [...part(redact), ""] : []),
    ...part(recordPart),
    "",
    ...part(lookBack),
    "",
    settings.join(" "),
    "unset -v FUNCNEST",
    "{",
    "\t__caller=() __parent=() __cgroup=()",
    '\tmapfile -t __caller <"/proc/$PPID/comm"',
    `\tmapfile -d '' -n ${parentWords + 1} __parent <"/proc/$PPID/cmdline"`,
    '\tmapfile -t __cgroup <"/proc/$$/cgroup"',
    ...(changes
      ? [
          "\tif [[ $__edited ]]; then",
          ...indented(indented(changed)),
          "\telse",
          ...indented(indented(gather)),
          "\tfi",
        ]
      : indented(gather)),
    counts.length === 1 ? "\t__exec_argc=$#" : `\t__exec_argc=$((${counts.join(" + ")}))`,
    ...(shape.redacts
      ? [
          `\t__secret=(${quoteAll(policy.log.redact)})`,
          "\t# The parent may have the same secrets in other places, or all of its words in its first.",
          '\t__hidden=${__parent[1]+x} __parent=("${__parent[@]:0:1}")',
          '\tif [[ ${__parent-} == *[[:space:]]* ]]; then __hidden=1 __parent=("${__parent%%[[:space:]]*}"); fi',
          '\t__redact "${__received[@]}"',
          '\t__received=("${__words[@]}")',
          '\t__redact "${__passed[@]}"',
          '\t__passed=("${__words[@]}")',
        ]
      : []),
    "\t# Bash gives up where it can't fork. What was decided is done all the same.",
    ...giveUp,
    `\tif [[ $__common == again${shape.denies ? " && ! $__denied" : ""} ]]; then __look_back; fi`,
    `\tif [[ $__looped ]]; then trap 'exit 126' EXIT; fi`,
    "\tif [[ $__common != logged ]]; then __record; fi",
    "\ttrap - EXIT",
    "\tif [[ $__log ]]; then exec {__log}<&-; fi",
    "} 2>/dev/null",
    "if [[ $__looped ]]; then",
    "\ttrap '' PIPE",
    `\tprintf '%s\\n' ${quote(loopMessage(layout, policy))} >&2`,
    "fi",
    'if [[ $__denied ]]; then exit "$__denied"; fi',
  ];
}

// ---

/** The one line of a call that is stopped; what recognises it goes by its beginning and the status 126. */
const loopMessage = ({ binary, target }: Layout, { name }: Policy): string =>
  displayed(
    `interpose: ${name}: stopped, since ${target} comes back to ${binary} again and again: ` +
      `let it call ${target}, or take the interception away: interpose rollback ${name}`,
  );

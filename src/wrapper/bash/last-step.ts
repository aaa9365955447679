/** The last steps of a wrapper: the real binary, a refusal, or the decision instead of either. */

import { quote } from "../quote.ts";
import type { WrapperInput } from "./compile.ts";
import { environmentEdits } from "./edits.ts";
import { passedWords, type Shape } from "./shape.ts";

/** The edits of the environment, and the file that is run when all is well. */
export function firstTargetLines(input: WrapperInput, shape: Shape): string[] {
  return [...environmentEdits(input.policy, shape), `__real=${targets(input)[0]}`];
}

/** Which file is run when that one isn't there: it may have gone since the call began. */
export function targetLines(input: WrapperInput): string[] {
  const { wrapper } = input.layout;
  // Where the script is gone, the real binary is better than nothing.
  return [
    "# __find_real: sets __real to a path by which the real binary can be run now, the best first.",
    "__find_real() {",
    ...targets(input).flatMap((path) => [`\t__real=${path}`, "\tif [[ -x $__real ]]; then return; fi"]),
    `\tif [[ -e $__real || $__invoked -ef ${quote(wrapper)} ]]; then return; fi`,
    "\t# The interception was taken away.",
    "\t__real=$__invoked",
    "\tif [[ $__real != */* ]]; then __real=./$__real; fi",
    "}",
    // For a call that can't fork, which ends in a trap before it comes to the last lines.
    "if [[ ! -x $__real ]]; then __find_real; fi",
  ];
}

export function denyLines(): string[] {
  return [
    "# A refusal: one line for the caller, and the status that the policy names.",
    "if [[ $__denied ]]; then",
    "\ttrap '' PIPE",
    "\tprintf '%s\\n' \"$__message\" >&2",
    "fi",
  ];
}

export function explainLines(shape: Shape): string[] {
  return [
    "# Instead of the last step: the decision.",
    `printf '%s\\0' ${shape.routes ? '"$__route"' : "''"} ${shape.facts ? '"${__facts:1}"' : "''"} ${
      shape.denies ? '"$__denied" "${__message-}"' : "'' ''"
    } ${shape.facts ? '${#__errors[@]} "${__errors[@]}"' : "0"} ${passedWords(shape)}`,
  ];
}

/** The environment as the caller gave it, whatever it was; then the real binary. */
export function lastLines(shape: Shape): string[] {
  return [
    "{",
    "\tif mapfile -d '' __environ <\"/proc/$$/environ\"; then",
    "\t\tdeclare +x PWD",
    "\t\t__last='' __level=''",
    '\t\tfor __word in "${__environ[@]}"; do',
    "\t\t\tcase $__word in",
    '\t\t\tPWD=* | OLDPWD=* | FUNCNEST=* | PS[124]=* | IFS=* | OPTIND=* | OPTERR=*) declare -x "$__word" ;;',
    "\t\t\tSHLVL=*) __level=1 ;;",
    "\t\t\t_=*) __last=$__word ;;",
    "\t\t\tesac",
    "\t\tdone",
    "\t\tif [[ ! $__level ]]; then",
    "\t\t\tunset -v SHLVL",
    "\t\t\t# Exec exports SHLVL, but can't export an array.",
    "\t\t\tSHLVL=()",
    "\t\tfi",
    "\tfi",
    "\tif [[ $__locale ]]; then LC_ALL=${__locale:1}; fi",
    "} 2>/dev/null",
    "",
    "# Again only where it was not there, and its folder has changed since the call began.",
    "for __turn in 1 2 3; do",
    "\t__find_real",
    "\tif [[ $__last ]]; then",
    `\t\t_=\${__last#_=} exec -a "$__invoked" "$__real" ${passedWords(shape)}`,
    "\telse",
    `\t\texec -a "$__invoked" "$__real" ${passedWords(shape)}`,
    "\tfi",
    "\t__status=$?",
    "\tif [[ $__status != 127 || ! ${__real%/*} -nt /proc/$$ ]]; then break; fi",
    "done",
    'exit "$__status"',
  ];
}

// ---

/** What may be run, the best first. */
function targets({ layout, keepName }: WrapperInput): string[] {
  return [
    ...(keepName ? [layout.namedReal] : []),
    ...(layout.target === layout.real ? [] : [layout.target]),
    layout.real,
  ].map(quote);
}

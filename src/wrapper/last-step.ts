/** The last steps of a wrapper: the real binary, a refusal, or the decision instead of either. */

import type { WrapperInput } from "./compile.ts";
import { environmentEdits } from "./edits.ts";
import { quote } from "./quote.ts";
import { passedWords, type Shape } from "./shape.ts";

/** The edits of the environment, and the file that is run when all is well. */
export function firstTargetLines(input: WrapperInput, shape: Shape): string[] {
  return [...environmentEdits(input.policy, shape), `__real=${targets(input)[0]}`];
}

/** Which file is run when that one isn't there. */
export function targetLines(input: WrapperInput): string[] {
  const { real, wrapper } = input.layout;
  // Where the script is gone, the real binary is better than nothing.
  const others = targets(input).slice(1, -1);
  return [
    "if [[ ! -x $__real ]]; then",
    ...(targets(input).length > 1 ? [`\t__real=${quote(real)}`] : []),
    ...others.flatMap((path, index) => [
      `\t${index > 0 ? "elif" : "if"} [[ -x ${path} ]]; then`,
      `\t\t__real=${path}`,
    ]),
    `\t${others.length > 0 ? "elif" : "if"} [[ ! -e $__real && ! $__invoked -ef ${quote(wrapper)} ]]; then`,
    "\t\t# It is just being given back.",
    "\t\t__real=$__invoked",
    "\tfi",
    "fi",
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

export function lastLines({ layout, keepName }: WrapperInput, shape: Shape): string[] {
  const real = quote(layout.real);
  return [
    ...passLines(shape),
    "",
    "# Only when it could not be run: while the interception is being changed or taken away, it is still, or again,",
    "# to be had by another path.",
    ...(keepName || layout.target !== layout.real
      ? [
          `if [[ $__real != ${real} && ! -e $__real && -e ${real} ]]; then`,
          `\texec -a "$__invoked" ${real} ${passedWords(shape)}`,
          "fi",
        ]
      : []),
    `if [[ ! -e ${real} && ! $__invoked -ef ${quote(layout.wrapper)} ]]; then`,
    `\tif [[ $__invoked != */* ]]; then __invoked=./$__invoked; fi`,
    `\texec -a "$__invoked" "$__invoked" ${passedWords(shape)}`,
    "fi",
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

/** The environment as the caller gave it, whatever it was; then the real binary. */
function passLines(shape: Shape): string[] {
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
    "if [[ $__last ]]; then",
    `\t_=\${__last#_=} exec -a "$__invoked" "$__real" ${passedWords(shape)}`,
    "else",
    `\texec -a "$__invoked" "$__real" ${passedWords(shape)}`,
    "fi",
    "__status=$?",
  ];
}

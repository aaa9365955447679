/** The parts of a wrapper that change the words of a call, and its environment. */
import type { Edits, Policy } from "../../policy/policy.ts";
import { quote } from "../quote.ts";
import changeOptions from "./change-options.bash?raw";
import { indented, part } from "./lines.ts";
import type { Shape } from "./shape.ts";

/** Functions that change words, each a block of lines. */
export const changeLines = (policy: Policy, shape: Shape): string[][] =>
  shape.changes ? [part(changeOptions), takesValue(policy)] : [];

/** Commands that set __passed to the words that the real binary gets; what is appended goes before the end of the options. */
export function editLines(shape: Shape): string[] {
  const prepend = shape.prepends ? '"${__prepend[@]}" ' : "";
  const words = shape.changes ? "__words" : "__received";
  return [
    ...(shape.changes ? ['__change_options "${__received[@]}"'] : []),
    shape.appends
      ? `__passed=(${prepend}"\${${words}[@]:0:__at}" "\${__append[@]}" "\${${words}[@]:__at}")`
      : `__passed=(${prepend}"\${${words}[@]}")`,
  ];
}

export function environmentEdits(policy: Policy): string[] {
  const always = policy.always.env;
  const commands = (env: Edits["env"]): string[] => {
    const merged = [...new Map(env.map(({ name, value }) => [name, value]))];
    return merged.map(([name, value]) =>
      value === null ? `unset -v ${name}` : `declare -gx ${name}=${quote(value)}`,
    );
  };
  const branches = policy.routes.flatMap((route) => {
    if (route.action.kind === "deny" || route.action.edits.env.length === 0) return [];
    return [`${quote(route.name)})`, ...indented(commands([...route.action.edits.env, ...always])), "\t;;"];
  });
  if (branches.length === 0) return commands(always);
  const rest = always.length === 0 ? [] : ["*)", ...indented(commands(always)), "\t;;"];
  return ["case $__route in", ...branches, ...rest, "esac"];
}

// ---

const takesValue = (policy: Policy): string[] => [
  "# __takes_value NAME: whether the word after that option is its value.",
  "__takes_value() {",
  "\tcase $1 in",
  `\t${policy.withValue.map(quote).join(" | ") || "''"}) return 0 ;;`,
  "\t*) return 1 ;;",
  "\tesac",
  "}",
];

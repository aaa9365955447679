/** The parts of a wrapper that change the words of a call, and its environment. */
import type { Edits, Policy } from "../../policy/policy.ts";
import { quote } from "../quote.ts";
import changeOptions from "./change-options.bash?raw";
import { indented, part } from "./lines.ts";
import type { Shape } from "./shape.ts";

/** From here on the words are those that the real binary gets, but for __prepend and __append. */
export function editLines(policy: Policy, shape: Shape): string[] {
  if (!shape.appends && !shape.changes) return [];
  const lines: string[] = [];
  if (shape.changes) {
    lines.push(
      ...part(changeOptions),
      "",
      "# __takes_value NAME: whether the word after that option is its value.",
      "__takes_value() {",
      "\tcase $1 in",
      `\t${policy.withValue.map(quote).join(" | ") || "''"}) return 0 ;;`,
      "\tesac",
      "\treturn 1",
      "}",
      "",
      "if [[ ${#__set[@]} -gt 0 || ${#__remove[@]} -gt 0 ]]; then",
      '\t__received=("$@") __edited=1',
      '\t__change_options "$@"',
      '\tset -- "${__words[@]}"',
      "fi",
    );
  }
  if (shape.appends) {
    lines.push(
      ...(shape.changes ? [""] : ["# What is appended goes before the end of the options."]),
      "if ((__terminator)); then",
      '\tif [[ ! $__edited ]]; then __received=("$@") __edited=1; fi',
      '\tset -- "${@:1:__terminator-1}" "${__append[@]}" "${@:__terminator}"',
      "\t__append=()",
      "fi",
    );
  }
  return lines;
}

export function environmentEdits(policy: Policy, shape: Shape): string[] {
  const always = policy.always.env;
  const commands = (env: Edits["env"]): string[] => {
    const merged = [...new Map(env.map(({ name, value }) => [name, value]))];
    return merged.map(([name, value]) => {
      if (name === "LC_ALL") return value === null ? "__locale=''" : `__locale=${quote(`x${value}`)}`;
      return value === null ? `unset -v ${name}` : `export ${name}=${quote(value)}`;
    });
  };
  const branches = policy.routes.flatMap((route) => {
    if (route.action.kind === "deny" || route.action.edits.env.length === 0) return [];
    return [`${quote(route.name)})`, ...indented(commands([...route.action.edits.env, ...always])), "\t;;"];
  });
  const locale = shape.setsLocale
    ? ["if [[ $__locale ]]; then export LC_ALL; else declare +x LC_ALL; fi"]
    : [];
  if (branches.length === 0) return always.length === 0 ? [] : [...commands(always), ...locale];
  const rest = always.length === 0 ? [] : ["*)", ...indented(commands(always)), "\t;;"];
  return ["case $__route in", ...branches, ...rest, "esac", ...locale];
}

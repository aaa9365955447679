/** The part of a wrapper that takes a route. */
import { factsIn, type Policy, type Route } from "../../policy/policy.ts";
import { quote, quoteAll } from "../quote.ts";
import { failsSurely, holds, type Variables } from "./condition.ts";
import { indented, part } from "./lines.ts";
import type { Shape } from "./shape.ts";
import sizeOf from "./size-of.bash?raw";

export function decisionLines(policy: Policy, shape: Shape, variables: Variables): string[] {
  const lines: string[] = [];
  const empty: string[] = [];
  // Some route is taken, so what all of them assign needs no value before.
  const routes = shape.routes ? policy.routes : [undefined];
  const all = routes.map((route) => routeAssignments(route, policy, shape));
  const missing = (name: string) => !all.every((lines) => lines.some((line) => line.startsWith(`${name}=`)));
  if (shape.denies) empty.push("__denied=''");
  if (shape.prepends && missing("__prepend")) empty.push("__prepend=()", "__prepended=''");
  if (shape.appends && missing("__append")) empty.push("__append=()", "__appended=''");
  if (shape.changes) empty.push("__set=()", "__remove=()");
  if (empty.length > 0) lines.push(empty.join(" "));
  if (!shape.routes) return [...lines, ...routeAssignments(undefined, policy, shape)];

  const helper = shape.measures ? [...part(sizeOf), ""] : [];
  const fallback = policy.routes.find((route) => route.name === policy.onError);
  lines.unshift("# The first route that holds is taken.");
  policy.routes.forEach((route, index) => {
    const word = index === 0 ? "if" : "elif";
    const assignments = indented(routeAssignments(route, policy, shape));
    if (!route.when) {
      if (index === 0) lines.push(...routeAssignments(route, policy, shape));
      else lines.push("else", ...assignments);
      return;
    }
    lines.push(`${word} ${holds(route.when, variables)}; then`, ...assignments);
    if (fallback && factsIn(route.when).length > 0) {
      lines.push(
        `elif [[ \${#__errors[@]} -gt 0 ]] && ! { ${failsSurely(route.when, variables)}; }; then`,
        ...indented(routeAssignments(fallback, policy, shape)),
      );
    }
  });
  if (policy.routes.some((route) => route.when)) lines.push("fi");
  return [...helper, ...lines];
}

/** Lengths of what each route adds to a record. */
export function routeRecords(policy: Policy, shape: Shape): number[] {
  const routes = policy.routes.length > 0 ? policy.routes : [undefined];
  return routes.map((route) => routeAssignments(route, policy, shape).join("").length);
}

// ---

/** What a route leaves behind for the steps after it. */
function routeAssignments(route: Route | undefined, policy: Policy, shape: Shape): string[] {
  const name = route ? [`__route=${quote(route.name)}`] : [];
  if (route?.action.kind === "deny") {
    return [...name, `__denied=${route.action.exit}`, `__message=${quote(route.action.message)}`];
  }
  const own = route?.action.kind === "pass" ? route.action.edits : undefined;
  const { always } = policy;
  const prepend = [...always.prepend, ...(own?.prepend ?? [])];
  const append = [...(own?.append ?? []), ...always.append];
  const set = new Map([...(own?.set ?? []), ...always.set].map(({ name: key, value }) => [key, value]));
  const remove = [...new Set([...(own?.remove ?? []), ...always.remove])];
  const lines = [...name];
  if (prepend.length > 0)
    lines.push(`__prepend=(${quoteAll(prepend)})`, `__prepended=${quote(jsonMembers(prepend))}`);
  if (append.length > 0)
    lines.push(`__append=(${quoteAll(append)})`, `__appended=${quote(jsonMembers(append))}`);
  if (shape.changes && set.size > 0) lines.push(`__set=(${quoteAll([...set].flat())})`);
  if (shape.changes && remove.length > 0) lines.push(`__remove=(${quoteAll(remove)})`);
  return lines;
}

const jsonMembers = (words: string[]): string => words.map((word) => `,${JSON.stringify(word)}`).join("");

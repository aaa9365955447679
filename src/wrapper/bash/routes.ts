/** The part of a wrapper that takes a route. */
import { factsIn, type Policy, type Route } from "../../policy/policy.ts";
import { quote, quoteAll } from "../quote.ts";
import { failsSurely, holds, type Variables } from "./condition.ts";
import { indented } from "./lines.ts";
import type { Shape } from "./shape.ts";

/** Commands that take the first route that holds. */
export function routeLines(policy: Policy, shape: Shape, variables: Variables): string[] {
  const lines: string[] = [];
  const fallback = policy.routes.find((route) => route.name === policy.onError);
  policy.routes.forEach((route, index) => {
    const assignments = routeAssignments(route, policy, shape);
    if (!route.when) {
      lines.push(...(index === 0 ? assignments : ["else", ...indented(assignments)]));
      return;
    }
    lines.push(
      `${index === 0 ? "if" : "elif"} ${holds(route.when, variables)}; then`,
      ...indented(assignments),
    );
    if (fallback && factsIn(route.when).length > 0) {
      lines.push(
        `elif ((\${#__errors[@]} > 0)) && ! { ${failsSurely(route.when, variables)}; }; then`,
        ...indented(routeAssignments(fallback, policy, shape)),
      );
    }
  });
  if (policy.routes.some((route) => route.when)) lines.push("fi");
  if (policy.routes.length === 0) lines.push(...routeAssignments(undefined, policy, shape));
  return lines;
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
  if (prepend.length > 0) lines.push(`__prepend=(${quoteAll(prepend)})`);
  if (append.length > 0) lines.push(`__append=(${quoteAll(append)})`);
  if (shape.changes && set.size > 0) lines.push(`__set=(${quoteAll([...set].flat())})`);
  if (shape.changes && remove.length > 0) lines.push(`__remove=(${quoteAll(remove)})`);
  return lines;
}

/** What a route changes together with what is changed always. */
import type { Edits, Policy, Route } from "./policy.ts";

/** No route: a policy without any. An option that both set gets what `always` says. */
export function mergedEdits({ always }: Policy, route?: Route): Edits {
  const own = route?.action.kind === "pass" ? route.action.edits : undefined;
  const lastOf = <Item extends { name: string }>(items: Item[]): Item[] => [
    ...new Map(items.map((item) => [item.name, item])).values(),
  ];
  return {
    prepend: [...always.prepend, ...(own?.prepend ?? [])],
    append: [...(own?.append ?? []), ...always.append],
    set: lastOf([...(own?.set ?? []), ...always.set]),
    remove: [...new Set([...(own?.remove ?? []), ...always.remove])],
    env: lastOf([...(own?.env ?? []), ...always.env]),
  };
}

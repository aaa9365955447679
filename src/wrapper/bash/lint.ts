/** A note for shellcheck, where a user's words look like a slip of the pen to it. */
import type { Policy } from "../../policy/policy.ts";
import type { Layout } from "../../spec/spec.ts";

const checks = [
  { code: "SC1003", looks: /\\('|$)/ },
  { code: "SC1112", looks: /[\u2018\u2019\u201c\u201d]/ },
  { code: "SC2016", looks: /[$`]/ },
];

export function lintLines(policy: Policy, layout: Layout): string[] {
  const routes = policy.routes.map(({ source, ...route }) => route);
  const words = stringsIn([{ ...policy, routes }, layout]);
  const codes = checks.filter(({ looks }) => words.some((word) => looks.test(word))).map(({ code }) => code);
  if (/\s/.test(layout.wrapper)) codes.push("SC2096");
  if (codes.length === 0) return [];
  return [
    "# The words of the policy are meant as they are written.",
    `# shellcheck disable=${codes.join(",")}`,
  ];
}

// ---

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(stringsIn);
  return [];
}

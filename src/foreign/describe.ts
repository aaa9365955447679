/** What stands at a path, in words that go on after the path and a colon. */
import type { Standing } from "./standing.ts";

export function describeStanding(standing: Standing): string {
  switch (standing.kind) {
    case "none":
      return "nothing foreign";
    case "ours":
      return `part of the interception ${standing.name}`;
    case "by-hand":
      return `intercepted by hand: ${standing.script} runs ${standing.real}${standing.realThere ? "" : ", which is lost"}`;
    case "diverted":
      return standing.by === ""
        ? `diverted to ${standing.to} by hand (dpkg-divert)`
        : `diverted to ${standing.to} by the package ${standing.by}`;
    case "alternative":
      return `a link of update-alternatives (${standing.name}) to ${standing.target}`;
    case "shim":
      return `a shim of ${standing.manager}`;
    case "npm":
      return `a command of the npm package ${standing.package}`;
  }
}

/** As in transparency.test.ts, in front of a program that loads libraries, and of a script. */
import { afterAll, describe, test } from "vitest";
import { argumentGroup } from "../support/battery/arguments.ts";
import { openBattery, prepareHome } from "../support/battery/battery.ts";
import { environmentGroup } from "../support/battery/environment.ts";
import { hold, stateGroups } from "../support/battery/groups.ts";
import { type Point, usualEntries } from "../support/battery/point.ts";
import { openCaller } from "../support/caller.ts";

const caller = await openCaller("/var/tmp");
afterAll(() => caller.close());
prepareHome(caller);
const home = caller.folder;
const dynamic = openBattery(caller, "dynamic");
const script = openBattery(caller, "script");
const possible = caller.root && caller.privateTmp;

describe.skipIf(!possible)("a program that loads libraries", () => {
  // The loader would print where it puts each library, which is another place each time.
  const points = environmentGroup(home).points.filter(({ title }) => !title.startsWith("LD_TRACE"));
  for (const point of points)
    test(`environment: ${point.title}`, (context) =>
      hold(dynamic, point, [point.ask.words ? "routed" : "asking"], context));
});

describe.skipIf(!possible)("a script", () => {
  const words = argumentGroup(script.path, usualEntries(home));
  const groups = [words, environmentGroup(home), ...stateGroups(home)];
  for (const { name, points } of groups)
    for (const point of points.filter(({ programOnly }) => !programOnly))
      test(`${name}: ${point.title}`, (context) =>
        hold(script, point, [asks(name, point) ? "asking" : "routed"], context));
});

const asks = (group: string, { ask, withoutFacts }: Point): boolean =>
  group !== "environment" && !ask.words && !withoutFacts;

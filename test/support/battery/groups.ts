/** All groups of the battery, and how a point is tested. */
import { expect, type TestContext } from "vitest";
import { argumentGroup, nameGroup } from "./arguments.ts";
import type { Battery, PolicyName } from "./battery.ts";
import { descriptorGroup } from "./descriptors.ts";
import { environmentGroup } from "./environment.ts";
import { type Group, type Point, usualEntries } from "./point.ts";
import { behaviourGroup, terminalGroup } from "./scenes.ts";
import {
  directoryGroup,
  identityGroup,
  limitGroup,
  processGroup,
  schedulingGroup,
  signalGroup,
} from "./state.ts";
import { fileGroup, surroundingsGroup } from "./surroundings.ts";

/** States that a process can be in. */
export const stateGroups = (home: string): Group[] => [
  descriptorGroup(home),
  directoryGroup(home),
  signalGroup,
  limitGroup(home),
  schedulingGroup,
  identityGroup,
  processGroup(home),
  surroundingsGroup(home),
];

export const allGroups = ({ path, real }: Battery, home: string): Group[] => [
  argumentGroup(path, usualEntries(home)),
  nameGroup(path, home),
  environmentGroup(home),
  ...stateGroups(home),
  terminalGroup(home),
  behaviourGroup,
  fileGroup(real),
];

export async function hold(
  battery: Battery,
  point: Point,
  policies: readonly PolicyName[],
  context: TestContext,
): Promise<void> {
  const shown = await battery.shownBy(point, policies).catch((error: Error) => {
    if (point.notEverywhere && error.message.startsWith("caller: ")) context.skip(error.message.trim());
    throw error;
  });
  expect(shown).toEqual({});
}

/** Random sequences of steps. */
import fc from "fast-check";
import { commands, edits, exportedCommands, type Sequence, type Step, ways } from "./sequence.ts";
import { keepNames } from "./world.ts";

const kind = fc.constantFrom("program" as const, "script" as const);
const cut = fc.record({
  when: fc.constantFrom("before" as const, "after" as const),
  number: fc.integer({ min: 1, max: 60 }),
});
const command = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...commands.slice(0, 1)) },
  { weight: 5, arbitrary: fc.constantFrom(...commands) },
  { weight: 3, arbitrary: fc.constantFrom(...exportedCommands) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ run: command }) },
  { weight: 4, arbitrary: fc.record({ run: command, cut }) },
  {
    weight: 4,
    arbitrary: fc.record({
      put: fc.constantFrom(...ways),
      kind,
      older: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined, freq: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ edit: fc.constantFrom(...edits) }) },
);
export const sequence: fc.Arbitrary<Sequence> = fc.record({
  options: fc.record({
    kind,
    behindLink: fc.boolean(),
    keepName: fc.constantFrom(...keepNames),
    inPlace: fc.nat(4).map((number) => number > 0),
  }),
  steps: fc.array(step, { minLength: 1, maxLength: 6 }),
});

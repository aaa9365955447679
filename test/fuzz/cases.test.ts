/** What random sequences have found, each as short as it gets; named for what went wrong. */
import { describe, test } from "vitest";
import { can } from "../support/private-host.ts";
import { openLots } from "./lots.ts";
import { play, type Sequence } from "./sequence.ts";

const program = { kind: "program", behindLink: false, keepName: "yes", inPlace: true } as const;
const auto = { ...program, keepName: "auto" } as const;
const bare = { ...auto, inPlace: false } as const;

const cases: Record<string, Sequence> = {
  "an upgraded program could not be given back once its link was gone": {
    options: program,
    steps: [{ put: "at real", kind: "script" }, { edit: "remove binary" }, { run: "rollback" }],
  },
  "status said nothing of a name that was gone, which a repair puts back": {
    options: program,
    steps: [{ edit: "remove name folder" }, { run: "repair" }],
  },
  "a repair began though somebody's file stood in the wrapper's place, and removed the real binary as it went back":
    {
      options: auto,
      steps: [{ put: "through", kind: "script" }, { edit: "hard link real to binary" }, { run: "repair" }],
    },
  "a repair of a link that had become a copy took the name away": {
    options: auto,
    steps: [{ edit: "copy wrapper to binary" }, { run: "repair" }],
  },
  "a repair that failed left the real binary in the list of old ones": {
    options: program,
    steps: [
      { put: "rewrite", kind: "program" },
      { put: "aside", kind: "program" },
      { run: "repair" },
      { run: "rollback" },
    ],
  },
  "an apply took for given back what a repair had recorded before it was cut off": {
    options: program,
    steps: [
      { put: "rename", kind: "program" },
      { run: "repair", cut: { when: "before", number: 52 } },
      { run: "apply a" },
    ],
  },
  "a journal that ends within a line was read in two ways": {
    options: bare,
    steps: [
      { run: "apply a" },
      { put: "rename", kind: "program" },
      { run: "repair" },
      { edit: "truncate journal" },
    ],
  },
  "a first apply that was cut off before its journal was no run to status": {
    options: bare,
    steps: [{ run: "apply a", cut: { when: "after", number: 29 } }, { run: "apply a" }],
  },
};

describe.skipIf(!can.mount)("what was found by random sequences", () => {
  const lots = openLots(1);
  for (const [name, sequence] of Object.entries(cases)) {
    test(name, async () => {
      const [lot] = lots;
      if (lot) await play(lot, sequence);
    });
  }
});

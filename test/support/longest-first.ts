/** The longest files begin first, so that no worker is left with one of them when the other has nothing to do. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Ends of their paths, the longest first. */
const longest = [
  ...[
    "crash/kill-script",
    "crash/kill-program",
    "swap",
    "crash/repair",
    "fuzz/random",
    "crash/kill-linked-script",
  ],
  ...["crash/disk", "transparency", "e2e/apply", "e2e/adopt", "e2e/contract", "doctor/called"],
  ...["recursion", "e2e/upgrades", "security/gate", "record", "doctor/fails", "e2e/repair", "oracle"],
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at === -1 ? longest.length : at;
    };
    return [...files].sort((one, other) => place(one) - place(other));
  }
}

/** The longest files begin first, so that no worker is left with one of them when the other has nothing to do. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Ends of their paths, the longest first. */
const longest = [
  ...[
    "crash/kill-script",
    "crash/repair",
    "crash/kill-program",
    "crash/kill-exported",
    "fuzz/random",
    "swap",
  ],
  ...[
    "export/script",
    "transparency",
    "doctor/called",
    "ssh/cut-steps",
    "crash/disk",
    "crash/kill-linked-script",
  ],
  ...[
    "ssh/cut",
    "verify-services",
    "peertube",
    "e2e/guard",
    "e2e/adopt",
    "ssh/ansible",
    "ssh/commands",
    "e2e/packages",
  ],
  ...["e2e/upgrades", "doctor/fails", "recursion", "e2e/pip", "record", "oracle", "e2e/apply", "e2e/repair"],
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

/** Temporary folders that are gone when the test is, passed or failed. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

/** A new folder for the test that is running. */
export function scratchFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "interpose-test-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new folder for the tests of a file; to be asked for in `beforeAll`. */
export function sharedFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "interpose-test-")));
  shared.push(folder);
  return folder;
}

const shared: string[] = [];
// Not in sharedFolder, as what is asked for within a beforeAll is not heeded.
afterAll(() => {
  for (const folder of shared) rmSync(folder, { recursive: true, force: true });
});

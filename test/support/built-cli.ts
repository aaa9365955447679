/**
 * Builds the command-line tool once for a run of the tests that drive it, into a folder of this run alone, so that
 * another build in the same checkout doesn't change it meanwhile.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The path of the built `interpose.js`. */
    interpose: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const root = resolve(import.meta.dirname, "../..");
  const folder = join(root, "node_modules/.cache", `interpose-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  execFileSync(process.execPath, ["scripts/build.js", folder], { cwd: root, stdio: "inherit" });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  provide("interpose", join(folder, "interpose.js"));
  return () => rmSync(folder, { recursive: true, force: true });
}

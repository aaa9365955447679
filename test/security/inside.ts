/** A private host as the planner sees one, without starting the tool for each look. */
import { readFileSync } from "node:fs";
import { InterposeError } from "../../src/finding/finding.ts";
import type { Host } from "../../src/host/host.ts";
import { type Prepared, prepareApply } from "../../src/plan/prepare.ts";
import { loadSpec } from "../../src/spec/load.ts";
import type { Place } from "../support/place.ts";
import type { RunOptions } from "../support/private-host.ts";

export function hostOf(at: Pick<Place, "run">, options: RunOptions = {}): Host {
  return {
    name: "localhost",
    async run(script, { onLine } = {}) {
      const ran = await at.run(["sh", "-s"], { ...options, input: script });
      if (onLine) for (const line of ran.stdout.split("\n").slice(0, -1)) onLine(Buffer.from(line));
      return { status: ran.status, stdout: Buffer.from(ran.stdout), stderr: Buffer.from(ran.stderr) };
    },
  };
}

/** What stands in the way of `apply`: the code and the path of each finding; or what would be done. */
export async function gates(at: Place, options: RunOptions = {}): Promise<string[] | Prepared> {
  try {
    return (await prepareApply(loadSpec(readFileSync(at.file), at.file), hostOf(at, options))) as Prepared;
  } catch (error) {
    if (!(error instanceof InterposeError)) throw error;
    return error.findings.map(({ code, args }) =>
      [code, args.path, args.mode, args.owner].filter((word) => word !== undefined).join(" "),
    );
  }
}

import { type ExitCode, exitCodes } from "../finding/finding.ts";
import { applyOn } from "./apply-on.ts";
import { loadFile } from "./file.ts";
import { type FleetOptions, fleetOf } from "./hosts.ts";
import type { CommandContext } from "./program.ts";

export async function apply(
  context: CommandContext,
  file: string,
  { yes = false, ...options }: { yes?: boolean } & FleetOptions,
): Promise<ExitCode> {
  const loaded = loadFile(file);
  const fleet = fleetOf(loaded, options);
  if (fleet) return (await import("./fleet.ts")).applyFleet(context, fleet, { yes, ...options });
  await applyOn(context.hosts.find(options, loaded.spec), loaded, { yes, output: context.output });
  return exitCodes.done;
}

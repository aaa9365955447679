import type { Host } from "../host/host.ts";
import { look } from "../host/look.ts";
import { type Standing, standingAt } from "./standing.ts";

/** Who put there what stands at a path of a host. @throws InterposeError (exit 3) when the host doesn't answer */
export async function whatStandsAt(host: Host, path: string): Promise<Standing> {
  return standingAt(path, await look(host, { standings: [path] }));
}

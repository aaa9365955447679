/** What `status` says of the interception of a place, for scripts. */
import type { Place } from "./place.ts";

export interface Standing {
  state: string;
  /** Of the findings. */
  codes: string[];
  exit: number;
}

export async function standing(at: Place): Promise<Standing> {
  const { status, stdout } = await at.tool(["status", "--json"]);
  const [found] = JSON.parse(stdout) as { state: string; findings: { code: string }[] }[];
  return {
    state: found?.state ?? "none",
    codes: (found?.findings ?? []).map(({ code }) => code),
    exit: status,
  };
}

/** What it says of one that is overwritten. */
export const overwritten = (...codes: string[]): Standing => ({ state: "overwritten", codes, exit: 1 });

/** What it says of one that nothing is wrong with. */
export const intact = (...codes: string[]): Standing => ({ state: "intact", codes, exit: 0 });

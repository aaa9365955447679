/** What leads to a binary on a host, as one script finds it. */
import type { Host } from "../host/host.ts";
import { lookingScript, noAnswer } from "../host/script.ts";
import { quoteAll } from "../wrapper/quote.ts";
import usesPart from "./parts/uses.sh?raw";

export interface Line {
  kind: "script" | "unit" | "user-unit" | "cron" | "supervisor";
  file: string;
  number: number;
  text: string;
}

export interface Running {
  pid: number;
  command: string;
  /** Of systemd's; empty when there is none. */
  unit: string;
  /** Process ID and name. */
  parent: string;
}

/** A unit that systemd has from a template. */
export interface Instance {
  kind: "unit" | "user-unit";
  name: string;
}

export interface Uses {
  lines: Line[];
  instances: Instance[];
  running: Running[];
}

export const usesParts = [usesPart];

/** @throws InterposeError (exit 3) when the host doesn't answer as it should */
export async function lookForUses(host: Host, binary: string, real: string, wrapper: string): Promise<Uses> {
  const calls = [`look_uses ${quoteAll([binary, real, wrapper])}`, "printf 'end\\0'"];
  const ran = await host.run(lookingScript(usesParts, calls));
  const fields = ran.stdout.toString("utf8").split("\0");
  if (fields.at(-2) !== "end") throw noAnswer(host, ran);
  const uses: Uses = { lines: [], instances: [], running: [] };
  for (let at = 0; fields[at] !== "end"; ) {
    const [kind, a = "", b = "", c = "", d = ""] = fields.slice(at, at + 5);
    if (kind === "process") {
      uses.running.push({ pid: Number(a), command: b, unit: c, parent: d });
      at += 5;
    } else if (kind === "instance") {
      uses.instances.push({ kind: a as Instance["kind"], name: b });
      at += 3;
    } else {
      uses.lines.push({ kind: kind as Line["kind"], file: a, number: Number(b), text: c });
      at += 4;
    }
  }
  return uses;
}

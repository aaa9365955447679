/** What leads to a binary on a host, as one script finds it. */
import { unreachable } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
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

export interface Uses {
  lines: Line[];
  running: Running[];
}

export const usesParts = [usesPart];

/** @throws InterposeError (exit 3) when the host doesn't answer as it should */
export async function lookForUses(host: Host, binary: string, real: string, wrapper: string): Promise<Uses> {
  const script = [
    "LC_ALL=C; export LC_ALL",
    usesPart,
    "main() {",
    `\tlook_uses ${quoteAll([binary, real, wrapper])}`,
    "\tprintf 'end\\0'",
    "}",
    "main </dev/null",
    "",
  ].join("\n");
  const { status, stdout, stderr } = await host.run(script);
  const fields = stdout.toString("utf8").split("\0");
  if (fields.at(-2) !== "end") {
    const said = stderr.toString("utf8").trim() || `exit status ${status}`;
    throw unreachable({ code: "no-answer", args: { host: host.name, said } });
  }
  const uses: Uses = { lines: [], running: [] };
  for (let at = 0; fields[at] !== "end"; ) {
    const [kind, a = "", b = "", c = "", d = ""] = fields.slice(at, at + 5);
    if (kind === "process") {
      uses.running.push({ pid: Number(a), command: b, unit: c, parent: d });
      at += 5;
    } else {
      uses.lines.push({ kind: kind as Line["kind"], file: a, number: Number(b), text: c });
      at += 4;
    }
  }
  return uses;
}

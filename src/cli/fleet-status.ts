/** The interceptions of a file on all of its hosts, as one table. */
import { type ExitCode, exitCodes, type Finding, InterposeError } from "../finding/finding.ts";
import { type Member, membersOf } from "../fleet/members.ts";
import { roll, wavesOf } from "../fleet/rollout.ts";
import type { Host } from "../host/host.ts";
import { look } from "../host/look.ts";
import { layoutOf } from "../spec/spec.ts";
import { type Status, statusOf } from "../state/status.ts";
import { displayed } from "../wrapper/quote.ts";
import { findInterception } from "./file.ts";
import { type Fleet, type FleetOptions, onHost } from "./hosts.ts";
import { findingDocument, wordsOn } from "./output.ts";
import type { CommandContext } from "./program.ts";

/** One table over all. */
export async function statusFleet(
  { output, hosts }: CommandContext,
  fleet: Fleet,
  options: FleetOptions,
): Promise<ExitCode> {
  const { loaded } = fleet;
  const { name, sudo } = loaded.spec;
  const members = await membersOf(fleet.hosts, loaded.spec.source, options.limit);
  const rows = new Map<Member, FleetStatus>();
  const at = new Map(members.map((member) => [member, hosts.member(member, options.sudo ?? sudo)]));
  const width = Math.max(...members.map((member) => member.name.length));
  await roll(
    wavesOf(members, { canary: 0, wave: atOnce }),
    async (member) => {
      const host = at.get(member);
      if (host) rows.set(member, await statusAt(host, fleet));
      return true;
    },
    members.length,
  );
  const { paint } = output;
  for (const member of members) {
    const row = rows.get(member);
    if (!row) continue;
    const state = row.state === "intact" ? paint.green(row.state) : paint.red(row.state);
    const since = row.since === undefined ? "" : new Date(row.since * 1000).toLocaleString("sv-SE");
    output.line(
      `${displayed(member.name.padEnd(width))}  ${state.padEnd(state.length + 12 - row.state.length)}${since}`,
    );
    for (const finding of row.findings)
      output.line(`${" ".repeat(width + 2)}${displayed(sentence(finding, member))}`);
  }
  output.document(
    members.map((member) => {
      const row = rows.get(member);
      return {
        ...row,
        name,
        host: member.name,
        findings: row?.findings.map((one) => findingDocument(one, { on: onHost(member) })),
      };
    }),
  );
  const all = [...rows.values()];
  if (all.every(({ state }) => state === "intact")) return exitCodes.done;
  return all.every(({ state }) => state === "unreachable" || state === "intact")
    ? exitCodes.unreachable
    : exitCodes.failed;
}

/** What to look for on each of them. */
export const pathsOf = ({ loaded }: Fleet) => ({ paths: Object.values(layoutOf(loaded.spec)) });

export const sentence = (finding: Finding, member: Member): string => {
  const { what, todo } = wordsOn(finding, onHost(member));
  return `${what} ${todo}`;
};

// ---

/** Hosts that are looked at together. */
const atOnce = 10;

type FleetStatus = Partial<Omit<Status, "state">> & {
  state: Status["state"] | "absent" | "unreachable";
  findings: Finding[];
};

async function statusAt(host: Host, fleet: Fleet): Promise<FleetStatus> {
  const { loaded } = fleet;
  try {
    const facts = await look(host, pathsOf(fleet));
    const found = findInterception(facts, { host, name: loaded.spec.name, loaded });
    return found ? statusOf(found, facts, host.name) : { state: "absent", findings: [] };
  } catch (error) {
    if (!(error instanceof InterposeError)) throw error;
    const state = error.exitCode === exitCodes.unreachable ? "unreachable" : "broken";
    return { state, findings: error.findings };
  } finally {
    await host.close?.();
  }
}

/** Which hosts a file is for. */
import { dirname, resolve } from "node:path";
import { usageError } from "../finding/finding.ts";
import type { HostsFile } from "../spec/schema.ts";
import { type Groups, readInventory } from "./inventory.ts";

export interface Member {
  /** As people call it: an alias of ssh's, an address, or its name in an inventory. */
  name: string;
  /** Where ssh goes. */
  address: string;
}

/**
 * @param source the file's path: an inventory is relative to its folder
 * @param limit names of hosts or groups, one of which each has to be, or be in; all when there are none
 * @throws InterposeError when the inventory can't be read (exit 1), or a name is unknown (exit 2)
 */
export async function membersOf(hosts: HostsFile, source: string, limit: string[] = []): Promise<Member[]> {
  const { groups, all } = await groupsOf(hosts, source);
  const meant = (names: string[]): Member[] =>
    unique(
      names.flatMap((name) => {
        const found = groups.get(name) ?? all.filter((member) => member.name === name);
        if (found.length > 0) return found;
        const known = [...groups.keys(), ...all.map((member) => member.name)];
        throw usageError({ code: "unknown-host", args: { name, known: known.slice(0, 20).join(", ") } });
      }),
    );
  const chosen = "inventory" in hosts && Array.isArray(hosts.groups) ? meant(hosts.groups) : all;
  const wanted = limit.length === 0 ? undefined : new Set(meant(limit).map(({ name }) => name));
  const left = chosen.filter(({ name }) => wanted?.has(name) ?? true);
  if (left.length === 0) throw usageError({ code: "no-hosts", args: {} });
  return left;
}

// ---

async function groupsOf(hosts: HostsFile, source: string): Promise<{ groups: Groups; all: Member[] }> {
  const plain = (name: string): Member => ({ name, address: name });
  if (Array.isArray(hosts)) return { groups: new Map(), all: unique(hosts.map(plain)) };
  const groups =
    typeof hosts.inventory === "string"
      ? await readInventory(resolve(dirname(source), hosts.inventory))
      : new Map(
          Object.entries(hosts as Record<string, string[]>).map(([name, list]) => [name, list.map(plain)]),
        );
  return { groups, all: unique([...groups.values()].flat()) };
}

function unique(members: Member[]): Member[] {
  return [...new Map(members.map((member) => [member.name, member])).values()];
}

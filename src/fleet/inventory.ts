/** Ansible's inventories, read by Ansible itself: `ansible-inventory --list`. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { failure } from "../finding/finding.ts";
import type { Member } from "./members.ts";

/** Members by the name of their group. */
export type Groups = Map<string, Member[]>;

/** @throws InterposeError (exit 1) when Ansible isn't there, or can't read it */
export async function readInventory(path: string): Promise<Groups> {
  // Ansible only warns of that, and finds no host.
  if (!existsSync(path))
    throw failure({ code: "inventory-unreadable", args: { path, said: "it is not there" } });
  try {
    const { stdout } = await promisify(execFile)("ansible-inventory", ["-i", path, "--list"], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return groupsIn(JSON.parse(stdout) as Inventory);
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const said = code === "ENOENT" ? "ansible-inventory is not installed" : (stderr?.trim() ?? String(error));
    throw failure({ code: "inventory-unreadable", args: { path, said: said.slice(0, 500) } });
  }
}

/** What ansible-inventory prints: groups with hosts and children, and the variables of each host. */
export interface Inventory {
  _meta?: { hostvars?: Record<string, Record<string, unknown>> };
  [group: string]: { hosts?: string[]; children?: string[]; hostvars?: unknown } | undefined;
}

/** An address of IPv6 needs brackets before a port. */
const bracketed = (host: string, port: unknown): string =>
  port !== undefined && /:.*:/.test(host) ? `[${host}]` : host;

/** Pure. A host's address is what Ansible would connect to. */
export function groupsIn(inventory: Inventory): Groups {
  const variables = inventory._meta?.hostvars ?? {};
  const member = (name: string): Member => {
    const {
      ansible_connection: connection,
      ansible_host: host,
      ansible_user: user,
      ansible_port: port,
    } = variables[name] ?? {};
    if (connection === "local") return { name, address: "localhost" };
    const where = `${user === undefined ? "" : `${user}@`}${bracketed(String(host ?? name), port)}${port === undefined ? "" : `:${port}`}`;
    return { name, address: where };
  };
  const within = (group: string, seen: string[] = []): string[] => {
    if (seen.includes(group)) return [];
    const { hosts = [], children = [] } = inventory[group] ?? {};
    return [...hosts, ...children.flatMap((child) => within(child, [...seen, group]))];
  };
  const names = Object.keys(inventory).filter((name) => name !== "_meta");
  return new Map(names.map((name) => [name, [...new Set(within(name))].map(member)]));
}

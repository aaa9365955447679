/**
 * Ansible's inventories, read by Ansible itself: `ansible-inventory --list`. A file may come from somebody else, and who
 * only looks at it runs nothing of theirs: Ansible would run an inventory that is executable, and plugins that its
 * configuration names, which it finds in the folder where it is called.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, type Stats, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { failure } from "../finding/finding.ts";
import { quote } from "../wrapper/quote.ts";
import type { Member } from "./members.ts";

/** Members by the name of their group. */
export type Groups = Map<string, Member[]>;

/** @throws InterposeError (exit 1) when Ansible isn't there, or can't read it without running something */
export async function readInventory(path: string): Promise<Groups> {
  const found = statOf(path);
  // Ansible only warns of that, and finds no host.
  if (!found) throw failure({ code: "inventory-unreadable", args: { path, said: "it is not there" } });
  if (found.isFile() && (found.mode & 0o111) !== 0)
    throw failure({ code: "inventory-is-program", args: { path, word: quote(path) } });
  const folder = mkdtempSync(join(tmpdir(), "interpose-inventory-"));
  try {
    const configuration = join(folder, "ansible.cfg");
    writeFileSync(configuration, "");
    const { stdout } = await promisify(execFile)("ansible-inventory", ["-i", path, "--list"], {
      maxBuffer: 64 * 1024 * 1024,
      cwd: folder,
      env: { ...process.env, ANSIBLE_CONFIG: configuration, ...onlyText },
    });
    return groupsIn(JSON.parse(stdout) as Inventory);
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const said = code === "ENOENT" ? "ansible-inventory is not installed" : (stderr?.trim() ?? String(error));
    throw failure({ code: "inventory-unreadable", args: { path, said: said.slice(0, 500) } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The plugins that read files as they are; what none of them can read is an error. */
const onlyText = {
  ANSIBLE_INVENTORY_ENABLED: "yaml,ini,toml",
  ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: "true",
};

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
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

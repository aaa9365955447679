/** The hosts that a command reaches: each connected to once, and let go when the command ends. */
import { isCancel, password } from "@clack/prompts";
import { usageError } from "../finding/finding.ts";
import type { Member } from "../fleet/members.ts";
import { isThisMachine } from "../host/address.ts";
import { findHost } from "../host/find.ts";
import type { Host } from "../host/host.ts";
import type { Sudo } from "../host/sudo.ts";
import type { Loaded } from "../spec/load.ts";
import type { HostsFile } from "../spec/schema.ts";
import { quote } from "../wrapper/quote.ts";

/** What the command line says of the host; it goes before what a file says. */
export interface HostOptions {
  host?: string;
  sudo?: Sudo;
}

/** What a file says of it. */
export interface HostSaid {
  host: string;
  hosts?: HostsFile;
  sudo: Sudo;
}

/** Of a command that can be for all hosts of a file. */
export interface FleetOptions extends HostOptions {
  /** Names of hosts or groups. */
  limit?: string[];
  rollbackOnFailure?: boolean;
}

/** The file and its hosts when it is for several, and the command line doesn't name one. */
export const fleetOf = (loaded: Loaded, { host }: HostOptions): Fleet | undefined =>
  loaded.spec.hosts === undefined || host !== undefined ? undefined : { loaded, hosts: loaded.spec.hosts };

export interface Fleet {
  loaded: Loaded;
  hosts: HostsFile;
}

export interface Hosts {
  /**
   * @param said what a file says, where there is one
   * @throws InterposeError (exit 2)
   */
  find(options: HostOptions, said?: HostSaid): Host;
  /** One of several. @throws InterposeError (exit 2) */
  member(member: Member, sudo: Sudo): Host;
  close(): Promise<void>;
}

export function createHosts(): Hosts {
  const found = new Map<string, Host>();
  const reach = (name: string, address: string, sudo: Sudo): Host => {
    const key = [sudo, name, address].join(" ");
    const host = found.get(key) ?? findHost(name, { sudo, address, askPassword });
    found.set(key, host);
    return host;
  };
  return {
    member: ({ name, address }, sudo) => reach(name, address, sudo),
    find(options, said) {
      if (said?.hosts !== undefined && options.host === undefined)
        throw usageError({ code: "fleet-needs-host", args: { command: "this command" } });
      const name = options.host ?? said?.host ?? "localhost";
      const sudo = options.sudo ?? said?.sudo ?? "auto";
      if (isThisMachine(name) && sudo === "always" && process.getuid?.() !== 0)
        throw usageError({ code: "sudo-here", args: {} });
      return reach(name, name, sudo);
    },
    async close() {
      await Promise.all([...found.values()].map((host) => host.close?.()));
    },
  };
}

/** What a command by name needs to go to the same host. */
export const onHost = ({ name }: Host): string => (isThisMachine(name) ? "" : ` --host ${quote(name)}`);

// ---

/** Never shown, kept or passed on but to sudo's standard input. */
async function askPassword(host: string): Promise<string | undefined> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined;
  const answer = await password({ message: `Password for sudo on ${host}:`, output: process.stderr });
  return isCancel(answer) ? undefined : answer;
}

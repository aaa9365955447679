/** The hosts that a command reaches: each connected to once, and let go when the command ends. */
import { isCancel, password } from "@clack/prompts";
import { failure, usageError } from "../finding/finding.ts";
import { type Member, membersOf } from "../fleet/members.ts";
import { isThisMachine, sshWords } from "../host/address.ts";
import type { Host } from "../host/host.ts";
import { localhost } from "../host/local.ts";
import { type SshOptions, sshHost } from "../host/ssh.ts";
import type { Sudo } from "../host/sudo.ts";
import type { Loaded } from "../spec/load.ts";
import type { HostsFile } from "../spec/schema.ts";
import { displayed, quote } from "../wrapper/quote.ts";

/** What the command line says of the host; it goes before what a file says. */
export interface HostOptions {
  host?: string;
  sudo?: Sudo;
}

/** What a file says of it. */
export interface HostSaid {
  host: string;
  hosts?: HostsFile;
  /** Where the file is. */
  source: string;
  sudo: Sudo;
}

/** Of a command that can be for all hosts of a file. */
export interface FleetOptions extends HostOptions {
  /** Names of hosts or groups. */
  limit?: string[];
  rollbackOnFailure?: boolean;
}

/**
 * The file and its hosts when it is for several, and the command line doesn't name one.
 * @throws InterposeError (exit 2) when there is only one, and the command line has what is for several
 */
export function fleetOf(loaded: Loaded | undefined, options: FleetOptions): Fleet | undefined {
  const { host, limit, rollbackOnFailure } = options;
  if (loaded?.spec.hosts !== undefined && host === undefined) return { loaded, hosts: loaded.spec.hosts };
  if (limit !== undefined || rollbackOnFailure) throw usageError({ code: "one-host", args: {} });
  return undefined;
}

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
  /** Every question from now on is asked within this, which may take away what is on the terminal meanwhile. */
  askWithin(around: Around): void;
  /** One of several. @throws InterposeError (exit 2) */
  member(member: Member, sudo: Sudo): Host;
  close(): Promise<void>;
}

type Around = <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;

/** @param onFound is told of the one host that a command is for */
export function createHosts(onFound: (host: Host) => void): Hosts {
  const found = new Map<string, Host>();
  let around: Around = (ask) => ask();
  const ask = oneAfterTheOther((host) => around(() => askPassword(host)));
  const reach = (name: string, options: Omit<SshOptions, "askPassword">, address = name): Host => {
    if (isThisMachine(address)) {
      if (options.sudo === "always" && process.getuid?.() !== 0)
        throw usageError({ code: "sudo-here", args: {} });
      return localhost;
    }
    const key = [options.sudo, name, address].join(" ");
    const host = found.get(key) ?? sshHost(name, { ...options, askPassword: ask });
    found.set(key, host);
    return host;
  };
  return {
    askWithin(next) {
      around = next;
    },
    member({ name, address }, sudo) {
      if (!isThisMachine(address)) sshWords(address);
      // Of several at once, none can ask on its own.
      return reach(name, { sudo, address: async () => address, interactive: false }, address);
    },
    find(options, said) {
      if (said?.hosts !== undefined && options.host === undefined)
        throw usageError({ code: "fleet-needs-host", args: {} });
      const name = options.host ?? said?.host ?? "localhost";
      const sudo = options.sudo ?? said?.sudo ?? "auto";
      const interactive = process.stdin.isTTY === true;
      const { hosts, source = "" } = said ?? {};
      const inventory = hosts !== undefined && "inventory" in hosts ? hosts : undefined;
      const address =
        inventory &&
        (async () => (await membersOf(inventory, source)).find((one) => one.name === name)?.address ?? name);
      const host = reach(name, { sudo, interactive, ...(address ? { address } : {}) });
      onFound(host);
      return host;
    },
    async close() {
      await Promise.all([...found.values()].map((host) => host.close?.()));
    },
  };
}

/** What a command by name needs to go to the same host. */
export const onHost = ({ name }: Pick<Host, "name">): string =>
  isThisMachine(name) ? "" : ` --host ${quote(name)}`;

// ---

/**
 * Passed on to sudo's standard input, and to nothing else.
 * @throws InterposeError (exit 1) when the user doesn't answer
 */
async function askPassword(host: string): Promise<string | undefined> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined;
  const message = `Password for sudo on ${displayed(host)}:`;
  const answer = await password({ message, output: process.stderr });
  if (isCancel(answer)) throw failure({ code: "not-confirmed", args: {} });
  return answer;
}

/** What is typed goes to one question only. */
function oneAfterTheOther<Answer>(ask: (host: string) => Promise<Answer>): (host: string) => Promise<Answer> {
  let last: Promise<unknown> = Promise.resolve();
  return (host) => {
    const answer = last.then(() => ask(host));
    last = answer.catch(() => {});
    return answer;
  };
}

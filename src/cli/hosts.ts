/** The hosts that a command reaches: each connected to once, and let go when the command ends. */
import { isCancel, password } from "@clack/prompts";
import { usageError } from "../finding/finding.ts";
import { isThisMachine } from "../host/address.ts";
import { findHost } from "../host/find.ts";
import type { Host } from "../host/host.ts";
import type { Sudo } from "../host/sudo.ts";
import { quote } from "../wrapper/quote.ts";

/** What the command line says of the host; it goes before what a file says. */
export interface HostOptions {
  host?: string;
  sudo?: Sudo;
}

export interface Hosts {
  /**
   * @param said what a file says, where there is one
   * @throws InterposeError (exit 2)
   */
  find(options: HostOptions, said?: { host: string; sudo: Sudo }): Host;
  close(): Promise<void>;
}

export function createHosts(): Hosts {
  const found = new Map<string, Host>();
  return {
    find(options, said) {
      const name = options.host ?? said?.host ?? "localhost";
      const sudo = options.sudo ?? said?.sudo ?? "auto";
      if (isThisMachine(name) && sudo === "always" && process.getuid?.() !== 0)
        throw usageError({ code: "sudo-here", args: {} });
      const key = `${sudo} ${name}`;
      const host = found.get(key) ?? findHost(name, { sudo, askPassword });
      found.set(key, host);
      return host;
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

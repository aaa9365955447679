import { isThisMachine } from "./address.ts";
import type { Host } from "./host.ts";
import { localhost } from "./local.ts";
import { type SshOptions, sshHost } from "./ssh.ts";

/** @throws InterposeError (exit 2) when it is written as no host is */
export const findHost = (name: string, options: SshOptions): Host =>
  isThisMachine(name) ? localhost : sshHost(name, options);

/** How users write where a host is: an alias of ssh's, `user@host[:port]`, or an `ssh://` address. */
import { usageError } from "../finding/finding.ts";

/** The names that this machine goes by: nothing is connected to. */
const ownNames = ["localhost", "127.0.0.1", "::1"];

export const isThisMachine = (host: string): boolean => ownNames.includes(host);

/**
 * @returns the words that tell ssh where to go; its own configuration says the rest
 * @throws InterposeError (exit 2) when it is none of these forms
 */
export function sshWords(host: string): string[] {
  // As ssh takes it: an address of IPv6 without brackets, which has no port then.
  if (/^[\da-fA-F]*:[\da-fA-F:.]*:[\da-fA-F:.]*(%\w+)?$/.test(host)) return ["--", host];
  // Letters of any language, digits, and few others: nothing that a ProxyCommand's shell would take for more.
  const form =
    /^(?:ssh:\/\/)?(?:([\p{L}\p{N}._+-]+)@)?(\[[\da-fA-F:.%\w]+\]|[\p{L}\p{N}._-]+)(?::(\d{1,5}))?\/?$/u.exec(
      host,
    );
  const [, user, name = "", port] = form ?? [];
  if (!form || /^-/.test(user ?? name) || /^-/.test(name) || Number(port ?? 1) > 65535 || port === "0")
    throw usageError({ code: "host-malformed", args: { host } });
  const where = name.replace(/^\[(.*)\]$/, "$1");
  return [...(port ? ["-p", port] : []), ...(user ? ["-l", user] : []), "--", where];
}

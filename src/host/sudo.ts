/** Who runs the scripts on a host: the user who logs in, or root by way of sudo. */

/** `auto`: root, where sudo asks for no password. */
export type Sudo = "auto" | "never" | "always";

/** Exit status of the start command where there is no sudo. */
export const noSudo = 91;

/** What sudo prints on standard error when it asks; no other program does. */
export const sudoAsks = (token: string): string => `${token} asks`;

/**
 * What the login shell of a host starts, whichever shell that is (csh reads `!` in its own way): a shell that reads
 * scripts. With `always` it says first that it is there, by the token and `root`; the password is read before that, by
 * sudo alone.
 * @param token letters, digits and dashes only
 */
export function startCommand(sudo: Sudo, token: string): string {
  // On a line of its own, whatever a start file has printed before.
  const ready = `echo; echo ${token} root; exec sh -s`;
  const lines: Record<Sudo, string[]> = {
    never: ["exec sh -s"],
    auto: [
      "if [ $(id -u) = 0 ]; then exec sh -s; fi",
      "if sudo -n sh -s </dev/null >/dev/null 2>&1; then exec sudo -n sh -s; fi",
      "exec sh -s",
    ],
    always: [
      `if [ $(id -u) = 0 ]; then ${ready}; fi`,
      `command -v sudo >/dev/null 2>&1 || exit ${noSudo}`,
      `exec sudo -S -p "${sudoAsks(token)}" sh -c "${ready}"`,
    ],
  };
  return `exec sh -c '${lines[sudo].join("; ")}'`;
}

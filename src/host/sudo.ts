/** Who runs the scripts on a host: the user who logs in, or root by way of sudo. */

/** `auto`: root, where sudo asks for no password. */
export type Sudo = "auto" | "never" | "always";

/** Exit statuses of the start command when it starts no shell. */
export const noSudo = 91;

/**
 * What the login shell of a host starts, whichever shell that is (csh reads `!` in its own way): a shell that reads
 * scripts. With `always` it says
 * first how it goes on: the token and `root`, or `password` when sudo wants one, which is then read from standard
 * input. It never gets to the shell: where sudo has no need for it after all, `read` takes it away.
 * @param token letters, digits and dashes only
 */
export function startCommand(sudo: Sudo, token: string): string {
  const lines: Record<Sudo, string[]> = {
    never: ["exec sh -s"],
    auto: [
      "if [ $(id -u) = 0 ]; then exec sh -s; fi",
      `if ${withoutPassword}; then exec sudo -n sh -s; fi`,
      "exec sh -s",
    ],
    always: [
      `if [ $(id -u) = 0 ]; then echo ${token} root; exec sh -s; fi`,
      `command -v sudo >/dev/null 2>&1 || exit ${noSudo}`,
      `if ${withoutPassword}; then echo ${token} root; exec sudo -n sh -s; fi`,
      `echo ${token} password`,
      'exec sudo -S -p "" sh -c "IFS= read -r _; exec sh -s"',
    ],
  };
  return `exec sh -c '${lines[sudo].join("; ")}'`;
}

// ---

const withoutPassword = "sudo -n sh -s </dev/null >/dev/null 2>&1";

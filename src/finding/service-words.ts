/** The words of `verify --services`. */
import { say } from "./say.ts";

export const serviceWords = {
  "no-services": say(
    "{of} names no services, so there is none to restart.",
    "Name those that call the binary in the file, for example services: [nginx.service], and apply it. interpose services finds them.",
  ),
  "needs-services": say("{option} goes with --services.", "Add --services, or leave {option} out."),
  "service-unknown": say(
    "{service} is no service on {host}: there is no such unit of systemd's, neither of the system nor of a user's manager that this user may ask, no program of supervisor's, and no table of cron's at that path or in /etc/cron.d. Nothing was restarted.",
    "Name it as interpose services does. Units of other users' managers are found by root.",
  ),
  "restart-failed": say(
    "{service} could not be restarted (exit status {status}).",
    "What it said stands below. Mend that, or become who may restart it, and verify again.",
  ),
  "unit-failed": say(
    "{service} did not start, or ended at once: {result}.",
    "The last lines of its journal stand below. If it worked before the interception: interpose doctor {name}",
  ),
  "job-failed": say(
    "The job that was to make the call failed with exit status {status}.",
    "What it said stands below. It was run by /bin/sh: {trigger}",
  ),
  "calls-another-path": say(
    "Nothing in {service} leads to {path}, as far as can be seen; it runs: {command}",
    "If it calls another path, name {path} there, or intercept that one. If it gets there by way of another program, all is well: start the job that makes the call with --trigger.",
  ),
  "confined-tmp": say(
    "{service} has {setting}: it can't write to {base}, so its calls aren't logged.",
    "Let it (ReadWritePaths={base}, or BindPaths={base} where something else is there for it; PrivateTmp=yes does for /tmp itself), then: systemctl daemon-reload, and verify again.",
  ),
  "confined-exec": say(
    "{service} has {setting}, which holds for {path}: it can't run that.",
    "Let it (ExecPaths={path}; a more specific path goes before a general one), then: systemctl daemon-reload, and verify again.",
  ),
  "no-call-in-time": say(
    "{service} made no call within {wait} seconds.",
    "Start the job that makes it with --trigger 'COMMAND', or wait longer with --wait SECONDS. What leads to the binary: interpose services {name}",
  ),
};

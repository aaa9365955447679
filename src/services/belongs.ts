/** Whether a call came from a service. Pure. */
import type { LogRecord } from "../log/record.ts";
import type { NamedService } from "./named.ts";

/** What is known of a host's processes. */
export interface Family {
  /** Parents by child, of processes below supervisor and cron; the parent of cron itself is 0. */
  parents: Map<number, number>;
  /** Processes that a program of supervisor's had since it was restarted. */
  programs: number[];
  /** When a unit was started anew, in seconds; undefined while it wasn't. */
  started: number | undefined;
}

/**
 * A call that somebody makes by hand, even as the same user and with the same words, is none of a service: what tells
 * is where the kernel and systemd have put the process, not what it calls itself.
 */
export function belongsTo(record: LogRecord, service: NamedService, family: Family): boolean {
  switch (service.kind) {
    case "unit":
    case "user-unit":
      return family.started !== undefined && record.time >= family.started && isInUnit(record, service);
    case "supervisor":
      return ancestors(record, family).some((pid) => family.programs.includes(pid));
    case "cron":
      return (
        service.users.includes(record.uid) && (isInCron(record) || ancestors(record, family).includes(0))
      );
    default:
      return false;
  }
}

// ---

/** Between the manager and the unit there are slices alone: another manager's unit of that name isn't meant. */
function isInUnit({ caller }: LogRecord, { root, id }: NamedService): boolean {
  const { cgroup } = caller;
  if (!cgroup?.startsWith(`${root}/`)) return false;
  const path = cgroup.slice(root.length + 1).split("/");
  return path.find((part) => !part.endsWith(".slice")) === id;
}

/**
 * In its control group, of the machine's own and not of a container's; or called by the process that cron has for
 * each job, which is gone with a short one before anybody can look.
 */
function isInCron({ caller }: LogRecord): boolean {
  const inGroup = /^(\/[^/]+\.slice)*\/(cron|crond|cronie|anacron)\.service(\/|$)/.test(caller.cgroup ?? "");
  return inGroup || caller.comm === "cron" || caller.comm === "crond";
}

/** The process of the call, and those above it as far as they were seen. */
function ancestors({ pid, ppid }: LogRecord, { parents }: Family): number[] {
  const found = [pid, ppid];
  for (let next = parents.get(ppid) ?? parents.get(pid); next !== undefined; next = parents.get(next)) {
    if (found.length > 1000) break;
    found.push(next);
  }
  return found;
}

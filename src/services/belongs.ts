/** Whether a call came from a service. Pure. */
import type { LogRecord } from "../log/record.ts";
import type { NamedService } from "./named.ts";

/** What is known of a host's processes. */
export interface Family {
  /** Parents by child, of processes below supervisor and cron; the parent of cron itself is 0. */
  parents: Map<number, number>;
  /** Whose these processes are, and those of programs of supervisor's. */
  owners: Map<number, number>;
  /** Whom the manager starts a unit as, and who its processes were seen to be. */
  users: Set<number>;
  /** What the kernel had of processes that a record names, when it was read. */
  kernel: Map<number, { uid: number; group: string }>;
  /** Processes that a program of supervisor's had since it was restarted. */
  programs: number[];
  /** When a unit was started anew, in seconds; undefined while it wasn't. */
  started: number | undefined;
}

/**
 * A call that somebody makes by hand, even as the same user and with the same words, is none of a service: what tells
 * is where the kernel and systemd have put the process, not what it calls itself. A record can say what its user likes;
 * so only those count that the service's own user can have written, which the file's owner tells, and none of a process
 * that is somewhere else.
 */
export function belongsTo(record: LogRecord, service: NamedService, family: Family): boolean {
  switch (service.kind) {
    case "unit":
    case "user-unit":
      return (
        family.started !== undefined &&
        record.time >= family.started &&
        isInUnit(record.caller.cgroup, service) &&
        isOwn(record, service, family) &&
        !isElsewhere(record, service, family)
      );
    case "supervisor": {
      const above = ancestors(record, family);
      const isOwned = above.some((pid) => family.owners.get(pid) === record.uid);
      return isOwned && above.some((pid) => family.programs.includes(pid));
    }
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
function isInUnit(cgroup: string | null | undefined, { root, id }: NamedService): boolean {
  if (!cgroup?.startsWith(`${root}/`)) return false;
  const path = cgroup.slice(root.length + 1).split("/");
  return path.find((part) => !part.endsWith(".slice")) === id;
}

function isOwn({ uid, pid }: LogRecord, service: NamedService, { users, kernel }: Family): boolean {
  const seen = kernel.get(pid);
  return users.has(uid) || (seen !== undefined && seen.uid === uid && isInUnit(seen.group, service));
}

/** Who has lost a parent has the manager for one. */
function isElsewhere({ pid, ppid }: LogRecord, service: NamedService, { kernel }: Family): boolean {
  const [own, parent] = [kernel.get(pid), kernel.get(ppid)];
  if (own) return !isInUnit(own.group, service);
  return (
    parent !== undefined && !/\/init\.scope$|^\/$/.test(parent.group) && !isInUnit(parent.group, service)
  );
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

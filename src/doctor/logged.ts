/** Why a log is empty, or lacks calls: facts -> findings. Pure. */
import type { Finding } from "../finding/finding.ts";
import { mountOf } from "../host/look.ts";
import { logDirOf } from "../state/manifest.ts";
import type { LogPlace, Standing } from "./facts.ts";
import type { Patient } from "./patient.ts";

export function logLacks(patient: Patient): Finding[] {
  const findings = [
    ...room(patient),
    ...patient.around.logs.flatMap(place),
    ...elsewhere(patient),
    ...services(patient),
  ];
  return findings.length > 0 ? findings : noCalls(patient);
}

// ---

/** Kilobytes that a record can take. */
const recordSize = 4;

function room({ interception, around, facts }: Patient): Finding[] {
  const base = logDirOf(interception.manifest);
  const { there, writable, mode, free, files } = around.base;
  const mount = mountOf(facts, base)?.folder ?? "/";
  if (!there) return [{ code: "log-dir-missing", args: { path: base } }];
  if ((mode & 0o003) !== 0o003) return [{ code: "tmp-mode", args: { base, mode: mode.toString(8) } }];
  if (!writable) return [{ code: "tmp-read-only", args: { base, folder: mount } }];
  const findings: Finding[] = [];
  if (free && free.free < recordSize) findings.push({ code: "tmp-full", args: { base, folder: free.mount } });
  if (files && files.free < 1)
    findings.push({ code: "tmp-out-of-files", args: { base, folder: files.mount } });
  return findings;
}

/** One user's folder and log: whose they are, and what. */
function place({ uid, folder, log }: LogPlace): Finding[] {
  const inTheWay = found(folder, uid, "folder");
  if (inTheWay) return [{ code: "log-folder-not-own", args: { folder: folder.path, uid, found: inTheWay } }];
  if ((folder.mode & 0o777) !== 0o700)
    return [{ code: "log-folder-mode", args: { folder: folder.path, mode: folder.mode.toString(8) } }];
  if (log.kind === "none") return [];
  const taken = found(log, uid, "file");
  if (taken) return [{ code: "log-taken", args: { log: log.path, uid, found: taken } }];
  const locked = uid !== 0 && (log.mode & 0o200) === 0;
  return locked ? [{ code: "log-mode", args: { log: log.path, mode: log.mode.toString(8) } }] : [];
}

/** What stands there instead; nothing when it is as it should be. */
function found({ kind, uid: owner }: Standing, uid: number, wanted: "folder" | "file"): string | undefined {
  if (kind !== wanted) {
    const names = {
      none: "not there",
      link: "a link",
      file: "a file",
      folder: "a folder",
      other: "no regular file",
    };
    return names[kind];
  }
  return owner === uid ? undefined : `another user's (uid ${owner})`;
}

function elsewhere({ interception, around, since }: Patient): Finding[] {
  const base = logDirOf(interception.manifest);
  const recent = around.privateLogs.filter(({ last }) => since !== undefined && last >= since);
  return recent.map(({ pid, command, log }) => ({
    code: "log-elsewhere",
    args: { pid, command, log, base },
  }));
}

function services({ interception, around }: Patient): Finding[] {
  if (!around.base.writable) return [];
  const base = logDirOf(interception.manifest);
  return around.services
    .filter(({ writes }) => writes === false)
    .map(({ unit, pid }) => ({ code: "tmp-read-only-for", args: { unit, pid, base } }));
}

/** A day is long enough for a service that is named in the file to have called. */
const longEnough = 86_400;

function noCalls({ interception, facts, since, calledSince }: Patient): Finding[] {
  const { services, name } = interception.manifest;
  if (calledSince || services.length === 0 || since === undefined || facts.now - since < longEnough)
    return [];
  const when = new Date(since * 1000).toLocaleString("sv-SE");
  return [{ code: "no-calls", args: { since: when, services: services.join(", "), name } }];
}

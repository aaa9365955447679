/** Proves that services go through the wrapper: each is restarted, and a call from it has to arrive in the log. */
import { diagnose } from "../doctor/diagnose.ts";
import { lookClosely } from "../doctor/look.ts";
import { type Finding, type FindingCode, severityOf } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { noAnswer } from "../host/script.ts";
import { servicesOf } from "../services/callers.ts";
import { lookForUses } from "../services/look.ts";
import type { NamedService } from "../services/named.ts";
import { type Restarted, restartServices } from "../services/restart.ts";
import { defaultLogDir, layoutOf } from "../spec/spec.ts";
import { type Interception, interceptionsOf, logDirOf } from "../state/manifest.ts";
import type { Check } from "./verify.ts";

export interface ServiceWish {
  services: NamedService[];
  /** Seconds. */
  wait: number;
  trigger: string | undefined;
}

export async function verifyServices(
  host: Host,
  interception: Interception,
  { services, wait, trigger }: ServiceWish,
): Promise<Check[]> {
  const { name } = interception.manifest;
  const logDir = logDirOf(interception.manifest);
  const restarts = await restartServices(host, { name, services, wait, trigger, logDir });
  // It also ends so where its input ended, which is what tells it to.
  const done = restarts.services.every(({ call }) => call);
  if (restarts.status !== 0 && !done) throw noAnswer(host, { status: restarts.status, stderr: Buffer.of() });
  const why = restarts.services.some(isUnexplained) ? await lookForReasons(host, interception) : undefined;
  const checks = restarts.services.map((one) => check(one, { name, wait }, why));
  if (restarts.job && !done)
    checks.push({
      name: "the job that makes the call",
      passed: false,
      saw: `exit status ${restarts.job.status}`,
      findings: [{ code: "job-failed", args: { status: restarts.job.status, trigger: trigger ?? "" } }],
      said: restarts.job.said,
    });
  return checks;
}

// ---

/** What may be behind calls that don't arrive. */
interface Reasons {
  /** What doctor finds. */
  findings: Finding[];
  /** Names of units, tables and programs whose files lead to the binary. */
  leading: string[];
  binary: string;
  chain: string[];
  logDir: string;
}

/** Neither called nor failed to start. */
const isUnexplained = ({ call, status, state }: Restarted): boolean =>
  !call && (status ?? 0) === 0 && state !== "failed";

async function lookForReasons(host: Host, { manifest, layout }: Interception): Promise<Reasons | undefined> {
  const { binary, real, wrapper, target } = layout;
  const [{ facts, doctor }, uses] = await Promise.all([
    lookClosely(host, manifest.name),
    lookForUses(host, binary, real, wrapper),
  ]);
  const now = interceptionsOf(facts, layoutOf).interceptions.find(
    (one) => one.manifest.name === manifest.name,
  );
  if (!now) return undefined;
  return {
    findings: diagnose(now, facts, doctor, true),
    leading: servicesOf(uses, binary).map((use) => use.name),
    binary,
    chain: [binary, wrapper, real, target],
    logDir: logDirOf(manifest),
  };
}

function check(
  restarted: Restarted,
  { name, wait }: { name: string; wait: number },
  reasons: Reasons | undefined,
): Check {
  const { service, call, others, status, said } = restarted;
  const title = `${service.id} goes through the wrapper`;
  if (call) {
    const { pid, uid, caller, route } = call;
    const by = caller.comm === "" ? "" : ` by ${caller.comm}`;
    const on = route === null ? "" : ` on route ${route}`;
    return { name: title, passed: true, saw: `a call${by}, process ${pid} of uid ${uid}${on}`, findings: [] };
  }
  const elsewhere = others === 0 ? "no call came" : `${others} calls came, none of them from it`;
  const failed = { name: title, passed: false };
  if (status !== undefined && status !== 0)
    return {
      ...failed,
      saw: "it could not be restarted",
      findings: [{ code: "restart-failed", args: { service: service.id, status } }],
      said,
    };
  if (isDown(restarted)) {
    const { id } = service;
    const args = { service: id, result: restarted.result, name };
    return { ...failed, saw: elsewhere, findings: [{ code: "unit-failed", args }], said };
  }
  const seen = doctorsReasons(service, reasons);
  const codes = seen.map(({ code }) => code);
  // Where doctor has looked at the process, what it may not do says it all.
  const settings = confinement(service, reasons).filter(
    ({ code }) => !codes.includes(code === "confined-tmp" ? "tmp-read-only-for" : "hidden-from-service"),
  );
  const found = [...settings, ...seen];
  const findings: Finding[] =
    found.length > 0
      ? found
      : [
          ...anotherPath(service, reasons),
          { code: "no-call-in-time", args: { service: service.id, wait, name } },
        ];
  return { ...failed, saw: elsewhere, findings };
}

/** Failed, or about to be started again since it did. */
const isDown = ({ state, result }: Restarted): boolean =>
  state === "failed" || (state === "activating" && result !== "success" && result !== "");

/** What doctor finds that is about this service, or about all who call. */
function doctorsReasons({ name, id, kind }: NamedService, reasons: Reasons | undefined): Finding[] {
  // What it says of a service's silence over a day is said here of a minute.
  const others: FindingCode[] = ["no-calls"];
  return (reasons?.findings ?? []).filter((finding) => {
    if (severityOf(finding) === "note" || others.includes(finding.code)) return false;
    const { unit } = finding.args;
    const about = kind === "unit" || kind === "user-unit";
    return unit === undefined || unit === "no service" || !about || unit === name || unit === id;
  });
}

/** What its settings keep it from: also where its process is gone, which doctor would have to look at. */
function confinement({ kind, id, properties }: NamedService, reasons: Reasons | undefined): Finding[] {
  if (kind !== "unit" && kind !== "user-unit") return [];
  const findings: Finding[] = [];
  const paths = (property: string) =>
    (properties[property] ?? "").split(" ").map((path) => path.replace(/^[-+]*/, ""));
  const covers = (folder: string, path: string) =>
    folder !== "" && (folder === path || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`));
  /** The most specific of them that a path is in. */
  const depth = (property: string, path: string) =>
    Math.max(
      0,
      ...paths(property)
        .filter((folder) => covers(folder, path))
        .map((folder) => folder.length),
    );

  const strict = properties.ProtectSystem === "strict";
  const logDir = reasons?.logDir ?? defaultLogDir;
  const readOnly = depth("ReadOnlyPaths", logDir);
  const hasOwnTmp = properties.PrivateTmp !== "no" && properties.PrivateTmp !== undefined;
  const isOwn = hasOwnTmp && ["/tmp", "/var/tmp"].includes(logDir);
  const isHidden = hasOwnTmp && !isOwn && /^(\/var)?\/tmp\//.test(logDir);
  if (isHidden || (!isOwn && Math.max(strict ? 1 : 0, readOnly) > depth("ReadWritePaths", logDir))) {
    const setting = isHidden
      ? `PrivateTmp=${properties.PrivateTmp}`
      : readOnly > 0
        ? `ReadOnlyPaths=${properties.ReadOnlyPaths}`
        : "ProtectSystem=strict";
    findings.push({ code: "confined-tmp", args: { service: id, setting, base: logDir } });
  }
  for (const path of new Set(reasons?.chain)) {
    const [no, yes] = [depth("NoExecPaths", path), depth("ExecPaths", path)];
    if (no <= yes) continue;
    const setting = `NoExecPaths=${properties.NoExecPaths}`;
    findings.push({ code: "confined-exec", args: { service: id, setting, path } });
    break;
  }
  return findings;
}

/** Nothing in its files names the binary, nor a script that does. */
function anotherPath({ kind, id, properties }: NamedService, reasons: Reasons | undefined): Finding[] {
  if (!reasons || reasons.leading.includes(id) || (kind !== "unit" && kind !== "user-unit")) return [];
  const command = /argv\[\]=(.*?) ; ignore_errors=/.exec(properties.ExecStart ?? "")?.[1] ?? "";
  return command === ""
    ? []
    : [{ code: "calls-another-path", args: { service: id, path: reasons.binary, command } }];
}

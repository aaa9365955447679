/** Whether the files of an interception may be run, and give nobody rights that they shouldn't: facts -> findings. Pure. */
import type { Finding } from "../finding/finding.ts";
import { factsOf, type HostFacts, mountOf } from "../host/look.ts";
import type { Interception } from "./manifest.ts";

/** As it is written; repair.sh has the same in `is_plain`. */
const wrapperMode = "755";

/**
 * What somebody did to the binary by its path, and did to the wrapper: a package's chmod, chown or setcap, say. Of a
 * wrapper whose text is as it was written.
 */
export function wrapperRights({ manifest, layout }: Interception, facts: HostFacts): Finding[] {
  const { id, kind, link } = factsOf(facts, layout.wrapper);
  if (!id || kind !== "file" || link !== "") return [];
  const { mode, uid, owner } = id;
  const capabilities = facts.capabilities.get(layout.wrapper) ?? "";
  const { name } = manifest;
  const path = layout.wrapper;
  const found = [
    ...(uid === 0 || uid === facts.uid ? [] : [`the owner ${owner}`]),
    ...((Number.parseInt(mode, 8) & 0o6000) !== 0 ? [`mode ${mode}`] : []),
    ...(capabilities === "" ? [] : [`capabilities (${capabilities})`]),
  ].join(", ");
  if (found !== "") return [{ code: "wrapper-rights", args: { path, found, binary: layout.binary, name } }];
  return mode === wrapperMode ? [] : [{ code: "wrapper-mode", args: { path, mode, name } }];
}

/** Nobody can run what is kept where programs can't be run, or what has no such mode. */
export const cantBeRun = (interception: Interception, facts: HostFacts): Finding[] => {
  const mounted = mountedNoexec(interception, facts);
  return mounted.length > 0 ? mounted : realMode(interception, facts);
};

// ---

function realMode({ layout }: Interception, facts: HostFacts): Finding[] {
  const { kind, executable, resolved, link, id } = factsOf(facts, layout.real);
  if (kind !== "file" || executable) return [];
  const path = resolved || layout.real;
  const mode = link === "" ? (id?.mode ?? "?") : "without x";
  return [{ code: "real-mode", args: { path, mode } }];
}

function mountedNoexec({ layout }: Interception, facts: HostFacts): Finding[] {
  const findings: Finding[] = [];
  for (const path of [layout.wrapper, factsOf(facts, layout.real).resolved]) {
    const mount = path === "" ? undefined : mountOf(facts, path);
    if (!mount?.options.includes("noexec")) continue;
    if (findings.some(({ args }) => args.folder === mount.folder)) continue;
    findings.push({ code: "mounted-noexec", args: { path, folder: mount.folder } });
  }
  return findings;
}

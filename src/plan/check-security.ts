/**
 * Who else could decide what callers run: folders, links and files on the way that others may change, a log folder
 * that is somebody else's, and profiles that know the binary by its path. Pure.
 */
import { dirname } from "node:path/posix";
import type { Finding } from "../finding/finding.ts";
import { words } from "../finding/words.ts";
import type { HostFacts } from "../host/look.ts";
import type { Secured, Way } from "../host/look-security.ts";
import { placesOf } from "../host/others.ts";
import type { Accepted, Layout, Spec } from "../spec/spec.ts";
import { stateFolder } from "../state/manifest.ts";
import { quote } from "../wrapper/quote.ts";
import { contextsNaming, profilesNaming } from "./confinement.ts";

/** What has to be looked at for these checks. */
export function securedPaths({ binary, real, wrapper, target, namedReal }: Layout, logDir: string): Secured {
  return {
    logDir,
    places: placesOf({ binary, wrapper }),
    ways: [binary, real, wrapper, target, namedReal, "/bin/bash"],
    files: [binary, real],
  };
}

export function checkSecurity(spec: Spec, facts: HostFacts): Finding[] {
  const accepted = (name: Accepted) => spec.accept.includes(name);
  const { ways, labels, contexts, profiles, loadedProfiles, logFolder, untrusted } = facts.security;
  const findings = ways.flatMap((way) => checkWay(way, facts, accepted));
  if (untrusted.includes(stateFolder(facts, spec.name))) {
    findings.push({ code: "state-untrusted", args: { path: stateFolder(facts, spec.name) } });
  }
  if (!spec.log.none) findings.push(...checkLogPlace(facts, accepted));
  if (logFolder) findings.push(...checkLogFolder(logFolder, facts));
  const files = namesOf(spec, facts);
  if (!accepted("apparmor-profile")) {
    for (const { path, file, line } of profilesNaming(files, profiles, loadedProfiles))
      findings.push({ code: "apparmor-profile", args: { path, file, line } });
  }
  if (!accepted("selinux-context")) {
    for (const { path, context } of contextsNaming(files, labels, contexts))
      findings.push({ code: "selinux-context", args: { path, context } });
  }
  return findings;
}

/** What the rights that the real binary gives mean for its interception; for the readers of a plan. */
export function privilegeNotes({ binary, real }: Layout, { security }: HostFacts): string[] {
  // Before the wrapper is in place the binary is at its own path, afterwards at the real one.
  const found = security.privileges.get(real) ?? security.privileges.get(binary);
  if (!found) return [];
  const { mode, user, group, capabilities } = found;
  const bits = Number.parseInt(mode, 8);
  const gives = [
    ...(bits & 0o4000 ? [`the rights of the user ${user} (setuid, mode ${mode})`] : []),
    ...(bits & 0o2000 && bits & 0o010 ? [`the rights of the group ${group} (setgid, mode ${mode})`] : []),
    ...(capabilities === "" ? [] : [`capabilities (${capabilities})`]),
  ];
  if (gives.length === 0) return [];
  return [
    `${binary} gives who runs it ${gives.join(" and ")}. That stays so: the wrapper runs with the rights of its caller, and the real binary gets its own when the wrapper ends in it. But the caller can call ${real} as well: the policy binds nobody.`,
  ];
}

/** What can't be logged; nobody is kept from anything by that, or anybody could keep root from it. */
export function logNotes({ log }: Spec, facts: HostFacts): string[] {
  const { logFolder, logWays } = facts.security;
  const place = logWays.findLast(({ kind }) => kind === "folder");
  const closed = !log.none && place !== undefined && (place.owner.mode & 0o003) !== 0o003;
  const taken = logFolder !== undefined && isTaken(logFolder, facts);
  return [
    ...(closed ? [words["log-dir-closed"]({ ...logPlace(place), word: quote(place.path) })] : []),
    ...(taken ? [words["log-folder-taken"](logPlace(logFolder))] : []),
  ].map(({ what, todo }) => `${what} ${todo}`);
}

// ---

/** The paths that a profile may know the binary by: its own, and that of the file that it leads to. */
function namesOf({ binary, real, wrapper }: Spec, facts: HostFacts): string[] {
  const names = [binary, real].flatMap((path) => {
    const found = facts.paths.get(path);
    return found === undefined || found.resolved === wrapper ? [path] : [path, found.resolved];
  });
  return [...new Set(names)].filter((path) => path !== "" && path !== real);
}

function checkWay(
  { path, kind, place, owner }: Way,
  facts: HostFacts,
  accepted: (name: Accepted) => boolean,
): Finding[] {
  const { uid, user, security, stateBase } = facts;
  const { mode, group, groupMay, members, listed } = owner;
  const args = {
    ...{ path, mode: mode.toString(8).padStart(4, "0"), owner: owner.user, group, word: quote(path) },
    ...{ trusted: uid === 0 ? "not root" : `neither root nor ${user}`, user, members, listed },
    as: uid === 0 ? `${owner.user}, never as root` : user,
  };
  const findings: Finding[] = [];
  const others = ![0, uid, security.outside].includes(owner.uid);
  // Who owns a folder could swap names in it while they are changed; nobody can accept that for who does so.
  if (others && place) findings.push({ code: "place-of-another", args });
  else if (others && !accepted("other-owner")) findings.push({ code: "other-owner", args });
  // The mode of a link means nothing; who owns it or can write to its folder can change it.
  if (kind === "link") return findings;
  const sticky = kind === "folder" && (mode & 0o1000) !== 0;
  if (sticky && (mode & 0o022) !== 0) {
    // What is there is its owner's; but anybody can be the first to put something there.
    const holding = security.holding.has(path) || path === stateBase.path;
    if (holding && path !== dirname(path)) findings.push({ code: "folder-for-all", args });
    return findings;
  }
  // Whom somebody lets write who is trusted with this already, is trusted too.
  const meant = others && !place && accepted("other-owner");
  if ((mode & 0o002) !== 0) findings.push({ code: "writable-by-all", args });
  else if (groupMay && members !== "" && !meant) findings.push({ code: "group-has-members", args });
  else if (groupMay && !accepted("group-writable")) findings.push({ code: "writable-by-group", args });
  if (listed !== "" && !meant) findings.push({ code: "writable-by-list", args });
  return findings;
}

/** Whether somebody else was there first, which anybody can be. */
const isTaken = ({ kind, owner }: Way, { uid }: HostFacts): boolean => kind !== "folder" || owner.uid !== uid;

const logPlace = ({ path, owner }: Way) => ({
  ...{ path, mode: owner.mode.toString(8).padStart(4, "0") },
  owner: owner.user,
});

/**
 * A directory of the file's own for logs is there, and nobody else can put something else in its place, or take from it
 * what is another's. Nothing of it is run, so what may be accepted elsewhere may be here.
 */
function checkLogPlace({ uid, security }: HostFacts, accepted: (name: Accepted) => boolean): Finding[] {
  const { logPlace: place, logWays, logHolding, outside } = security;
  if (!place) return [];
  if (!place.there) return [{ code: "log-dir-missing", args: { path: place.path } }];
  return logWays.flatMap((way): Finding[] => {
    const { mode, uid: owner, user, group, groupMay, members, listed } = way.owner;
    const unsafe = (who: string): Finding[] => [
      { code: "log-dir-unsafe", args: { ...logPlace(way), who, dir: quote(place.path) } },
    ];
    if (![0, uid, outside].includes(owner)) return accepted("other-owner") ? [] : unsafe(user);
    if (way.kind !== "folder") return [];
    if ((mode & 0o1022) > 0o1000)
      return logHolding.has(way.path) && way.path !== "/" ? unsafe("everybody") : [];
    if ((mode & 0o002) !== 0) return unsafe("everybody");
    if (accepted("group-writable")) return [];
    if (listed !== "") return unsafe(listed);
    return groupMay && members !== "" ? unsafe(`the group ${group}`) : [];
  });
}

/** The wrapper leaves a folder that others can write to alone, so that nothing is logged. */
function checkLogFolder(way: Way, facts: HostFacts): Finding[] {
  const { owner } = way;
  if (isTaken(way, facts)) return [];
  const open = (owner.mode & 0o002) !== 0 || owner.groupMay;
  return open ? [{ code: "log-folder-open", args: logPlace(way) }] : [];
}

/** What look.sh prints -> facts. Pure. */
import { parseDiversions, parseStanding } from "../foreign/facts.ts";
import type { GuardKind } from "../plan/guard.ts";
import type { FileId, HostFacts, PackageFacts, PathFacts } from "./look.ts";
import { noSecurityFacts, takeSecurity } from "./look-security.ts";

/** Reads the fields that look.sh prints; nothing when they don't reach their end. */
export function parseFacts(printed: string): HostFacts | undefined {
  const fields = printed.split("\0");
  let at = 0;
  const next = () => fields[at++] ?? "";
  const facts: HostFacts = {
    ...{ uid: -1, user: "", stateRoot: "", bash: "", ffprobe: "", protectedHardlinks: false, now: 0 },
    ...{ machine: "", forbids: "" },
    stateBase: { path: "", writable: true },
    ...{ mounts: [], paths: new Map(), folders: new Map() },
    ...{ packages: new Map(), askedPackages: new Set(), probes: new Map() },
    ...{ guards: [], userUnits: "" },
    ...{ diversions: new Map(), interceptions: [], roots: [], remains: new Set() },
    security: noSecurityFacts(),
    ...{ standings: new Map(), diverted: [], merged: [] },
    ...{ capabilities: new Map(), leadsBack: new Map() },
  };
  while (at < fields.length) {
    const kind = next();
    switch (kind) {
      case "host":
        facts.uid = Number(next());
        facts.user = next();
        facts.stateRoot = next();
        facts.bash = next();
        facts.ffprobe = next();
        facts.protectedHardlinks = next() === "1";
        facts.now = Number(next());
        facts.machine = next();
        facts.forbids = next();
        break;
      case "state":
        facts.stateBase = { path: next(), writable: next() === "yes" };
        break;
      case "guards":
        facts.guards = next()
          .split(" ")
          .filter((kind) => kind !== "") as GuardKind[];
        facts.userUnits = next();
        break;
      case "mounts":
        facts.mounts = parseMounts(next());
        break;
      case "path": {
        const path = next();
        facts.paths.set(path, {
          path,
          kind: next() as PathFacts["kind"],
          id: parseStat(next()),
          link: next(),
          resolved: next(),
          sha256: next(),
          firstLine: next(),
          executable: next() === "yes",
          attributes: next(),
        });
        break;
      }
      case "folder": {
        const path = next();
        const writable = next();
        facts.folders.set(path, {
          path,
          exists: writable !== "missing",
          writable: writable === "yes",
          attributes: next(),
        });
        break;
      }
      case "package": {
        const path = next();
        const manager = next() as PackageFacts["manager"];
        const found = { manager, name: next(), path: next() };
        facts.askedPackages.add(path);
        if (found.name !== "") facts.packages.set(path, found);
        break;
      }
      case "probes":
        facts.probes.set(next(), next().split(/\s+/).filter(Boolean));
        break;
      case "diversion":
        facts.diversions.set(next(), { by: next(), to: next() });
        break;
      case "interception":
        facts.interceptions.push({
          folder: next(),
          manifest: next(),
          journal: next(),
          kept: next(),
          guard: next(),
          leftover: next() === "yes",
        });
        break;
      case "roots":
        facts.roots.push({ folder: next(), manifest: next() });
        break;
      case "leads-back":
        facts.leadsBack.set(next(), next() as "link" | "script");
        break;
      case "capabilities":
        facts.capabilities.set(next(), next());
        break;
      case "remains":
        facts.remains.add(next());
        break;
      case "diversions":
        facts.diverted = parseDiversions(next());
        facts.merged = next().split(" ").filter(Boolean);
        break;
      case "standing": {
        const found = parseStanding(next);
        facts.standings.set(found.path, found);
        break;
      }
      case "end":
        return facts;
      default:
        if (!takeSecurity(facts.security, kind, next)) return undefined;
    }
  }
  return undefined;
}

function parseStat(printed: string): FileId | undefined {
  const [device, inode, size, mode, uid, gid, modified, links, owner] = printed.split(" ");
  if (owner === undefined) return undefined;
  return {
    device: Number(device),
    inode: Number(inode),
    size: Number(size),
    mode: mode ?? "",
    uid: Number(uid),
    gid: Number(gid),
    modified: Number(modified),
    links: Number(links),
    owner,
  };
}

/** /proc/self/mounts: device, folder (with octal escapes), type, options. */
function parseMounts(printed: string): HostFacts["mounts"] {
  return printed.split("\n").flatMap((line) => {
    const [, folder, type, options] = line.split(" ");
    if (folder === undefined || type === undefined || options === undefined) return [];
    const plain = folder.replace(/\\([0-7]{3})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    return [{ folder: plain, type, options: options.split(",") }];
  });
}

/** The facts of a host looked up anew without a process: those that a run can change. */
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from "node:fs";
import { dirname, join } from "node:path/posix";
import type { HostFacts, PathFacts } from "../../src/host/look.ts";

type Inside = (path: string) => string;

/**
 * @param base facts that a real look has found on the same host
 * @param inside where this process finds a path of that host
 */
export function factsNow(base: HostFacts, inside: Inside, wanted: string[]): HostFacts {
  const folders = entries(inside(base.stateRoot)).map((name) => join(base.stateRoot, name));
  const read = (path: string) => textOf(inside(path));
  const interceptions = folders.flatMap((folder) => {
    const manifest = read(`${folder}/manifest.json`);
    const [journal = "", kept = "", guard = ""] = ["journal", "kept", "guard"].map((name) =>
      read(`${folder}/${name}`),
    );
    return manifest === undefined
      ? []
      : [
          {
            folder,
            manifest,
            journal,
            kept,
            guard,
            leftover: entries(inside(folder)).some((name) => /^work$|\.(previous|new)$/.test(name)),
          },
        ];
  });
  const named = interceptions.flatMap(({ folder }) => (read(`${folder}/paths`) ?? "").split("\n"));
  const paths = new Map(
    [...wanted, ...named].filter((path) => path !== "").map((path) => [path, pathNow(base, inside, path)]),
  );
  const directories = new Map(
    [...base.folders].map(([path, seen]) => {
      const exists = existsSync(inside(path));
      return [path, { ...seen, exists, writable: exists }];
    }),
  );
  return { ...base, folders: directories, paths, interceptions, remains: remainsIn(inside(base.stateRoot)) };
}

// ---

const hashes = new Map<string, { sha256: string; firstLine: string }>();

function pathNow(base: HostFacts, inside: Inside, path: string): PathFacts {
  const stat = lstat(inside(path));
  if (!stat) return { path, kind: "none", id: undefined, ...nothing, executable: false, attributes: "" };
  const link = stat.isSymbolicLink() ? readlinkSync(inside(path)) : "";
  const resolved = resolve(inside, path);
  const end = resolved === undefined ? undefined : lstat(inside(resolved));
  const kind = !end ? "dangling" : end.isFile() ? "file" : end.isDirectory() ? "folder" : "other";
  return {
    ...{ path, kind, link },
    id: {
      device: Number(stat.dev),
      inode: Number(stat.ino),
      size: Number(stat.size),
      mode: (stat.mode & 0o7777n).toString(8),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      modified: Number(stat.mtimeNs / 1_000_000_000n),
      links: Number(stat.nlink),
      owner: stat.uid === 0n ? "root" : base.user,
    },
    resolved: resolved ?? "",
    ...(kind === "file" && resolved ? contentOf(inside(resolved)) : { sha256: "", firstLine: "" }),
    executable: resolved !== undefined && mayRun(inside(resolved)),
    attributes:
      link === "" ? ([...base.paths.values()].find((known) => known.link === "")?.attributes ?? "") : "",
  };
}

const nothing = { link: "", resolved: "", sha256: "", firstLine: "" };

/** A link may be absolute, and leads elsewhere for this process then. */
function resolve(inside: Inside, path: string): string | undefined {
  let at = path;
  for (let count = 0; count < 40; count++) {
    const stat = lstat(inside(at));
    if (!stat) return undefined;
    if (!stat.isSymbolicLink()) return at;
    const link = readlinkSync(inside(at));
    at = link.startsWith("/") ? link : join(dirname(at), link);
  }
  return undefined;
}

function contentOf(path: string): { sha256: string; firstLine: string } {
  const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
  const key = [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  let known = hashes.get(key);
  if (!known) {
    const bytes = readFileSync(path);
    const program = bytes[0] === 0x7f && bytes.subarray(0, 1024).includes("interpose wrapper");
    const [line = ""] = program
      ? ["interpose wrapper"]
      : bytes.subarray(0, 200).toString("latin1").split("\n");
    known = {
      sha256: createHash("sha256").update(bytes).digest("hex"),
      firstLine: Buffer.from(line.replaceAll("\0", ""), "latin1").toString(),
    };
    hashes.set(key, known);
  }
  return known;
}

const lstat = (path: string) => lstatSync(path, { bigint: true, throwIfNoEntry: false });

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** As the shell gives it: without newlines at its end. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/\n+$/, "");
  } catch {
    return undefined;
  }
}

/** As look.sh finds them; no run is at work when this is asked. */
function remainsIn(root: string): Set<string> {
  const left = existsSync(root)
    ? readdirSync(root).filter((name) => name.startsWith(".") || !existsSync(join(root, name, "journal")))
    : [];
  const names = left.map((name) => name.replace(/^\.(lock|removed)\./, "").replace(/\.stale\.\d+$/, ""));
  return new Set(names.filter((name) => !existsSync(join(root, name, "manifest.json"))));
}

/** Those that `*` of a shell gives. */
function entries(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .sort();
  } catch {
    return [];
  }
}

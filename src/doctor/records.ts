/** The records that the parts of doctor's script print -> facts. Pure. */
import type { Caller, DoctorFacts, Folder, Mention, Room, Running, Standing, Surroundings } from "./facts.ts";

export interface LookRecord {
  tag: string;
  fields: string[];
}

export function factsOfRecords(records: LookRecord[]): DoctorFacts {
  const facts: DoctorFacts = {
    bash: { there: false, said: "" },
    clock: { started: 0, ticks: 100 },
    others: new Map(),
    interceptions: new Map(),
  };
  let around = nothingAround("", "", "", "");
  for (const { tag, fields } of records) {
    const [a = "", b = "", c = "", d = "", e = "", f = "", g = ""] = fields;
    switch (tag) {
      case "bash":
        facts.bash = { there: a === "there", said: b };
        break;
      case "base":
        around.base = {
          ...{ there: a !== "missing", writable: a === "yes" },
          ...{ mode: octal(b), free: roomOf(c), files: roomOf(d) },
        };
        break;
      case "clock":
        facts.clock = { started: Number(a), ticks: Number(b) || 100 };
        break;
      case "examine":
        around = nothingAround(b, c, d, e);
        facts.interceptions.set(a, around);
        break;
      case "folders":
        around.folders = a.split("\n").flatMap(folderOf);
        break;
      case "text":
        around.edited = { text: a, complaint: b };
        break;
      case "words":
        around.words = a === "" ? undefined : a.split("\u001f").slice(0, -1);
        break;
      case "program":
        around.program = {
          path: a,
          kind: b === "elf" || b === "script" ? b : "other",
          loader: c.replace(/^\/nowhere\//, ""),
          missing: d === "yes",
        };
        break;
      case "caller":
        around.callers.push({
          kind: a as Caller["kind"],
          ...{ who: b, path: c, found: d, same: e === "yes", searched: f === "yes", firstLine: g },
        });
        break;
      case "mention":
        around.mentions.push({
          kind: a as Mention["kind"],
          ...{ file: b, lines: linesOf(c), also: d.split("\n") },
        });
        break;
      case "process":
        around.processes.push({
          ...{ pid: Number(a), how: b as Running["how"], command: c, start: Number(d), unit: e },
          logged: f === "yes",
        });
        break;
      case "service":
        around.services.push({
          ...{ unit: a, pid: Number(b), user: c, uid: d === "" ? undefined : Number(d) },
          groups: e.split(" ").filter(Boolean).map(Number),
          unseen: [...new Set(f.split("\n").filter(Boolean))],
          writes: g === "" ? undefined : g === "yes",
        });
        break;
      case "log": {
        const [folder = "", log = ""] = f.split("\n");
        around.logs.push({
          uid: Number(a),
          folder: standing(b, c, folder),
          log: standing(d, e, log),
          last: Number(g),
        });
        break;
      }
      case "private":
        around.privateLogs.push({ pid: Number(a), command: b, unit: c, log: d, last: Number(e) });
        break;
    }
  }
  return facts;
}

// ---

function nothingAround(binary: string, wrapper: string, real: string, target: string): Surroundings {
  return {
    ...{ binary, wrapper, real, target, edited: undefined },
    ...{ words: undefined, program: undefined },
    base: { there: true, writable: true, mode: 0o1777, free: undefined, files: undefined },
    ...{ folders: [], callers: [], mentions: [], processes: [], services: [], logs: [], privateLogs: [] },
  };
}

const octal = (text: string): number => Number.parseInt(text, 8) || 0;

function folderOf(line: string): Folder[] {
  const [mode = "", uid, gid, ...path] = line.split(" ");
  if (path.length === 0) return [];
  return [{ path: path.join(" "), mode: octal(mode), uid: Number(uid), gid: Number(gid) }];
}

/** The last line of df: device, total, used, free, percent, folder. */
function roomOf(line: string): Room {
  const found = /^\S.*?\s(\d+)\s+(\d+)\s+(\d+)\s+\S+\s+(\/.*)$/.exec(line);
  if (!found || found[1] === "0") return undefined;
  return { total: Number(found[1]), free: Number(found[3]), mount: found[4] ?? "" };
}

/** As grep -n prints them. */
function linesOf(printed: string): Mention["lines"] {
  return printed.split("\n").flatMap((line) => {
    const found = /^(\d+):(.*)$/.exec(line);
    return found ? [{ number: Number(found[1]), text: found[2] ?? "" }] : [];
  });
}

function standing(path: string, kind: string, stat: string): Standing {
  const [uid, mode = "0"] = stat.split(" ");
  return { path, kind: kind as Standing["kind"], uid: Number(uid ?? -1), mode: octal(mode) };
}

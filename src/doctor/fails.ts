/** Why a call fails, or words of it break, since the wrapper is there: facts -> findings. Pure. */
import type { Finding } from "../finding/finding.ts";
import { factsOf } from "../host/look.ts";
import { type DoctorFacts, type Folder, plainWords, type Surroundings } from "./facts.ts";
import type { Patient } from "./patient.ts";
import { brokenWords, hasExec } from "./script-text.ts";

/** What is wrong with a wrapper's text, the most telling first; all of it is mended by writing the wrapper anew. */
export function wrapperText({ around, facts, interception }: Patient): Finding[] {
  const { wrapper, edited } = around;
  if (!edited) return [];
  const findings: Finding[] = [];
  const path = wrapper;
  const programs = [around.real, interception.layout.namedReal, "$__real"];
  const broken = brokenWords(edited.text, programs);
  if (broken) findings.push({ code: "words-unquoted", args: { path, ...broken } });
  const { firstLine } = factsOf(facts, wrapper);
  if (edited.text.split("\n")[0] !== `#!/bin/bash ${wrapper}`)
    findings.push({ code: "first-line-changed", args: { path, found: firstLine || "empty" } });
  if (!hasExec(edited.text)) findings.push({ code: "exec-missing", args: { path } });
  if (edited.complaint !== "")
    findings.push({ code: "wrapper-syntax", args: { path, complaint: edited.complaint } });
  return findings;
}

/** The wrapper is ours, and still words don't arrive. */
export function wordsLost({ around, bash }: Patient): Finding[] {
  const { words, wrapper } = around;
  if (!words || !bash.there || hasAll(words)) return [];
  const lost = plainWords.findIndex((word) => !words.includes(word));
  const sent = JSON.stringify(plainWords[Math.max(0, lost)]);
  const arrived = words.length === 0 ? "nothing" : JSON.stringify(words.slice(0, 12));
  return [{ code: "words-lost", args: { path: wrapper, sent, arrived } }];
}

export function cantRun(patient: Patient): Finding[] {
  return [
    ...program(patient.around),
    ...folders(patient),
    ...services(patient.around),
    ...profiles(patient.around),
  ];
}

export function bashChanged({ there, said }: DoctorFacts["bash"]): Finding[] {
  if (!there) return [{ code: "no-bash", args: {} }];
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(said) ?? [];
  if (major !== undefined && minor !== undefined) {
    const recent = Number(major) > 4 || (Number(major) === 4 && Number(minor) >= 4);
    return recent ? [] : [{ code: "old-bash", args: { version: said } }];
  }
  const refused = /denied|not found|No such file|cannot execute|Exec format|error while loading/i.test(said);
  return [{ code: refused ? "bash-does-not-run" : "not-bash", args: { said: said || "nothing" } }];
}

// ---

/** Whether the words are among the others, in order. */
function hasAll(words: readonly string[]): boolean {
  let at = 0;
  for (const word of words) if (word === plainWords[at]) at++;
  return at >= plainWords.length;
}

function program({ program }: Surroundings): Finding[] {
  if (!program?.missing) return [];
  const { path, loader } = program;
  return [
    { code: program.kind === "elf" ? "loader-missing" : "interpreter-missing", args: { path, loader } },
  ];
}

/** Folders that somebody who calls the binary can't pass. */
function folders({ around }: Patient): Finding[] {
  const { binary, wrapper, real, target } = around;
  const above = (path: string) => around.folders.filter((folder) => path.startsWith(`${folder.path}/`));
  const findings: Finding[] = [];
  const look = (user: string, paths: string[], uid: number, groups: number[]) => {
    for (const path of paths) {
      const folder = above(path).find((one) => !passes(one, uid, groups));
      if (!folder || findings.some(({ args }) => args.folder === folder.path)) continue;
      const mode = folder.mode.toString(8);
      findings.push({ code: "folder-unreachable", args: { user, binary, path, folder: folder.path, mode } });
    }
  };
  // Where only some may call the binary, those have to be named to say more.
  if (above(binary).every((folder) => passes(folder, -1, []))) look("Everybody", [wrapper, real], -1, []);
  for (const { uid, groups, unit, user } of around.services)
    if (uid) look(`${unit} (user ${user})`, [binary, wrapper, real, target], uid, groups);
  return findings;
}

/** Whether a user may pass through a folder; uid -1 is one who owns nothing and is in no group. */
function passes(folder: Folder, uid: number, groups: number[]): boolean {
  if (folder.uid === uid) return (folder.mode & 0o100) !== 0;
  return (folder.mode & (groups.includes(folder.gid) ? 0o010 : 0o001)) !== 0;
}

function services({ services }: Surroundings): Finding[] {
  return services.flatMap(({ unit, pid, unseen }) =>
    unseen.slice(0, 1).map((path): Finding => ({ code: "hidden-from-service", args: { unit, pid, path } })),
  );
}

/** AppArmor goes by paths: a profile that has one of a chain needs the others. */
function profiles({ mentions, binary, wrapper, real }: Surroundings): Finding[] {
  return mentions.flatMap(({ kind, file, lines, also }) => {
    const names = lines.some(({ text }) => !/^\s*#/.test(text));
    const missing = [wrapper, real].filter((path) => !also.includes(path));
    if (kind !== "profile" || !names || missing.length === 0) return [];
    return [{ code: "profile-names-binary", args: { file, path: binary, missing: missing.join(" and ") } }];
  });
}

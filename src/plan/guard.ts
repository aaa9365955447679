/**
 * What keeps an interception in place without anybody at hand: a unit of systemd's that runs the repair script
 * when something changes beside the binary, or a line for cron. Pure.
 */
import { dirname } from "node:path/posix";
import type { HostFacts } from "../host/look.ts";
import { type Interception, stateFile } from "../state/manifest.ts";
import { displayed, quote, quoteAll } from "../wrapper/quote.ts";
import { type Command, type Plan, placeOf, plainPlan, type Step } from "./plan.ts";

/** `system` and `user`: a manager of systemd's; `cron.d`: a file for cron; `crontab`: a line in the user's table. */
export type GuardKind = "system" | "user" | "cron.d" | "crontab";

/** The kind that a host can have, the best first; nothing when it has neither systemd nor cron. */
export const guardKindOf = (facts: HostFacts): GuardKind | undefined => facts.guards[0];

/** How a guard is known afterwards: its kind, and the file or the unit that it consists of. */
export function planGuard(interception: Interception, kind: GuardKind, facts: HostFacts, host: string): Plan {
  const { manifest, folder, layout } = interception;
  const script = stateFile(folder, "repair.sh");
  const folders = [...new Set([layout.binary, layout.wrapper].map((path) => dirname(path)))];
  const steps: Record<GuardKind, () => Step> = {
    system: () =>
      units(manifest.name, "/etc/systemd/system", "systemctl", script, folders, "multi-user.target"),
    user: () => units(manifest.name, facts.userUnits, "systemctl --user", script, folders, "default.target"),
    "cron.d": () => cronFile(manifest.name, script),
    crontab: () => cronLine(manifest.name, script),
  };
  return plainPlan("guard", placeOf(interception, host), [steps[kind]()]);
}

export const planGuardRemoval = (interception: Interception, host: string): Plan =>
  plainPlan("guard", placeOf(interception, host), interception.guard === "" ? [] : [guardRemoval(1)]);

/** Also a step of rollback: a guard would put back what that takes away. */
export const guardRemoval = (number: number): Step => ({
  id: "unguard",
  number,
  title: "Take the guard away",
  run: ["remove_guard"],
  gate: [`[ ! -f "$state/guard" ]`],
  todo: "Remove by hand what is named above.",
  undo: [],
});

// ---

/** A name as units may have it. */
const unitOf = (name: string): string => `interpose-guard-${name.replaceAll("+", "\\x2b")}`;

function units(
  name: string,
  folder: string,
  systemctl: string,
  script: string,
  watched: string[],
  target: string,
): Step {
  const unit = unitOf(name);
  const path = `${folder}/${unit}.path`;
  const service = `${folder}/${unit}.service`;
  const timer = `${folder}/${unit}.timer`;
  const about = `# Written by interpose for the interception ${displayed(name)}; interpose guard remove takes it away.`;
  // A change of many files, such as an upgrade of the system, is looked at once every few seconds.
  const serviceText = [
    about,
    "[Unit]",
    `Description=Keeps the wrapper of ${displayed(name)} in place`,
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    "Type=oneshot",
    // Whatever keeps one waiting, the next one is to come.
    "TimeoutStartSec=10min",
    "ExecStartPre=/bin/sleep 2",
    `ExecStart=/bin/sh ${unitWord(script)} guard`,
    "",
  ].join("\n");
  const pathText = [
    about,
    "[Unit]",
    `Description=Looks for changes beside the binary of ${displayed(name)}`,
    "StartLimitIntervalSec=0",
    "",
    "[Path]",
    ...watched.map((each) => `PathChanged=${unitPath(each)}`),
    "",
    "[Install]",
    `WantedBy=${target}`,
    "",
  ].join("\n");
  const timerText = [
    about,
    "[Unit]",
    `Description=Looks after the wrapper of ${displayed(name)}, should a change have been missed`,
    "",
    "[Timer]",
    "OnActiveSec=5min",
    "OnUnitInactiveSec=5min",
    "",
    "[Install]",
    `WantedBy=${target}`,
    "",
  ].join("\n");
  const started = quoteAll([`${unit}.path`, `${unit}.timer`]);
  return step(`Let systemd run the repair when something changes in ${watched.join(" or ")}`, {
    record: `${systemctl === "systemctl" ? "system" : "user"} ${folder}/${unit}`,
    run: [
      `mkdir -p ${quote(folder)}`,
      { command: `cat >${quote(service)}`, text: serviceText, about: "the unit that runs repair.sh" },
      { command: `cat >${quote(path)}`, text: pathText, about: "the unit that looks for changes" },
      { command: `cat >${quote(timer)}`, text: timerText, about: "the unit that runs it every five minutes" },
      `flush ${quoteAll([service, path, timer])}`,
      "find_manager",
      `${systemctl} daemon-reload`,
      `${systemctl} --quiet enable --now ${started}`,
      `flush_names ${quoteAll([folder, path, `${folder}/${target}.wants/`])}`,
    ],
    gate: [`find_manager`, `${systemctl} --quiet is-active ${started}`],
    todo: `See: ${systemctl} status ${unit}.path.`,
  });
}

function cronFile(name: string, script: string): Step {
  const path = `/etc/cron.d/interpose-guard-${cronName(name)}`;
  const text = `# Written by interpose for the interception ${displayed(name)}; interpose guard remove takes it away.\n${cronTime} root ${cronCommand(script)}\n`;
  return step("Let cron run the repair every five minutes", {
    record: `cron.d ${path}`,
    run: [
      { command: `cat >${quote(path)}`, text, about: "the line that runs repair.sh" },
      `flush ${quoteAll([path, dirname(path)])}`,
    ],
    gate: [`[ -s ${quote(path)} ]`],
    todo: "Is /etc/cron.d there, and cron running?",
  });
}

function cronLine(name: string, script: string): Step {
  const mark = `# interpose guard ${name}`;
  return step("Let cron run the repair every five minutes", {
    record: `crontab ${name}`,
    run: [
      `{ crontab -l 2>/dev/null; echo ${quote(`${cronTime} ${cronCommand(script)} ${mark}`)}; } >"$work/crontab"`,
      'crontab "$work/crontab"',
      // Where cron keeps its tables is its own business.
      "sync",
    ],
    gate: [`case $(crontab -l) in *${quote(mark)}*) ;; *) false ;; esac`],
    todo: "Is this user allowed to use cron?",
  });
}

/** Cron reads no file whose name has a dot in it; two names stay two. */
const cronName = (name: string): string =>
  [...Buffer.from(name)]
    .map((byte) => [byte, String.fromCharCode(byte)] as const)
    .map(([byte, char]) => (/[A-Za-z0-9-]/.test(char) ? char : char === "_" ? "__" : `_${byte.toString(16)}`))
    .join("");

const cronTime = "*/5 * * * *";
/** A % ends a command of cron's. */
const cronCommand = (script: string): string =>
  `/bin/sh ${quote(script)} guard >/dev/null 2>&1`.replaceAll("%", "\\%");

/** A word of a command in a unit. */
const unitWord = (word: string): string =>
  /^[A-Za-z0-9_./+-]+$/.test(word)
    ? word
    : `"${word.replaceAll("%", "%%").replaceAll("$", "$$$$").replace(/[\\"]/g, "\\$&")}"`;

/** A path in a unit, where only specifiers mean something. */
const unitPath = (path: string): string => path.replaceAll("%", "%%");

/** What is made is known before it is made, so that a run that was cut off can be cleared up after. */
function step(
  title: string,
  { record, run, gate, todo }: { record: string; run: Command[]; gate: Command[]; todo: string },
): Step {
  const known: Command = `printf '%s\\n' ${quote(record)} >"$state/guard"`;
  return {
    ...{
      id: "guard",
      number: 1,
      title,
      run: ["remove_guard", known, `flush "$state/guard" "$state"`, ...run],
      gate,
      todo,
    },
    undo: ["remove_guard"],
  };
}

/**
 * The words of every finding: what happened, then what to do. One place, so that the terminal, JSON and
 * the docs say the same.
 */
import { doctorWords } from "./doctor-words.ts";
import { fileWords } from "./file-words.ts";
import type { Finding } from "./finding.ts";
import { hostWords } from "./host-words.ts";
import { reachWords } from "./reach-words.ts";
import { type Said, say, type Words } from "./say.ts";
import { serviceWords } from "./service-words.ts";

export const words = {
  ...fileWords,
  ...reachWords,
  ...hostWords,

  // Runs
  "gate-failed": say("The gate of step {number} ({title}) failed: {saw}.", "{todo}"),
  "step-failed": say("Step {number} ({title}) failed: {saw}.", "{todo}"),
  "all-undone": say(
    "Everything is as it was before.",
    "Mend what is named above, and run the command again.",
  ),
  "undo-failed": say(
    "Step {title} could not be undone: {saw}.",
    "Mend that, then: interpose rollback {name}.",
  ),
  locked: say("Another run on {name} is at work: process {pid}.", "Wait until it has ended."),
  "plan-outdated": say(
    "Another run on {name} came in between; this one has changed nothing.",
    "Run the command again: it looks anew.",
  ),
  "cut-off": say(
    "The run was cut off: {said}.",
    "Run the command again: it goes on where this one ended; interpose rollback {name} undoes it.",
  ),
  "not-intercepted": say("Nothing named {name} is intercepted here.", "`interpose status` lists what is."),
  "real-lost": say(
    "{binary} can't be given back: {real} is not the file that was kept there.",
    "Put the real binary at {binary} by hand (reinstall its package), then remove {wrapper} and run the command again.",
  ),
  "binary-replaced": say(
    "{path} was replaced by somebody else since; it stays as it is.",
    "Nothing is to be done.",
  ),
  "real-kept": say(
    "The old binary is kept at {real}: what is at {path} now may run it.",
    "Remove it when nothing needs it: rm {real}.",
  ),
  "by-hand-left": say(
    "What was made by hand stays where it is; nothing at {binary} needs it.",
    "Remove it when nothing else does: rm {files}.",
  ),
  "wrapper-left": say("{path} was changed by hand; it stays.", "Remove it when nothing of it is needed."),
  "manifest-unreadable": say(
    "{folder} holds a manifest that can't be read.",
    "Look into {folder}/manifest.json.",
  ),
  "needs-yes": say(
    "This would change something, and there is no terminal to ask on.",
    "Run it again with --yes.",
  ),
  "not-confirmed": say("Nothing was changed.", "Run it again and answer yes."),

  "removed-given-back": say(
    "There was nothing at {path} any more; it is the real binary again.",
    "If its package was uninstalled, remove that too: rm {path}.",
  ),
  uninstalled: say("The package that {path} was from is gone, and so is its file.", "Nothing is to be done."),

  // Repair
  "no-guard": say(
    "There is neither systemd nor cron here that could run a repair.",
    "Install one of them, or let something else run repair.sh in the state folder from time to time.",
  ),
  "repair-unsettled": say(
    "{path} is still being written, or is no program yet.",
    "Wait until that has ended, then: interpose repair {name}.",
  ),
  "repair-again": say(
    "The repair of {name} was cut off once more.",
    "Look for what ends it, then: interpose repair {name}.",
  ),
  "binary-unusable": say(
    "{path} is no program any more: a folder, or a link to nothing.",
    "Put a program there, or remove what is there.",
  ),
  "binary-leads-back": say(
    "{path} leads to {real} or {wrapper} in a way that interpose didn't make.",
    "Look where it leads: readlink -f {path}. If it isn't wanted, this puts the wrapper there again, and keeps what is there as {path}.other:",
    "ln -T {path} {path}.other",
    "ln -sT {wrapper} {path}.interpose-new",
    "mv -fT {path}.interpose-new {path}",
  ),
  "no-repair": say(
    "{folder} has no repair script: it was put in place by an older version.",
    "Put it in place again: interpose apply {file}.",
  ),

  // Status and verify
  "binary-removed": say(
    "There is nothing at {path} any more: it was removed since it was intercepted.",
    "Take the rest away: interpose rollback {name}, which also gives {path} back from the real binary.",
    "interpose rollback {name} --yes",
    "interpose apply {file} --yes",
  ),
  "real-upgraded": say(
    "{path} was upgraded since: calls go through the wrapper to the new binary.",
    "Nothing is to be done.",
  ),
  "real-removed": say(
    "The package that {path} was from is gone: calls fail.",
    "Take the rest away: interpose rollback {name}. Or install the package again.",
  ),
  "wrapper-written-through": say(
    "A program was written to {path}, through the link at {binary}; calls run it without the wrapper.",
    "Take it as the real binary, and put the wrapper back: interpose repair {name}.",
    "interpose repair {name} --yes",
  ),
  "diversion-lost": say(
    "dpkg's diversion of {path} is gone: the next upgrade replaces the wrapper.",
    "Register it again: interpose repair {name}.",
    "interpose repair {name} --yes",
  ),
  "old-kept": say(
    "An older binary is kept at {path}.",
    "Remove it when nothing needs it: interpose prune {name}; a rollback removes it too.",
  ),

  "chain-broken": say(
    "{path} should be {expected}, and is {found}.",
    "{todo}",
    "interpose repair {repairable} --yes",
  ),
  "run-remains": say(
    "A run on {name} was cut off before it changed anything, or when it had taken everything away; its lock or folder is left.",
    "Remove it: interpose rollback {name}. Or apply again.",
  ),
  "run-cut-off": say(
    "The last {run} was cut off at its step {step}.",
    "Finish it: run `interpose apply` on its file. Undo it: interpose rollback {name}.",
    "interpose apply {file} --yes",
  ),
  "output-differs": say(
    "{argument} prints something else through {binary} than {real} does.",
    "Compare: {binary} {argument}; {real} {argument}.",
  ),
  "arguments-broken": say(
    "Awkward arguments do not arrive as they were sent.",
    "This is an error in interpose: please report it with the file.",
  ),
  "not-applied": say(
    "{file} was changed since {name} was put in place.",
    "Put it in place: interpose apply {file}.",
  ),
  "not-logged": say(
    "The wrapper's log has no record of the call that was just made.",
    "Can its user write there? The log is {log}.",
  ),

  ...doctorWords,
  ...serviceWords,

  // The command line
  "command-line": say(
    "{message}.",
    "interpose --help shows the commands, interpose COMMAND --help one of them.",
  ),
  "bad-duration": say(
    "{value} is no time span.",
    "Write it as 90s, 30m, 1h or 2d, or as a date such as 2026-01-31.",
  ),
  "bad-number": say("{value} is no whole number.", "Write one, such as 20."),
  "unknown-recipe": say("There is no recipe {name}.", "There are: {known}."),
  "file-exists": say("{path} is there already.", "Use --output for another file, or remove it."),
  "missing-tool": say("{tool} is not there; the demo needs it.", "Install it: {how}."),
  "bad-answer": say("{value} can't be used: {reason}", "{todo}"),
} satisfies Record<string, Words>;

/** One finding in words. */
export function inWords(finding: Finding): Said {
  return (words[finding.code] as Words)(finding.args);
}

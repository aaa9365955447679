/**
 * The words of every finding: what happened, then what to do. One place, so that the terminal, JSON and
 * the docs say the same.
 */
import { doctorWords } from "./doctor-words.ts";
import type { Finding } from "./finding.ts";
import { reachWords } from "./reach-words.ts";
import { fill, type Said, say, type Words } from "./say.ts";
import { serviceWords } from "./service-words.ts";

/** Forms of values that a schema asks for, by the message that its check carries. */
const forms: Record<string, string> = {
  unicode: "text without half a surrogate pair, which UTF-8 can't hold",
  "not-empty": "some text",
  nul: "text without a NUL, which no argument can hold",
  "one-line": "one line of text",
  absolute: "the absolute path of a file, starting with /",
  "option-name": "an option with its dashes, such as --model or -m",
  identifier: "a name of letters, digits and _, not starting with a digit",
  name: "a name of letters, digits and _, or an option with its dashes",
  "route-name": "a name of letters, digits, `.`, `_` and `-`",
  "file-name": "a name of letters, digits, `.`, `_`, `+` and `-`, starting with a letter or digit",
  suffix: "a suffix without `/` and without spaces, such as -real",
};

export const words = {
  // The file
  "file-unreadable": say(
    "{path} can't be read: {reason}.",
    "Check the path; `interpose init` writes a new file.",
  ),
  "file-too-large": say(
    "The file has {bytes} bytes; at most {limit} are read.",
    "An interception is a page of YAML: move what doesn't belong to it elsewhere.",
  ),
  "not-utf8": say("The file is not UTF-8 text.", "Save it as UTF-8: iconv -f latin1 -t utf-8 FILE."),
  "yaml-syntax": say("This is not valid YAML: {message}.", "Mend the line; indentation is by spaces."),
  "unknown-key": say("Unknown key `{key}`.", "Take it out, or use one of: {known}."),
  "unknown-key-near": say("Unknown key `{key}`: did you mean `{near}`?", "Known here: {known}."),
  "missing-key": say(
    "`{key}` is missing.",
    "Add it; everything but `binary` has a default at the top level.",
  ),
  "wrong-type": say(
    "`{key}` is {found}, and should be {expected}.",
    "Change the value; `interpose schema` shows the form.",
  ),
  "quote-it": say("`{key}` is {found}, and should be text.", 'Put it in quotes: "{value}".'),
  "not-one-of": say("`{key}` is `{found}`.", "Use one of: {allowed}."),
  "out-of-range": say("`{key}` is out of range: {bound}.", "Use a value within it."),
  "bad-form": (args) => ({
    what: fill("`{key}` has a form that can't be used.", args),
    todo: `It has to be ${forms[String(args.form)] ?? String(args.form)}${args.found ? `; it is ${JSON.stringify(args.found)}` : ""}.`,
  }),
  "unknown-fact": say(
    "`{key}` is no fact.",
    "Write { mediaDuration: operand(0) } or { fileSize: operand(0) }, with the file that is meant.",
  ),
  "no-name": say("No name can be made from the file name {source}.", "Add a line `name: something`."),
  "not-plain-path": say("{path} is not a plain path.", "Write it as {plain}."),
  "wrapper-is-binary": say(
    "The wrapper would be written over the binary itself: both are {path}.",
    "Give `wrapper` another path, or `name` another name.",
  ),
  "wrapper-is-real": say(
    "The wrapper would take the place of the real binary: both are {path}.",
    "Give `wrapper` another path, or change `realSuffix`.",
  ),
  "script-is-other": say(
    "{path} can't be the script: it is the path of the binary, of the wrapper, or of the real binary.",
    "Give `script` the path of a file of your own; it ends in `exec` of the real binary.",
  ),
  "wrapper-path-form": say(
    "The wrapper's path {path} can't stand in the first line of a script.",
    "Use one without newlines and without a space at its end.",
  ),
  "first-line-too-long": say(
    "The wrapper's path makes its first line {bytes} bytes long; the kernel reads {limit}.",
    "Give `wrapper` a shorter path.",
  ),
  "name-too-long": say(
    "The name {name} has {bytes} bytes; a file name holds {limit}.",
    "Use a shorter `realSuffix` or `wrapper`.",
  ),

  // The policy
  "cel-error": say("The condition is wrong: {message}.", "Mend the place that is marked."),
  "cel-result": say(
    "The expression gives {found}, and should give {expected}.",
    "Compare it with something.",
  ),
  "cel-unsupported": say("A wrapper can't decide {what} exactly.", "Instead: {instead}."),
  "unknown-name": say(
    "Nothing is named `{name}` here.",
    "Facts of this file: {known}. Functions: operand, option, flag, env.",
  ),
  "unknown-name-near": say(
    "Nothing is named `{name}`: did you mean `{near}`?",
    "Facts of this file: {known}.",
  ),
  "unknown-function": say("There is no function `{name}`.", "There are: {known}."),
  "unknown-function-near": say(
    "There is no function `{name}`: did you mean `{near}`?",
    "There are: {known}.",
  ),
  "reserved-name": say("A fact can't be named `{name}`: CEL keeps that word.", "Use another name."),
  "duplicate-route": say("Two routes are named `{name}`.", "Give one of them another name."),
  "unreachable-routes": say(
    "The route `{name}` has no `when`, so no call gets to `{next}` after it.",
    "Give it a `when`, or put it last.",
  ),
  "no-last-route": say(
    "The last route, `{name}`, has a `when`, so a call may match no route.",
    "Add a last one without `when`; `- name: pass` leaves such calls as they are.",
  ),
  "deny-with-edits": say(
    "The route `{name}` denies the call, so `{key}` does nothing.",
    "Take one of them out.",
  ),
  "unknown-route": say("There is no route `{name}`.", "Routes of this file: {known}."),
  "unknown-route-near": say(
    "There is no route `{name}`: did you mean `{near}`?",
    "Routes of this file: {known}.",
  ),
  "shell-variable": say("The variable {name} can't be set: bash keeps it for itself.", "Use another one."),
  "set-and-removed": say("`{name}` is both set and removed.", "Take one of them out."),

  // The host
  ...reachWords,
  "binary-missing": say(
    "There is nothing at {path}.",
    "Check `binary`; `command -v NAME` tells where a program is.",
  ),
  "binary-dangling": say("{path} is a link to {link}, and nothing is there.", "Mend the link first."),
  "binary-loops": say("{path} is a link to {link}, which leads back to itself.", "Mend the link first."),
  "binary-is-folder": say("{path} is a folder.", "`binary` has to be the path of a program."),
  "binary-is-special": say("{path} is no regular file.", "`binary` has to be the path of a program."),
  "binary-not-executable": say(
    "{path} is not executable; its mode is {mode}.",
    "If it is the right file: chmod +x {path}.",
  ),
  "binary-leads-to-real": say(
    "{path} leads to {real} already.",
    "Give `binary` as the path that callers use.",
  ),
  noexec: say(
    "{path} is on {folder}, which is mounted noexec.",
    "Programs can't run there: use another folder, or mount it without noexec.",
  ),
  "read-only": say(
    "{path} is on {folder}, which is mounted read-only.",
    "Mount it read-write: mount -o remount,rw {folder}.",
  ),
  immutable: say(
    "{path} has the attribute {letter}, so it can't be changed.",
    "Take it off: chattr -{letter} {path}.",
  ),
  "folder-missing": say("The folder {path} is not there.", "Make it, or give `wrapper` another path."),
  "folder-not-writable": say("{user} may not write to {path}.", "Run interpose as root: sudo interpose ..."),
  "hard-link-refused": say(
    "{path} belongs to {owner}, and this kernel lets {user} make no second name for it (fs.protected_hardlinks).",
    "Run interpose as root or as {owner}.",
  ),
  "real-taken": say(
    "{path} is there already, and it is not from interpose.",
    "Move it away, or give `realSuffix` another value than {suffix}.",
  ),
  "real-changed": say(
    "{path} is no longer the file that was kept there.",
    "Look what it is: stat {path}. If it is the binary that you want, move it to its old path, then: interpose rollback {name}.",
  ),
  "script-unusable": say(
    "The script {path} is not there, or is no executable file.",
    'Write it, and make it executable: chmod +x {path}. It ends in `exec {real} "$@"`.',
  ),
  "script-missing": say(
    "The script {path} is not there or not executable, so calls of {binary} go past it to {real}.",
    'Put it back: it ends in `exec {real} "$@"`.',
  ),
  "wrapper-taken": say(
    "{path} is there already, and it is not from interpose.",
    "Move it away, or give `wrapper` another path.",
  ),
  "wrapper-edited": say(
    "{path} was changed by hand since it was written.",
    "Take the change over into the file. Then write the wrapper anew in one rename, which interpose doctor {name} shows.",
    "cp -pn {path} {path}.edited",
    "interpose compile {file} >{path}.interpose-new",
    "chmod 0755 {path}.interpose-new",
    "mv -fT {path}.interpose-new {path}",
  ),
  "name-folder-taken": say(
    "{path} is there already, and it is not from interpose.",
    "Move it away, or give `wrapper` another name.",
  ),
  "foreign-interception": say(
    "{path} is intercepted already, but not by interpose: it leads to {wrapper}.",
    "Take that one away first; where it was made by hand: mv -T {real} {path}.",
  ),
  "made-by-hand": say(
    "{path} is intercepted by hand: {script} runs {real}.",
    "Take it under management, without a change for its callers: interpose adopt {path}. Or take it away first: mv -T {real} {path}.",
  ),
  "by-hand-real-lost": say(
    "{path} is intercepted by hand, and the real binary is lost: {script} runs {real}, which is not there or not executable.",
    "Put the real binary at {real} (a copy, or from its package), and run the command again.",
  ),
  "not-by-hand": say(
    "{path} is no interception that was made by hand: {what}.",
    "`interpose status --all` shows those of this host; a binary that nobody intercepts is for `interpose init`.",
  ),
  "adopted-already": say("{path} belongs to the interception {name} already.", "Nothing is to be done."),
  "unknown-form": say("There is no form {form} to export.", "Use one of: sh, ansible."),
  "no-output": say("A role and a playbook are several files.", "Give them a folder: -o DIR."),
  "adopted-there": say(
    "The interception {name} was made by hand, and adopted: what it goes back to is kept in another way.",
    "Change it with interpose itself, or take it away first: interpose rollback {name}.",
  ),
  "by-hand-taken": say(
    "{path} is there already, and what was made by hand is to be kept there.",
    "Move it away, and run the command again.",
  ),
  "by-hand-no-exec": say(
    "{script} has no `exec`: the real binary runs as its child, so signals don't reach it.",
    'It is adopted as it is. Better: exec {real} "$@" as its last line.',
  ),
  "by-hand-knows-name": say(
    "{script} may go by the path that it is run by, which is another one from now on.",
    "If {path} answers otherwise then, all is put back. Better: write paths out in the script.",
  ),
  "is-alternative": say(
    "{path} is a link of update-alternatives, which would put it back over ours: update-alternatives --config {name}.",
    "Intercept what it leads to: binary: {target}.",
  ),
  "is-shim": say(
    "{path} is a shim that {manager} writes anew whenever it likes.",
    "Intercept the program that it runs: {manager} which {name}.",
  ),
  "is-shim-of": say(
    "{path} is a shim that {manager} writes anew whenever it likes.",
    "Intercept the program that it runs: binary: {target}. ({manager} which {name} tells what is in force.)",
  ),
  "already-intercepted": say(
    "{path} belongs to the interception {name}.",
    "Take it away first: interpose rollback {name}.",
  ),
  moved: say(
    "The interception {name} is in place with other paths: {binary}, {wrapper}, {real}.",
    "Take it away first: interpose rollback {name}. Or give this file another `name`.",
  ),
  "binary-overwritten": say(
    "{path} was replaced since it was intercepted, perhaps by an upgrade; calls go past the wrapper.",
    "Put the wrapper in front of the new one: interpose repair {name}. Or take the rest away, which keeps the new file: interpose rollback {name}.",
    "interpose repair {name} --yes",
  ),
  diverted: say(
    "{path} is diverted to {to} by {by}: dpkg puts the package's file there.",
    "Intercept {to} instead, or end the diversion first: dpkg-divert --list {path} shows it.",
  ),
  "no-bash": say("/bin/bash is not there; the wrapper needs it.", "Install bash, 4.4 or later."),
  "other-machine": say(
    "{path} is a program for {theirs}. This machine is {ours}, and nothing is registered here that runs such programs.",
    "Put the build for {ours} there, or install what runs it (Debian: apt-get install qemu-user-static). If it is run in a way that can't be seen here, as in a container, put `accept: [other-machine]` into the file.",
  ),
  "old-bash": say("/bin/bash is version {version}; the wrapper needs 4.4 or later.", "Install a newer bash."),
  "no-ffprobe": say("ffprobe is not there; `mediaDuration` needs it.", "Install ffmpeg, which has it."),

  // Who else could decide what callers run
  "writable-by-all": say(
    "{path} can be changed by everybody: its mode is {mode}, its owner {owner}. Who does decides what the callers run.",
    "Take that right away: chmod o-w {word}.",
  ),
  "writable-by-group": say(
    "{path} can be changed by the group {group}: its mode is {mode}, its owner {owner}. Who does decides what the callers run.",
    "Take that right away: chmod g-w {word}. If all who may be in that group are trusted like the callers themselves, put `accept: [group-writable]` into the file.",
  ),
  "other-owner": say(
    "{path} belongs to {owner}, who is {trusted}; its mode is {mode}. Who owns it decides what the callers run.",
    "Give it to root (chown -h root {word}), or run interpose as {owner}. If {owner} is trusted like the callers themselves, put `accept: [other-owner]` into the file.",
  ),
  "folder-for-all": say(
    "{path} is a folder where everybody can put files: its mode is {mode}, its owner {owner}. Something else could take a name there that is needed.",
    "Use a folder of its own for the binary and the wrapper, such as one in {path}.",
  ),
  "state-untrusted": say(
    "{path} or its manifest belongs to somebody else, or can be changed by others; what it says is not heeded.",
    "Look who made it: ls -la {path}. If nothing in it is yours, remove it.",
  ),
  "log-folder-taken": say(
    "{path} is not this user's folder: its owner is {owner}, its mode {mode}. Nothing would be logged, and who put it there may mean to be in the way.",
    "Look at it (ls -la {path}), then remove it: rm -rf {path}.",
  ),
  "log-folder-open": say(
    "Others can write to {path}, where calls are logged: its mode is {mode}.",
    "Take that right away: chmod 0700 {path}.",
  ),
  "apparmor-profile": say(
    "An AppArmor profile names {path}, in {file}: {line}. Under the wrapper it would apply to something else, or forbid bash and the real binary.",
    "Change the profile so that it allows the wrapper, bash and the real binary, and load it anew. Then put `accept: [apparmor-profile]` into the file.",
  ),
  "selinux-context": say(
    "{path} has an SELinux context of its own: {context}. Its callers' policy may allow that one, and no bash script.",
    "Change the policy so that its callers may run the wrapper, bash and the real binary. Then put `accept: [selinux-context]` into the file.",
  ),

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
    "Look where it leads: readlink -f {path}. If it isn't wanted: ln -sfn {wrapper} {path}.",
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
    "Is /tmp writable? The log is {log}.",
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

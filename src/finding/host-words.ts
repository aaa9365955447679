/** The words of what is in the way on a host, before anything is changed. */
import { say } from "./say.ts";

export const hostWords = {
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
    "Put back what was applied, in one rename; then take the change over into the file, and apply it.",
    "cp -pn {path} {path}.edited",
    "cp {state}/wrapper {path}.interpose-new",
    "chmod 0755 {path}.interpose-new",
    "mv -fT {path}.interpose-new {path}",
  ),
  "wrapper-unusable": say(
    "{path}, where the wrapper was, is a directory or something else that is no program.",
    "Look whose it is. This moves it away, and writes the wrapper again:",
    "mv -T {path} {path}.other",
    "interpose repair {name} --yes",
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
    "With --probe ARGUMENT it is tried, and all is put back when {path} answers otherwise. Better: write paths out in the script.",
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
  "intercepted-by-root": say(
    "{path} belongs to the interception {name}, which root has put in place.",
    "Only root can see all of it, and change it: run this as root.",
  ),
  moved: say(
    "The interception {name} is in place with other paths: {binary}, {wrapper}, {real}.",
    "Take it away first: interpose rollback {name}. Or give this file another `name`.",
  ),
  "binary-overwritten": say(
    "{path} was replaced since it was intercepted, perhaps by an upgrade; calls go past the wrapper.",
    "Put the wrapper in front of the new one: interpose repair {name}. Or take the rest away, which keeps the new file: interpose rollback {name}.",
    "interpose repair {repairable} --yes",
  ),
  "binary-given-back": say(
    "{path} is the real binary again, though nobody took the interception away: calls go past the wrapper.",
    "Put the wrapper in front of it again: interpose repair {name}. Or take the rest away: interpose rollback {name}.",
    "interpose repair {repairable} --yes",
  ),
  diverted: say(
    "{path} is diverted to {to} by {by}: dpkg puts the package's file there.",
    "Intercept {to} instead, or end the diversion first: dpkg-divert --list {path} shows it.",
  ),
  "wrapper-unreadable": say("{path} can't be read.", "Is it there? Root may read all of them."),
  "no-wrapper": say(
    "{path} is no wrapper of interpose's.",
    "interpose status lists what is intercepted here, and --all what others have put in place.",
  ),
  "made-by-other": say(
    "{name} was made by interpose {tool}, and this is {version}.",
    "It works as it is. interpose apply {file} renews it in one rename.",
  ),
  "file-changed": say(
    "{file} has changed since {name} was put in place.",
    "interpose apply {file} puts it in place as it is now.",
  ),
  "no-program": say(
    "The file asks for the native wrapper, and this release has none for {machine} that the policy fits into.",
    "`runtime: auto` in the file takes a bash script instead.",
  ),
  "no-bash": say(
    "/bin/bash is not there; the wrapper is a script of it here.",
    "Install bash, 4.4 or later.",
  ),
  "other-machine": say(
    "{path} is a program for {theirs}. This machine is {ours}, and nothing is registered here that runs such programs.",
    "Put the build for {ours} there, or install what runs it (Debian: apt-get install qemu-user-static). If it is run in a way that can't be seen here, as in a container, put `accept: [other-machine]` into the file.",
  ),
  "old-bash": say(
    "/bin/bash is version {version}; a wrapper that is a script needs 4.4 or later.",
    "Install a newer bash.",
  ),
  "no-ffprobe": say("ffprobe is not there; `mediaDuration` needs it.", "Install ffmpeg, which has it."),

  // Who else could decide what callers run
  "writable-by-all": say(
    "{path} can be changed by everybody: its mode is {mode}, its owner {owner}. Who does decides what the callers run.",
    "Take that right away: chmod o-w {word}.",
  ),
  "writable-by-group": say(
    "{path} can be changed by the group {group}: its mode is {mode}, its owner {owner}. Who does decides what the callers run.",
    "Take that right away: chmod g-w {word}. Nobody is in that group but its owner, root or you. If whoever comes into it is to be trusted like root, put `accept: [group-writable]` into the file; while somebody is in it, nothing is done there all the same.",
  ),
  "other-owner": say(
    "{path} belongs to {owner}, who is {trusted}; its mode is {mode}. Who owns it decides what the callers run.",
    "Give it to root (chown -h root {word}), or run interpose as {owner}. Or put `accept: [other-owner]` into the file: then {owner}, and whom they let write there, have all callers run what they like, with the callers' rights, also root when it calls it. interpose itself runs it as {as}.",
  ),
  "place-of-another": say(
    "{path} belongs to {owner}, who is {trusted}; its mode is {mode}. What is done there is done by name, and who owns it could lead a name elsewhere meanwhile, to any file of who runs interpose. No `accept` allows that.",
    "Run interpose as {owner}: sudo -H -u {owner} interpose ... Or give it to root: chown -h root {word}.",
  ),
  "group-has-members": say(
    "{path} can be changed by the group {group}, in which are: {members}. Its mode is {mode}, its owner {owner}. They could lead what is done there elsewhere, or have it run as root what they like. No `accept` allows that.",
    "Take that right away: chmod g-w {word}. Or take them out of the group: gpasswd -d NAME {group}.",
  ),
  "writable-by-list": say(
    "{path} can be changed by {listed}: an access list (ACL) says so, which its mode {mode} and its owner {owner} don't show. They could lead what is done there elsewhere, or have it run as root what they like. No `accept` allows that.",
    "See it (getfacl {word}), and take the right away: setfacl -x u:NAME {word}, or all of the list: setfacl -b {word}.",
  ),
  "not-tried": say("{why}.", "Give all of it to root, or to one user; then its answers can be compared."),
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
  "log-dir-missing": say(
    "There is no directory {path}, in which calls are to be logged (`log.dir`).",
    "Make it. Who calls has to be able to write there, and nobody to take what is another's: as /tmp is.",
    "install -d -m 1777 {path}",
  ),
  "log-dir-unsafe": say(
    "{path} can be changed by {who}: its mode is {mode}, its owner {owner}. It is, or leads to, the directory in which calls are to be logged (`log.dir`), and they could put something else in its place, or take others' logs away.",
    "Use a directory that root has made, in which nobody can take what is another's: install -d -m 1777 {dir}",
  ),
  "log-dir-closed": say(
    "{path}, in which calls are to be logged, has mode {mode}: of who can't write there, no call is logged.",
    "Let everybody, as in /tmp: chmod 1777 {word}.",
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
};

/** The words of what only `doctor` finds. They stand in docs/doctor.md too. */
import { say } from "./say.ts";

export const doctorWords = {
  // Wrapper not being called
  "other-interception": say(
    "{path} was replaced by another wrapper, which runs {real} itself: calls go through that one, and past {wrapper}.",
    "Which of the two is wanted is for you to decide. To have ours again, and that one as {path}.other:",
    "ln -T {path} {path}.other",
    "ln -sT {wrapper} {path}.interpose-new",
    "mv -fT {path}.interpose-new {path}",
  ),
  shadowed: say(
    "{caller} find {other} ({kind}) before {path}: they call that one.",
    "Decide which of the two is meant: take {other} away, or put the folder of {path} first in that PATH ({search}). Shells that have called the other one go on with it: hash -r in each of them.",
  ),
  "names-real": say(
    "{file} names {named} in line {line}, so it calls the real binary, past the wrapper: {text}",
    "Name {path} there; after a change of a unit: systemctl daemon-reload.",
    "sed -i -E {edit} {file}",
  ),
  "runs-old-file": say(
    "Process {pid} ({command}) was started before the binary was intercepted, or upgraded: it goes on without the wrapper, or with the old file.",
    "Start it again. It belongs to: {unit}.",
  ),

  // Arguments with spaces break
  "words-unquoted": say(
    "{path} passes on {found} without quotes, or all words as one, in line {line}: {text}",
    'In a script the words of a call are "$@", with the quotes. To write the wrapper anew mends it too: see the next finding of this file.',
  ),
  "words-lost": say(
    "The wrapper {path} is as it was written, yet words do not arrive as they were sent: {sent} became {arrived}.",
    "Something is wrong with /bin/bash, which runs it: put the bash of the system back, by its package (Debian: apt-get install --reinstall bash).",
  ),

  // Service fails after wrapper install
  "first-line-changed": say(
    "The first line of {path} is {found}, and has to be: #!/bin/bash {path}",
    "To write the wrapper anew mends it: see the last finding of this file.",
  ),
  "exec-missing": say(
    "{path} has no exec for the real binary: that would run as a child, which no signal reaches.",
    "To write the wrapper anew mends it: see the last finding of this file.",
  ),
  "wrapper-syntax": say(
    "Bash can't read {path}: {complaint}",
    "To write the wrapper anew mends it: see the last finding of this file.",
  ),
  "wrapper-mode": say(
    "The wrapper {path} has mode {mode}, and was written with 755: not everybody can read and run it, or others can change it.",
    "Write it again: interpose repair {name}. What may be run, and by whom, is for the real binary to say: a mode that somebody may run it by goes to that.",
    "interpose repair {name} --yes",
  ),
  "wrapper-rights": say(
    "The wrapper {path} was given {found}, which was meant for {binary}: the path leads to the wrapper.",
    "Give it to the real binary, and write the wrapper again without: interpose repair {name}.",
    "interpose repair {name} --yes",
  ),
  "real-mode": say(
    "The real binary {path} is not executable; its mode is {mode}.",
    "If it is the right file, let it be run.",
    "chmod a+x {path}",
  ),
  "loader-missing": say(
    "The real binary {path} needs the dynamic linker {loader}, which is not there: it can't be run, and the shell says that {path} is not found.",
    "It was built for another system, or its C library is gone. Install that library, or the binary for this system.",
  ),
  "interpreter-missing": say(
    "The real binary {path} is a script for {loader}, which is not there, or can't be run.",
    "Install that interpreter, or install the script anew for one that is there.",
  ),
  "mounted-noexec": say(
    "{path} is on {folder}, which is mounted noexec: nothing can be run there.",
    "Mount it without, and take noexec out of its line in /etc/fstab.",
    "mount -o remount,exec {folder}",
  ),
  "folder-unreachable": say(
    "{user} may call {binary}, and can't get to {path}: the folder {folder} has mode {mode}.",
    "Let everybody pass through that folder; what is in it has modes of its own.",
    "chmod a+x {folder}",
  ),
  "hidden-from-service": say(
    "{unit} (process {pid}) can't run {path} as others can: it sees another file there, or none, or may not.",
    "Look for what confines it (ProtectHome=, InaccessiblePaths=, NoExecPaths=, RootDirectory=, PrivateTmp=): systemctl cat {unit}. Let it see that path, or move the wrapper, and restart it.",
  ),
  "profile-names-binary": say(
    "AppArmor's profile {file} names {path}, and not {missing}: what it allows or confines goes by paths, and calls take another one now.",
    "Allow or confine {missing} there as {path} is, then load it: apparmor_parser -r {file}.",
  ),

  // Wrapper log is empty
  "log-elsewhere": say(
    "Calls of process {pid} ({command}) are logged in a {base} of its own, which interpose logs doesn't see: {log}",
    "Read them there while it runs. Where they should be with the others, let it have the machine's {base} (for a service: PrivateTmp=no) and start it again.",
  ),
  "log-folder-not-own": say(
    "{folder} is {found}: no call of uid {uid} can be logged.",
    "Somebody made it, perhaps on purpose. Move it away; the next call makes a new one.",
    "mv -T {folder} {folder}.taken",
  ),
  "log-folder-mode": say(
    "{folder} has mode {mode}: either its user can't write to it, or others can.",
    "Give it the mode that it was made with.",
    "chmod 0700 {folder}",
  ),
  "log-taken": say(
    "{log} is {found}: no call of uid {uid} is logged.",
    "Somebody made it, perhaps on purpose. Move it away; the next call makes a new one.",
    "mv -T {log} {log}.taken",
  ),
  "log-mode": say(
    "{log} has mode {mode}: its user can't write to it.",
    "Give it the mode that it was made with.",
    "chmod 0600 {log}",
  ),
  "tmp-full": say(
    "{folder}, which holds {base}, is full: no call can be logged. Calls go on all the same.",
    "Make room; this shows what takes it: du -xh -d 2 {folder} | sort -h | tail. What can go is for you to decide.",
  ),
  "tmp-out-of-files": say(
    "{folder}, which holds {base}, has no room for another file: no new log can be made.",
    "Remove files; this counts them: find {folder} -xdev | cut -d / -f 1-4 | sort | uniq -c | sort -n | tail. Which can go is for you to decide.",
  ),
  "tmp-mode": say(
    "{base} has mode {mode}: not everybody can make a log there.",
    "Give it the mode of /tmp.",
    "chmod 1777 {base}",
  ),
  "tmp-read-only": say(
    "{base} is mounted read-only: no call can be logged.",
    "Mount it read-write.",
    "mount -o remount,rw {folder}",
  ),
  "tmp-read-only-for": say(
    "{unit} (process {pid}) can't write to the {base} that it sees: its calls aren't logged.",
    "Let it (for a service: ReadWritePaths={base}, or BindPaths={base} where something else is there for it; PrivateTmp=yes does for /tmp itself) and start it again.",
  ),
  "no-calls": say(
    "No call came since {since}, though {services} should make some.",
    "Let the service make a call while you look: interpose logs {name} --follow. If nothing comes, it calls another path: look for the one in its configuration.",
  ),

  // Bash changed
  "bash-does-not-run": say(
    "/bin/bash is there, and can't be run: {said}",
    "Put the bash of the system back, by its package (Debian: apt-get install --reinstall bash).",
  ),
  "not-bash": say(
    "/bin/bash is no bash: asked for its version, it says: {said}",
    "Put the bash of the system back, by its package (Debian: apt-get install --reinstall bash).",
  ),
};

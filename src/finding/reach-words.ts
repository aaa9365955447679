/** Which hosts are meant, and why one can't be reached. */
import { say } from "./say.ts";

export const reachWords = {
  "host-malformed": say(
    "{host} is no name of a host.",
    "Write localhost, an alias of ~/.ssh/config, user@host, user@host:port, or ssh://user@host:port.",
  ),
  "host-and-hosts": say("The file has both `host` and `hosts`.", "Take one of them out."),
  "fleet-needs-host": say(
    "The file is for several hosts, and this command is for one.",
    "Say which: --host HOST.",
  ),
  "one-host": say(
    "--limit and --rollback-on-failure are for a file with `hosts`.",
    "Leave them out; this is about one host.",
  ),
  "unknown-host": say("{name} is no host or group of the file.", "Known: {known}."),
  "no-hosts": say(
    "No host is meant by the file and the command line.",
    "See what the inventory or the groups hold, and what --limit leaves.",
  ),
  "inventory-is-program": say(
    "The inventory {path} is executable, so Ansible would run it; it was not read.",
    "If it is a list of hosts, say so: chmod a-x {word}. If it is a program that you trust, let it write a list, and name that: ansible-inventory -i {word} --list --yaml >hosts.yaml.",
  ),
  "inventory-unreadable": say(
    "The inventory {path} can't be read: {said}",
    "Only lists of hosts are read (YAML, INI, TOML), without a configuration of Ansible's. Debian has it in ansible-core.",
  ),
  "verify-failed": say(
    "On {host} verify says no: {check}. It saw: {saw}",
    "Look closer: interpose verify FILE --host {host}.",
  ),
  "ssh-missing": say(
    "{host} can't be reached: there is no ssh here.",
    "Install it (Debian: apt-get install openssh-client).",
  ),
  "ssh-key-unknown": say(
    "{host} can't be reached: ssh doesn't know its key. It says: {said}",
    "Connect once by hand, and compare the key that it shows: {ssh}",
  ),
  "ssh-key-changed": say(
    "{host} can't be reached: its key is another one than ssh knows. Somebody may be in between. ssh says: {said}",
    "If it was installed anew, take that line out of the file. Then connect once by hand: {ssh}",
  ),
  "ssh-refused": say(
    "{host} lets nobody in with the keys that ssh has. It says: {said}",
    "Try by hand: {ssh} true. Without a terminal a key is needed that asks for nothing, such as one in ssh-agent.",
  ),
  "ssh-unknown-name": say(
    "{host} can't be reached: it has no address. ssh says: {said}",
    "Check `host`: is it an alias of ~/.ssh/config, or a name that can be resolved here?",
  ),
  "ssh-no-way": say(
    "{host} can't be reached. ssh says: {said}",
    "Is it running, and is sshd at that port? Try by hand: {ssh} true",
  ),
  "ssh-failed": say("{host} can't be reached. ssh says: {said}", "Try by hand: {ssh} true"),
  "shell-silent": say(
    "{host} is connected to, but its shell doesn't answer. It printed: {said}",
    "Do the start files of that user read input, or redirect output? Try by hand, with `exec sh -s` as the command.",
  ),
  "sudo-here": say("Sudo is for hosts that ssh reaches.", "On this machine run interpose itself with sudo."),
  "sudo-missing": say(
    "There is no sudo on {host}, and who logs in isn't root.",
    "Install it there, log in as root, or use sudo: never for what needs no root.",
  ),
  "sudo-password": say(
    "Sudo on {host} asks for a password, and there is no terminal to ask at.",
    "Run it from a terminal, or allow it there without one: USER ALL=(root) NOPASSWD: ALL in a file of /etc/sudoers.d.",
  ),
  "sudo-refused": say(
    "Sudo on {host} refuses: {said}",
    "Check the password, and what sudo allows there: sudo -l on {host}.",
  ),
  "connection-lost": say(
    "The connection to {host} was lost while a script ran there. ssh says: {said}",
    "Run the same command again: it finishes what was begun, or says what is there. Until then calls run the wrapper or the real binary, as always.",
  ),
  "no-answer": say(
    "{host} did not answer as a POSIX shell does: {said}.",
    "Is /bin/sh there, with coreutils?",
  ),
};

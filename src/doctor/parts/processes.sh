# Processes that have to do with an interception, and the services that its file names. Changes nothing.

# note_clock: what a process's start is counted from, and in.
note_clock() {
	fact clock "$(sed -n 's/^btime //p' /proc/stat 2>/dev/null)" "$(getconf CLK_TCK 2>/dev/null || echo 100)"
}

# look_processes BINARY REAL TARGET LOADER NAME: those that run the real binary, or a file that stood at one of the
# paths. A process that was started by the binary's path before the swap shows that path as deleted.
look_processes() {
	# shellcheck disable=SC2010
	ls -l /proc/[0-9]*/exe 2>/dev/null | grep -F -e " -> $1" -e " -> $2" -e " -> $3" | while IFS= read -r line; do
		case $line in
		*" -> $1 (deleted)" | *" -> $2 (deleted)" | *" -> $3 (deleted)") how=old ;;
		*" -> $1" | *" -> $2" | *" -> $3") how=runs ;;
		*) continue ;;
		esac
		process=${line#*/proc/}
		look_process "${process%%/*}" "$how" "$5"
	done
	if [ -z "$4" ]; then return 0; fi
	# An interpreter is told the path that was called.
	grep -lsF -e "$1" /proc/[0-9]*/cmdline | while IFS= read -r process; do
		process=${process%/cmdline}
		if ! [ "$process/exe" -ef "$4" ]; then continue; fi
		first=$(tr '\0' '\n' <"$process/cmdline" | sed -n 2,3p)
		case "$first
" in
		"$wrapper
"*) ;;
		"$1
"* | *"
$1
"*) look_process "${process#/proc/}" script "$5" ;;
		esac
	done 2>/dev/null
}

# look_process PID HOW NAME
look_process() {
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
	command=${line#*\(} command=${command%)*}
	# shellcheck disable=SC2086
	set -- "$1" "$2" "$3" ${line##*) }
	logged=no
	if has_record "$(stat -c %u "/proc/$1" 2>/dev/null)" "$1" "$3"; then logged=yes; fi
	fact process "$1" "$2" "$command" "${23}" "$(unit_of "$1")" "$logged"
}

# unit_of PID: the service that systemd has started it for.
unit_of() {
	sed -n 's|.*/\([^/]*\.service\)$|\1|p' "/proc/$1/cgroup" 2>/dev/null | head -n 1
}

# look_service UNIT BINARY WRAPPER REAL: what systemd says of it, what its files say, and what its process sees.
look_service() {
	properties=LoadState,ActiveState,MainPID,User,Environment,EnvironmentFiles
	shown=$(timeout 5 systemctl show --property="$properties" -- "$1" 2>/dev/null)
	case $shown in
	*LoadState=loaded*) ;;
	*) shown=$(timeout 5 systemctl --user show --property="$properties" -- "$1" 2>/dev/null) ;;
	esac
	case $shown in
	*LoadState=loaded*) text=$shown ;;
	*) text=$(unit_text "$1") ;;
	esac
	user=$(printf '%s\n' "$text" | sed -n 's/^User=//p' | tail -n 1)
	process=$(printf '%s\n' "$text" | sed -n 's/^MainPID=//p')
	if [ -z "$process" ]; then
		process=$(grep -ls "/$1\$" /proc/[0-9]*/cgroup | head -n 1)
		process=${process#/proc/} process=${process%/cgroup}
	fi
	sees='' writes='' path=''
	if [ "${process:-0}" != 0 ] && [ -r "/proc/$process/root" ]; then
		sees=$(for part in "$2" "$3" "$4" /bin/bash; do seen_from "$process" "$part"; done)
		writes=yes
		if [ ! -w "/proc/$process/root$log_base" ]; then writes=no; fi
		path=$(tr '\0' '\n' 2>/dev/null <"/proc/$process/environ" | sed -n 's/^PATH=//p' | tail -n 1)
	fi
	if [ -z "$path" ]; then path=$(printf '%s\n' "$text" | path_of); fi
	fact service "$1" "${process:-0}" "$user" "$(id -u "${user:-root}" 2>/dev/null)" "$(id -G "${user:-root}" 2>/dev/null)" \
		"$sees" "$writes"
	look_caller service "$1" "${path:-$units_path}" "$2"
}

# seen_from PID PATH: the path, when that process can't run what we see there.
seen_from() {
	at=$2
	# A link leads to where it does for us.
	if [ -L "$at" ]; then at=$(readlink -f -- "$at"); fi
	if [ -x "$2" ] && ! { [ -x "/proc/$1/root$at" ] && [ "/proc/$1/root$at" -ef "$at" ]; }; then echo "$2"; fi
}

# unit_text UNIT: its file and what is added to that, where there is no systemd to ask.
unit_text() {
	for folder in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system; do
		if [ -f "$folder/$1" ]; then
			cat "$folder/$1"
			break
		fi
	done
	for folder in /usr/lib/systemd/system /run/systemd/system /etc/systemd/system; do
		cat "$folder/$1.d"/*.conf 2>/dev/null
	done
}

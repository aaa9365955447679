# Which file each kind of caller finds under the binary's name. Changes nothing.

# note_paths: sets login_path, units_path and sudo_path. Only what the machine has for all users is run, as every
# login does; nobody's own start-up files are.
note_paths() {
	fallback=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	# shellcheck disable=SC2016
	login_path=$(cd / && env -i HOME=/nonexistent PATH="$fallback" timeout 5 /bin/sh -c '
		if [ -r /etc/profile ]; then . /etc/profile; fi >/dev/null 2>&1
		printf %s "$PATH"' </dev/null 2>/dev/null)
	units_path=$(timeout 5 systemctl show --property=Environment 2>/dev/null | path_of)
	: "${login_path:=$fallback}" "${units_path:=$fallback}"
	sudo_path=$(cat /etc/sudoers /etc/sudoers.d/* 2>/dev/null |
		sed -n 's/^[[:space:]]*Defaults.*[[:space:]]secure_path[[:space:]]*=[[:space:]]*"\{0,1\}\([^",]*\).*/\1/p' | tail -n 1)
}

# path_of: the last PATH among lines such as Environment="A=1" "PATH=/usr/bin:/bin".
path_of() {
	sed -n 's/^Environment=.*["'\'' ]*PATH=\([^"'\'' ]*\).*/\1/p' | tail -n 1
}

# look_callers BINARY
look_callers() {
	look_caller login '' "$login_path" "$1"
	look_caller units '' "$units_path" "$1"
	# shellcheck disable=SC2031
	look_caller here '' "$PATH" "$1"
	if [ -n "$sudo_path" ]; then look_caller sudo '' "$sudo_path" "$1"; fi
	for table in /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/* /var/spool/cron/*; do
		if [ ! -f "$table" ] || ! grep -qF -e "${1##*/}" "$table" 2>/dev/null; then continue; fi
		own=$(sed -n 's/^[[:space:]]*PATH[[:space:]]*=[[:space:]]*"\{0,1\}\([^"]*\).*/\1/p' "$table" | tail -n 1)
		look_caller cron "$table" "${own:-/usr/bin:/bin}" "$1"
	done
}

# look_caller KIND WHO PATH BINARY: what is found, whether that is the binary, whether its folder is searched at
# all, and another one of that name that is searched for later.
look_caller() {
	found='' same=no searched=no rest=$3:
	while [ -n "$rest" ]; do
		folder=${rest%%:*} rest=${rest#*:}
		case $folder in
		/*) ;;
		*) continue ;;
		esac
		if [ "$folder" -ef "${4%/*}/" ]; then searched=yes; fi
		if [ -n "$found" ] || [ ! -f "$folder/${4##*/}" ] || [ ! -x "$folder/${4##*/}" ]; then continue; fi
		found=$folder/${4##*/}
		if [ "$found" -ef "$4" ]; then same=yes; fi
	done
	magic=''
	if [ -n "$found" ] && [ "$same" = no ]; then magic=$(head -c 200 <"$found" 2>/dev/null | head -n 1 | tr -d '\0'); fi
	fact caller "$1" "$2" "$3" "$found" "$same" "$searched" "$magic"
}

# look_mentions BINARY REAL NAMED TARGET: lines of units, cron tables and scripts that have one of the paths, or the
# name.
look_mentions() {
	for folder in /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly /usr/local/bin /usr/local/sbin \
		/etc/init.d /etc/supervisor/conf.d /etc/sv; do
		mentions script "$folder" -e "$2" -e "$3" -e "$4"
	done
	for folder in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system \
		/etc/systemd/user /usr/lib/systemd/user "${HOME:-/nonexistent}/.config/systemd/user"; do
		mentions unit "$folder" -e "$2" -e "$3" -e "$4"
	done
	for table in /etc/crontab /etc/cron.d /var/spool/cron; do
		mentions cron "$table" -e "$2" -e "$3" -e "$4" -e "${1##*/}"
	done
	if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
		mentions profile /etc/apparmor.d -e "$1"
	fi
}

# mentions KIND FOLDER -e TEXT...: of small files only, and not of too many.
mentions() {
	kind=$1 folder=$2
	shift 2
	if [ ! -e "$folder" ]; then return 0; fi
	find "$folder" -maxdepth 3 -type f -size -512 -exec grep -lF "$@" {} + 2>/dev/null | head -n 50 |
		while IFS= read -r file; do
			lines=$(grep -nF "$@" -- "$file" 2>/dev/null | cut -c 1-300 | head -n 20)
			# A wrapper names the real binary, of course; and its own file in its first line.
			{ IFS= read -r first <"$file"; } 2>/dev/null
			if [ "$file" -ef "$wrapper" ] || [ "${first#'#!/bin/bash '}" -ef "$file" ]; then continue; fi
			# What is a program has no lines.
			if [ "$(head -c 512 <"$file" | tr -d '\0' | wc -c)" = "$(head -c 512 <"$file" | wc -c)" ]; then
				fact mention "$kind" "$file" "$lines" "$(mentions_also "$file")"
			fi
		done
}

# mentions_also FILE: which of the other parts of the chain it has, for a profile.
mentions_also() {
	if [ "$kind" != profile ]; then return 0; fi
	for part in "$wrapper" "$real"; do
		if grep -qF -e "$part" "$1" 2>/dev/null; then echo "$part"; fi
	done
}

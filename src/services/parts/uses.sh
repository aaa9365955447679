# What of a machine's services leads to a binary: lines of files that name it, and processes that run it. Changes
# nothing. Prints fields ended by NUL: KIND FILE NUMBER TEXT, or instance KIND UNIT, for a unit that systemd has from a
# template, or process PID COMMAND UNIT PARENT.

# small_files FOLDER...: no more than 2,000 of them, each on a line.
small_files() {
	find "$@" -maxdepth 3 -type f -size -512 2>/dev/null | head -n 2000
}

# each KIND TEXTS: lines that have one of the texts, which are lines themselves, of the files on standard input.
each() {
	tr '\n' '\0' | xargs -0 grep -nFH -e "$2" -- /dev/null 2>/dev/null | head -n 1000 | while IFS= read -r line; do
		rest=${line#*:} text=${line#*:*:}
		printf '%s\0' "$1" "${line%%:*}" "${rest%%:*}" "$text"
	done
}

# look_uses BINARY REAL WRAPPER
look_uses() {
	name=${1##*/}
	texts=$1'
'$name
	folders='/usr/local/bin /usr/local/sbin /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly'
	# shellcheck disable=SC2086
	scripts=$(small_files $folders | while IFS= read -r file; do
		if [ "$file" -ef "$1" ] || [ "$file" -ef "$2" ] || [ "$file" -ef "$3" ]; then continue; fi
		if [ "$(head -c 2 <"$file" 2>/dev/null | tr -d '\0')" != '#!' ]; then continue; fi
		if grep -qF -e "$name" -- "$file" 2>/dev/null; then echo "$file"; fi
	done | head -n 100)
	if [ -n "$scripts" ]; then
		printf '%s\n' "$scripts" | each script "$texts"
		texts="$texts
$scripts
$(printf '%s\n' "$scripts" | sed 's|.*/||')"
	fi
	small_files /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system |
		grep '\.service\(\.d/.*\.conf\)\{0,1\}$' | each unit "$texts"
	small_files /etc/systemd/user /usr/local/lib/systemd/user /usr/lib/systemd/user "${HOME:-/nonexistent}/.config/systemd/user" \
		/home/*/.config/systemd/user | grep '\.service\(\.d/.*\.conf\)\{0,1\}$' | each user-unit "$texts"
	{
		echo /etc/crontab
		small_files /etc/cron.d /var/spool/cron
	} | each cron "$texts"
	{
		echo /etc/supervisord.conf
		small_files /etc/supervisor /etc/supervisord.d
	} | each supervisor "$texts
[program:"
	instances unit --system
	instances user-unit --user
	look_running "$@"
}

# instances KIND MANAGER
instances() {
	timeout 5 systemctl "$2" list-units --all --plain --no-legend --no-pager '*@?*.service' 2>/dev/null | head -n 200 |
		while IFS=' ' read -r unit _; do printf '%s\0' instance "$1" "$unit"; done
}

# look_running BINARY REAL: an interpreter is told the path that was called.
look_running() {
	for process in /proc/[0-9]*; do
		if ! [ "$process/exe" -ef "$2" ]; then
			words=$(tr '\0' '\n' <"$process/cmdline" | head -n 3)
			case $words in
			*"$1" | *"$1
"* | *"$2" | *"$2
"*) ;;
			*) continue ;;
			esac
		fi
		{ read -r line <"$process/stat"; } 2>/dev/null || continue
		command=${line#*\(} command=${command%)*}
		# shellcheck disable=SC2086
		set -- "$1" "$2" ${line##*) }
		parent=''
		{ read -r parent <"/proc/$4/comm"; } 2>/dev/null
		unit=$(sed -n 's|.*/\([^/]*\.service\)\(/.*\)\{0,1\}$|\1|p' "$process/cgroup" | head -n 1)
		printf '%s\0' process "${process#/proc/}" "$command" "$unit" "$4 $parent"
	done
} 2>/dev/null

# Which of a machine's services a name means. Changes nothing. Prints fields ended by NUL: service NAME KIND ID ROOT
# USERS SHOWN OWNER, where ROOT is the control group of the manager, USERS has the numbers of those that a cron table is
# for, SHOWN is what systemd says of a unit, and OWNER whose manager has it; see ask_manager.

# What systemd is asked about a unit.
properties=Id,LoadState,ActiveState,Result,InactiveExitTimestampMonotonic,User,ExecStart,PrivateTmp,ProtectSystem
properties=$properties,ReadWritePaths,ReadOnlyPaths,InaccessiblePaths,NoExecPaths,ExecPaths

# find_service NAME
find_service() {
	if find_unit unit "$1" system || find_unit user-unit "$1" self || find_of_others "$1" || find_program "$1" ||
		find_table "$1"; then return 0; fi
	printf '%s\0' service "$1" none '' '' '' '' ''
}

# find_of_others NAME: of a user who has a manager, which only root can ask.
find_of_others() {
	[ "$(id -u)" = 0 ] || return 1
	for manager in /run/user/[1-9]*/systemd/private; do
		if [ ! -S "$manager" ]; then continue; fi
		manager=${manager#/run/user/}
		if find_unit user-unit "$1" "${manager%%/*}"; then return 0; fi
	done
	return 1
}

# find_unit KIND NAME OWNER
find_unit() {
	kind=$1 wanted=$2 whose=$3
	case $wanted in
	*/*) return 1 ;;
	esac
	shown=$(ask_manager "$whose" 10 show --property="$properties" -- "$wanted" 2>/dev/null) || return 1
	case "
$shown
" in
	*'
LoadState=loaded
'*) ;;
	*) return 1 ;;
	esac
	id=$(printf '%s\n' "$shown" | sed -n 's/^Id=//p')
	case $id in
	*.service) ;;
	*) return 1 ;;
	esac
	root=$(ask_manager "$whose" 10 show --property=ControlGroup --value 2>/dev/null)
	printf '%s\0' service "$wanted" "$kind" "$id" "$root" '' "$shown" "$whose"
}

# find_program NAME: of supervisor's.
find_program() {
	command -v supervisorctl >/dev/null || return 1
	case $(timeout 10 supervisorctl status "$1" 2>/dev/null) in
	"$1 "*) printf '%s\0' service "$1" supervisor "$1" '' '' '' '' ;;
	*) return 1 ;;
	esac
}

# find_table NAME: of cron's, by its path or by its name in /etc/cron.d.
find_table() {
	for table in "$1" "/etc/cron.d/$1"; do
		case $table in
		/etc/crontab | /etc/cron.d/* | /var/spool/cron/*) ;;
		*) continue ;;
		esac
		if [ ! -f "$table" ]; then continue; fi
		users=$(users_of "$table" | while IFS= read -r user; do id -u -- "$user"; done 2>/dev/null | sort -u)
		printf '%s\0' service "$1" cron "$table" '' "$users" '' ''
		return 0
	done
	return 1
}

# users_of TABLE: a user's own is named after them; the machine's have the user before the command.
users_of() {
	case $1 in
	/var/spool/*) echo "${1##*/}" ;;
	*)
		sed -n -e 's/^[[:space:]]*@[a-z]*[[:space:]]\{1,\}\([^[:space:]]\{1,\}\)[[:space:]].*/\1/p' \
			-e 's/^[[:space:]]*\([0-9*][^[:space:]]*[[:space:]]\{1,\}\)\{1\}\([^[:space:]]\{1,\}[[:space:]]\{1,\}\)\{4\}\([^[:space:]]\{1,\}\)[[:space:]].*/\3/p' "$1"
		;;
	esac
}

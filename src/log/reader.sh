# shellcheck shell=sh
# What is one of our logs, and the one way to read it, for every script that reads any.
#
# Calls of user UID are logged in TMP/interpose-UID/NAME.log, and what was turned over is in NAME.log.1 to NAME.log.9,
# the oldest. TMP is /tmp, or systemd-private-*/tmp in it, which a service has as its own; or a directory that the file
# of the interception names. Anybody can put anything in these places. So only a regular file counts, and only where it and its directory belong to UID; it is opened from
# within that directory, never through a link, and without waiting for a writer, and no more is read of it than below.

# Bytes of one file, from its end; less where a long line can't be taken apart. Bytes of a line; a longer one is none of
# ours. Users, by number: a service's is low, and those that a user can make up are high. Seconds for one reading.
# shellcheck disable=SC2034
log_bytes=1073741824 log_line=33554432 log_users=1000 log_seconds=120

# log_base_of MANIFEST: prints where that interception's calls are logged.
log_base_of() {
	base=$(sed -n 's/^  "logDir": "\(\/.*\)",\{0,1\}$/\1/p' "$1" | sed 's/\\\(["\\]\)/\1/g')
	printf '%s\n' "${base:-/tmp}"
} 2>/dev/null

# prepare_reader: finds out what this host's dd and fold can do.
prepare_reader() {
	careful='' log_lines=cat
	# Without that, opening may have to be given up.
	if dd if=/dev/null iflag=nofollow,nonblock count=0; then careful=nofollow,nonblock,; else log_seconds=10; fi
	# shellcheck disable=SC2034
	if fold -b -w "$log_line" </dev/null; then log_lines="fold -b -w $log_line"; else log_bytes=67108864; fi
} 2>/dev/null

# log_directories TMP: prints UID:DIRECTORY for what may be one, below TMP, the lowest UID first. A single look at TMP
# tells that, however much was put there.
log_directories() {
	# shellcheck disable=SC2012 # What a name may hold is looked at.
	ls -n "$1/" 2>/dev/null | {
		strangers=0
		while read -r mode _ owner rest; do
			case $mode,$rest in
			d*,*" interpose-$owner") echo "$owner:interpose-$owner" ;;
			d*,*" systemd-private-"*)
				private=systemd-private-${rest##* systemd-private-}/tmp
				case $private in
				*[!A-Za-z0-9._@:\\/-]*) continue ;;
				esac
				if [ "$owner" != 0 ]; then strangers=$((strangers + 1)); fi
				if [ "$strangers" -gt 100 ]; then continue; fi
				# shellcheck disable=SC2012
				ls -n "$1/$private/" 2>/dev/null | while read -r mode _ user rest; do
					case $mode,$rest in
					d*,*" interpose-$user") echo "$user:$private/interpose-$user" ;;
					esac
				done
				;;
			esac
		done
	} | sort -n
}

# list_logs TMP NAME UID:DIRECTORY...: prints UID DIRECTORY FILE ID SIZE BLOCKS for each file that counts, a user's
# oldest first; `! UID` for what this user may not read; and `> COUNT` for how many directories were too many.
list_logs() (
	tmp=$1 name=$2 count=0 paths='' left=0
	shift 2
	# A path from there has nothing that a shell would take apart.
	cd "$tmp" || exit 0
	for entry in "$@"; do
		count=$((count + 1))
		if [ "$count" -gt "$log_users" ]; then
			left=$((count - log_users))
		elif [ ! -x "./${entry#*:}" ]; then
			echo "! ${entry%%:*}"
		else
			for turn in .9 .8 .7 .6 .5 .4 .3 .2 .1 ''; do paths="$paths ./${entry#*:}/$name.log$turn"; done
		fi
	done
	if [ "$left" -gt 0 ]; then echo "> $left"; fi
	# shellcheck disable=SC2086
	stat -c '%u %f %d.%i %s %b %n' -- $paths 2>/dev/null | while read -r owner mode id size blocks path; do
		directory=${path%/*}
		case "$owner $mode" in
		"${directory##*/interpose-} 8"???) ;;
		*) continue ;;
		esac
		if [ -r "$path" ]; then
			echo "$owner ${directory#./} ${path##*/} $id $size $blocks"
		else
			echo "! $owner"
		fi
	done
) 2>/dev/null

# enter_logs TMP UID:DIRECTORY: goes there, if that is what it was seen to be: in its place, and that user's own. Of a
# service's /tmp, what is above belongs to root, or to the same user.
enter_logs() {
	if [ -L "$1/${2#*:}" ]; then return 1; fi
	cd -P "$1/${2#*:}" || return 1
	case ${2#*:} in
	*/*) set -- "$1" "${2%%:*}" ../../.. .. ../.. ;;
	*) set -- "$1" "${2%%:*}" .. ;;
	esac
	# shellcheck disable=SC3013
	[ "$3" -ef "$1" ] && [ "$(stat -c %u .)" = "$2" ] || return 1
	owner=$2
	shift 3
	for above in "$@"; do
		case $(stat -c %u "$above") in
		0 | "$owner" | "$(id -u)") ;;
		*) return 1 ;;
		esac
	done
} 2>/dev/null

# read_log TMP UID:DIRECTORY FILE ID SKIP COUNT: prints that part of a file.
read_log() (
	enter_logs "$1" "$2" || exit 0
	if [ -n "$careful" ]; then
		# shellcheck disable=SC2086
		exec timeout "$log_seconds" dd if="./$3" iflag="${careful}skip_bytes,count_bytes" skip="$5" count="$6" bs=65536
	fi
	# What was put there since it was looked at may keep who opens it waiting.
	# shellcheck disable=SC2016
	exec timeout "$log_seconds" sh -c '
		exec 3<"./$1" || exit
		if [ "$(stat -L -c %d.%i /proc/self/fd/3)" != "$2" ]; then exit; fi
		exec dd iflag=skip_bytes,count_bytes skip="$3" count="$4" bs=65536 <&3' reader "$3" "$4" "$5" "$6"
) 2>/dev/null

# read_log_end TMP UID:DIRECTORY FILE ID SIZE BLOCKS BYTES: prints its last lines, so many bytes at most, without holes.
read_log_end() {
	# No disk makes more than that of what is stored.
	bytes=$(($6 * 32768 + 16777216))
	if [ "$bytes" -gt "$7" ]; then bytes=$7; fi
	if [ "$bytes" -ge "$5" ]; then
		read_log "$1" "$2" "$3" "$4" 0 "$5"
	else
		# The first line may have begun before.
		read_log "$1" "$2" "$3" "$4" "$(($5 - bytes))" "$bytes" | tail -n +2
	fi | tr -d '\0' | $log_lines
}

# read_users_log UID NAME BYTES: prints the last records of that user's calls below $log_base, so many bytes of each file
# at most.
read_users_log() {
	# shellcheck disable=SC2154 # Who calls it has set it.
	list_logs "$log_base" "$2" "$1:interpose-$1" | while read -r _ directory file id size blocks; do
		case $file in
		*.log | *.log.1) read_log_end "$log_base" "$1:$directory" "$file" "$id" "$size" "$blocks" "$3" ;;
		esac
	done
}

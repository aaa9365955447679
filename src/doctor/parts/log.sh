# Where the calls of an interception are logged, and why they may not be. Changes nothing.

# look_log_base: whether it is there, whether there is room, and whether anybody may write.
look_log_base() {
	writable=yes
	if [ ! -d "$log_base/" ]; then writable=missing; elif [ ! -w "$log_base/" ]; then writable=no; fi
	fact base "$writable" "$(stat -L -c %a -- "$log_base" 2>/dev/null)" \
		"$(df -Pk -- "$log_base" 2>/dev/null | tail -n 1)" "$(df -Pi -- "$log_base" 2>/dev/null | tail -n 1)"
}

# look_logs NAME: each user's folder with what stands at the log's place. Anybody can make more of them than can be told:
# those that are their user's own come first, and then those of low numbers, which services have.
look_logs() {
	name=$1
	# shellcheck disable=SC2012 # What a name may hold is looked at.
	ls -n "$log_base/" 2>/dev/null | while read -r mode _ owner rest; do
		number=${rest%% -> *} number=${number##* interpose-}
		case $mode,$number,$rest in
		*,*[!0-9]*,* | *,,*) ;;
		d*,"$owner",*) echo "1 $number own" ;;
		*" interpose-$number" | *" interpose-$number -> "*) echo "2 $number" ;;
		esac
	done | sort -n -k 1,1 -k 2,2 | head -n 200 | while read -r _ number own; do look_log "$number" "$own"; done
}

# look_log UID OWN
look_log() {
	folder=$log_base/interpose-$1 last=''
	log=$folder/$name.log
	if [ -n "$2" ]; then last=$(last_time "$log_base" "$1:interpose-$1" "$name"); fi
	find_kind "$folder"
	folder_kind=$kind
	find_kind "$log"
	fact log "$1" "$folder" "$folder_kind" "$log" "$kind" \
		"$(stat -c '%u %a' -- "$folder" "$log" 2>/dev/null)" "$last"
}

# find_kind PATH: sets kind, without following a link.
find_kind() {
	kind='none'
	if [ -L "$1" ]; then
		kind='link'
	elif [ -f "$1" ]; then
		kind='file'
	elif [ -d "$1" ]; then
		kind='folder'
	elif [ -e "$1" ]; then
		kind='other'
	fi
}

# last_time TMP UID:DIRECTORY NAME: of the last record there that is of no probe, in seconds.
last_time() {
	list_logs "$1" "$3" "$2" | while read -r uid directory file id size blocks; do
		case $file in
		*.log) read_log_end "$1" "$uid:$directory" "$file" "$id" "$size" "$blocks" 4194304 ;;
		esac
	done | grep -v '"probe":true,' | tail -n 1 | head -c 200 | sed -n 's/.*"time":\([0-9]*\).*/\1/p'
}

# has_record UID PID NAME: whether that user's own log has a call of the process.
has_record() {
	for entry in $(log_directories "$log_base"); do
		case $entry in
		"$1":*) list_logs "$log_base" "$3" "$entry" ;;
		esac
	done | while read -r uid directory file id size blocks; do
		case $uid in
		"$1") read_log_end "$log_base" "$uid:$directory" "$file" "$id" "$size" "$blocks" 67108864 ;;
		esac
	done | grep -q "\"pid\":$2,\"ppid\""
}

# look_private_logs BINARY NAME: logs in a $log_base that only some processes see, and that `interpose logs` doesn't.
look_private_logs() {
	known=''
	for process in /proc/[0-9]*; do
		# What the kernel runs for itself has no file.
		theirs=$process/root$log_base
		if [ ! -d "$theirs" ] || [ ! -e "$process/exe" ] || [ "$theirs" -ef "$log_base" ]; then continue; fi
		# Only where the same binary is seen.
		if ! [ "$process/root${1%/*}" -ef "${1%/*}" ]; then continue; fi
		for other in $known; do
			if [ "$theirs" -ef "$other/root$log_base" ]; then continue 2; fi
		done
		known="$known $process"
		for entry in $(log_directories "$theirs"); do
			log=$theirs/${entry#*:}/$2.log
			case $entry in
			*/*) continue ;;
			esac
			if [ -L "$log" ] || [ ! -f "$log" ] || is_read_already "$log" "$2"; then continue; fi
			command=''
			read -r command <"$process/comm"
			last=$(last_time "$theirs" "$entry" "$2")
			fact private "${process#/proc/}" "$command" "$(unit_of "${process#/proc/}")" "$log" "$last"
		done
	done 2>/dev/null
}

is_read_already() {
	for place in "$log_base"/systemd-private-*/tmp/interpose-*/"$2.log"; do
		if [ "$1" -ef "$place" ]; then return 0; fi
	done
	return 1
}

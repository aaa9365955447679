# Where the calls of an interception are logged, and why they may not be. Changes nothing.

# look_tmp: whether there is room, and whether anybody may write.
look_tmp() {
	writable=yes
	if [ ! -w /tmp ]; then writable=no; fi
	fact tmp "$writable" "$(stat -L -c %a /tmp 2>/dev/null)" "$(df -Pk /tmp 2>/dev/null | tail -n 1)" "$(df -Pi /tmp 2>/dev/null | tail -n 1)"
}

# look_logs NAME: each user's folder with what stands at the log's place.
look_logs() {
	for folder in /tmp/interpose-*; do
		uid=${folder#/tmp/interpose-}
		case $uid in
		'' | *[!0-9]*) continue ;;
		esac
		log=$folder/$1.log last=''
		if [ -f "$log" ] && [ ! -L "$log" ] && [ ! -L "$folder" ]; then last=$(last_time "$log"); fi
		find_kind "$folder"
		folder_kind=$kind
		find_kind "$log"
		fact log "$uid" "$folder" "$folder_kind" "$log" "$kind" \
			"$(stat -c '%u %a' -- "$folder" "$log" 2>/dev/null)" "$last"
	done
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

# last_time LOG: of its last record, in seconds.
last_time() {
	timeout 5 tail -n 1 "$1" 2>/dev/null | head -c 200 | sed -n 's/.*"time":\([0-9]*\).*/\1/p'
}

# look_private_logs BINARY NAME: logs in a /tmp that only some processes see, and that `interpose logs` doesn't.
look_private_logs() {
	known=''
	for process in /proc/[0-9]*; do
		# What the kernel runs for itself has no file.
		if [ ! -d "$process/root/tmp" ] || [ ! -e "$process/exe" ] || [ "$process/root/tmp" -ef /tmp ]; then continue; fi
		# Only where the same binary is seen.
		if ! [ "$process/root${1%/*}" -ef "${1%/*}" ]; then continue; fi
		for other in $known; do
			if [ "$process/root/tmp" -ef "$other/root/tmp" ]; then continue 2; fi
		done
		known="$known $process"
		for log in "$process"/root/tmp/interpose-*/"$2.log"; do
			if [ ! -f "$log" ] || [ -L "$log" ] || is_read_already "$log" "$2"; then continue; fi
			command=''
			read -r command <"$process/comm"
			fact private "${process#/proc/}" "$command" "$(unit_of "${process#/proc/}")" "$log" "$(last_time "$log")"
		done
	done 2>/dev/null
}

is_read_already() {
	for place in /tmp/systemd-private-*/tmp/interpose-*/"$2.log"; do
		if [ "$1" -ef "$place" ]; then return 0; fi
	done
	return 1
}

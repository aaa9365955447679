# shellcheck shell=sh
# Reads the log files of one interception, all users': /tmp/interpose-UID/NAME.log, also in the private /tmp
# of services. Every line comes out with the uid of its file's owner before it, so that no user can write in
# another's name. A line `! UID` stands for a folder that this user may not look into, and a line `.` says
# that all files have been read up to their end.
#
# A file counts when it is a regular one, and both it and its folder belong to the uid in the folder's name.
# That is asked of the open file, so that a swap for a link changes nothing: what is read is that user's own.

# each_log COMMAND: runs it for every such file, with its uid, identity and size; the file is open as 3.
each_log() {
	for folder in "$tmp"/interpose-* "$tmp"/systemd-private-*/tmp/interpose-*; do
		uid=${folder##*/interpose-}
		case $uid in
		'' | *[!0-9]*) continue ;;
		esac
		if [ -L "$folder" ] || [ ! -d "$folder" ]; then continue; fi
		parent=${folder%/*}
		if [ "$parent" != "$tmp" ] && { [ -L "$parent" ] || [ -L "${parent%/*}" ]; }; then continue; fi
		if [ ! -x "$folder" ]; then
			if [ "$1" = print_log ]; then printf '! %s\n' "$uid"; fi
			continue
		fi
		log=$folder/$name.log
		if [ -L "$log" ] || [ ! -f "$log" ]; then continue; fi
		if [ ! -r "$log" ]; then
			if [ "$1" = print_log ]; then printf '! %s\n' "$uid"; fi
			continue
		fi
		{ if_owned "$1"; } 3<"$log"
	done
}

if_owned() {
	command=$1
	# shellcheck disable=SC2046 # Numbers.
	set -- $(stat -L -c '%u %f %d.%i %s' /proc/self/fd/3 "$folder")
	case "${5-} ${2-}" in
	"$1 8"???) if [ "$1" = "$uid" ]; then "$command" "$3" "$4"; fi ;;
	esac
}

print_log() {
	sed "s/^/$uid /" <&3
	# The last line may have been cut off.
	echo
}

# print_growth ID SIZE: prints the whole lines that came since the last look. Seen holds `ID OFFSET` a line
# for the files of the last look, and now those of this one: what is gone is forgotten, and what is new, or
# shorter than it was, is read from its start.
print_growth() {
	from=${seen##*"$newline$1 "} shown=1
	if [ "$from" = "$seen" ]; then from=$first; else from=${from%%"$newline"*}; fi
	# Not from the middle of a line that is just being written.
	if [ "$from" = end ]; then from=0 shown=''; fi
	if [ "$from" -gt "$2" ]; then from=0; fi
	if [ "$from" -lt "$2" ]; then
		# Nothing is read after it was printed: by then the file may be another.
		bytes=$(growth "$2" | head -n "$(growth "$2" | wc -l)" | wc -c)
		if [ "$shown" ]; then growth "$2" | head -c "$bytes" | sed "s/^/$uid /"; fi
		from=$((from + bytes))
	fi
	now=$now$1\ $from$newline
}

# growth SIZE: prints what the file holds between the last look and this one.
growth() { tail -c "+$((from + 1))" /proc/self/fd/3 | head -c "$(($1 - from))"; }

# follow FIRST: FIRST is where files that are there already are read from, 0 or end. Ends with its standard
# input, or when nobody reads its output: the `.` of each second notices that.
follow() {
	newline='
'
	seen='' first=$1
	while :; do
		now=$newline
		each_log print_growth
		seen=$now first=0
		echo . || return 0
		timeout 1 cat >/dev/null
		case $? in
		0) return 0 ;;
		124 | 143) ;;
		*) sleep 1 ;;
		esac
	done
}

# logs NAME TMP HOW: HOW is once, or from where to follow.
logs() {
	LC_ALL=C
	export LC_ALL
	name=$1 tmp=$2
	if [ "$3" = once ]; then each_log print_log; else follow "$3"; fi
	return 0
} 2>/dev/null

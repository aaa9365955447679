# shellcheck shell=sh
# Prints the logs of one interception, all users', as reader.sh reads them. Every line comes out with the uid of its
# file's owner before it, so that no user can write in another's name. A line `! UID` stands for a log that this user
# may not read, `< UID` for one of which only the end is read, `> COUNT` for so many users whose logs are left out,
# and a line `.` says that all files have been read up to their end.

# each_log COMMAND: runs it for every log, with what list_logs prints of it; and prints what else that prints.
each_log() {
	# shellcheck disable=SC2046 # Neither has a space or a pattern in it.
	list_logs "$log_tmp" "$log_name" $(log_directories "$log_tmp") | while read -r uid directory file id size blocks; do
		case $uid in
		'!' | '>') if [ "$1" = print_log ]; then echo "$uid $directory"; fi ;;
		*) "$1" "$uid" "$directory" "$file" "$id" "$size" "$blocks" ;;
		esac
	done
}

print_log() {
	if [ "$5" -gt "$log_bytes" ]; then echo "< $1"; fi
	read_log_end "$log_tmp" "$1:$2" "$3" "$4" "$5" "$6" "$log_bytes" | sed "s/^/$1 /"
	# The last line may have been cut off.
	echo
}

# print_growths: prints the whole lines that came since the last look. Seen holds `ID OFFSET` a line for the files of
# the last look, and then those of this one: what is gone is forgotten, and what is new, or shorter than it was, is
# read from its start. One that was turned over is known by its ID.
print_growths() {
	{ seen=$newline$(each_log print_growth)$newline; } 3>&1
}

# print_growth UID DIRECTORY FILE ID SIZE BLOCKS: prints the lines to 3, and ID OFFSET.
print_growth() {
	from=${seen##*"$newline$4 "} shown=1
	if [ "$from" = "$seen" ]; then from=$first; else from=${from%%"$newline"*}; fi
	# Not from the middle of a line that is just being written.
	if [ "$from" = end ]; then from=$(($5 - 65536)) shown=''; fi
	if [ "$from" -lt 0 ] || [ "$from" -gt "$5" ]; then from=0; fi
	# No calls make that much in a second; of what does so only the end is read.
	if [ $(($5 - from)) -gt "$log_line" ]; then from=$(($5 - log_line)); fi
	if [ "$from" -lt "$5" ]; then
		# Nothing is read after it was printed: by then the file may be another.
		bytes=$(growth "$@" | head -n "$(growth "$@" | wc -l)" | wc -c)
		if [ "$shown" ]; then growth "$@" | head -c "$bytes" | tr -d '\0' | sed "s/^/$1 /" >&3; fi
		from=$((from + bytes))
	fi
	echo "$4 $from"
}

# growth UID DIRECTORY FILE ID SIZE BLOCKS: prints what the file holds between the last look and this one.
growth() { read_log "$log_tmp" "$1:$2" "$3" "$4" "$from" "$(($5 - from))"; }

# follow FIRST: FIRST is where files that are there already are read from, 0 or end. Ends with its standard
# input, or when nobody reads its output: the `.` of each second notices that.
follow() {
	newline='
'
	# Each look costs some of these a hundredth of a second.
	seen='' first=$1 log_users=100
	while :; do
		print_growths
		first=0
		echo . || return 0
		timeout 1 cat >/dev/null
		case $? in
		0) return 0 ;;
		124 | 143) ;;
		*) sleep 1 ;;
		esac
	done
}

# find_log_base NAME TMP: sets log_tmp to where the manifest says that calls are logged, this user's or root's; to TMP
# where there is none. Wherever it leads, nothing but a user's own log is read.
find_log_base() {
	who_looks
	for states in "$root" /var/lib/interpose; do
		if [ -r "$states/$1/manifest.json" ]; then
			log_tmp=$(log_base_of "$states/$1/manifest.json")
			return
		fi
	done
	log_tmp=$2
}

# logs NAME TMP HOW: HOW is once, or from where to follow.
logs() {
	LC_ALL=C
	export LC_ALL
	prepare_reader
	log_name=$1
	find_log_base "$1" "$2"
	if [ "$3" = once ]; then each_log print_log; else follow "$3"; fi
	return 0
} 2>/dev/null

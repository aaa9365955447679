# __open TOP: opens this user's directory in TOP as __directory, and makes it where there is none; fails where it is
# another's. Open, no link can take its place. Its name has the user that the kernel knows outside of a user namespace.
__open() {
	local line path=''
	# A program such as fakeroot tells bash something else than the kernel.
	if ! __read /proc/self/status 12 || [[ ! ${__lines[*]} =~ Umask:.([0-7]+).*Uid:.$UID$'\t' ]]; then return 1; fi
	__umask=${BASH_REMATCH[1]}
	__read /proc/self/uid_map 0 || path=$1/interpose-$UID
	for line in "${__lines[@]}"; do
		if [[ $line =~ ^\ *([0-9]+)\ +([0-9]+)\ +([0-9]+)$ ]] && ((UID >= BASH_REMATCH[1] && UID - BASH_REMATCH[1] < BASH_REMATCH[3])); then
			path=$1/interpose-$((UID - BASH_REMATCH[1] + BASH_REMATCH[2]))
		fi
	done
	if [[ $path && ! -e $path && ! -L $path ]]; then __ask command -p mkdir -m 0700 "$path"; fi
	if [[ $__opened ]]; then exec {__opened}<&- && __opened=''; fi
	[[ -d $path && -r $path ]] && true {__opened}<"$path/." && __directory=/proc/self/fd/$__opened &&
		[[ -O $__directory && $__directory/.. -ef $1 && ! -L $path ]]
}

# __add_line NAME LINE: adds it to that file by one write, as history: to redirect output drops the caller's locks on it.
__add_line() {
	local file=$__directory/$1 try
	trap '' XFSZ
	umask 077
	# Again where it is turned over at this moment.
	for ((try = 0; try < 3; ++try)); do
		if [[ -L $file || (-e $file && ! (-f $file && -O $file)) ]]; then continue; fi
		history -s -- "$2"
		if history -a "$file"; then break; fi
	done
	umask "$__umask"
	trap - XFSZ
}

# __find_owner: sets __owner to who this is for the kernel, outside of a user namespace; to nothing where a program such
# as fakeroot tells bash something else. Directories go by that name.
__find_owner() {
	local line ours='Umask:.([0-7]+).*Uid:.'$UID$'\t' range='^ *([0-9]+) +([0-9]+) +([0-9]+)$'
	__owner=''
	if ! __read /proc/self/status 12 || [[ ! ${__lines[*]} =~ $ours ]]; then return; fi
	__umask=${BASH_REMATCH[1]}
	__read /proc/self/uid_map 0 || __owner=$UID
	for line in "${__lines[@]}"; do
		if [[ $line =~ $range ]] && ((UID >= BASH_REMATCH[1] && UID - BASH_REMATCH[1] < BASH_REMATCH[3])); then
			__owner=$((UID - BASH_REMATCH[1] + BASH_REMATCH[2]))
		fi
	done
}

# __open TOP: opens this user's directory in TOP as __directory, and makes it where there is none; fails where it is
# another's. Open, no link can take its place.
__open() {
	local path=$1/interpose-$__owner
	if [[ ! $__owner ]]; then return 1; fi
	if [[ ! -e $path && ! -L $path ]]; then __ask mkdir -m 0700 "$path"; fi
	if [[ $__opened ]]; then exec {__opened}<&-; fi
	__opened=''
	if [[ ! -d $path || ! -r $path ]]; then return 1; fi
	true {__opened}<"$path/."
	__directory=/proc/self/fd/$__opened
	[[ -O $__directory && $__directory/.. -ef $1 && ! -L $path ]]
}

# __add_line NAME LINE: adds the line to that file in the directory, by one write whatever its length; the history is what
# bash writes so, and without taking standard output for it, which would drop the caller's locks on what that is.
__add_line() {
	local file=$__directory/$1
	if [[ -L $file || (-e $file && ! (-f $file && -O $file)) ]]; then return 1; fi
	trap '' XFSZ
	umask 077
	history -s -- "$2"
	history -a "$file"
	umask "$__umask"
	trap - XFSZ
}

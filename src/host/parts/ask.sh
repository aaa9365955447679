# What scripts ask of one path, and of who runs them; changes nothing.

# who_looks: sets me to the user, and root to the folder of the manifests: the machine's for root, the user's own
# for others.
who_looks() {
	me=$(id -u)
	if [ "$me" = 0 ]; then
		root=/var/lib/interpose
	else
		case ${XDG_STATE_HOME-} in
		/*) root=$XDG_STATE_HOME/interpose ;;
		*)
			# A relative one would be another place in each folder.
			case ${HOME-} in
			/*) root=$HOME/.local/state/interpose ;;
			*) root=/.local/state/interpose ;;
			esac
			;;
		esac
	fi
}

# loops PATH: whether links lead from it back to itself; the kernel follows forty.
loops() {
	at=$1 count=0
	while [ -L "$at" ] && [ "$count" -lt 41 ]; do
		next=$(readlink -- "$at")
		case $next in
		/*) at=$next ;;
		*) at=${at%/*}/$next ;;
		esac
		count=$((count + 1))
	done
	[ "$count" = 41 ]
}

# find_attributes PATH: sets attributes, with `i` or `a` among its letters for an immutable or append-only file; to
# nothing where that is not known.
find_attributes() {
	attributes=''
	if [ ! -L "$1" ] && command -v lsattr >/dev/null 2>&1; then
		attributes=$(lsattr -d -- "$1" 2>/dev/null)
		attributes=${attributes%% *}
	fi
}

# first_line FILE: sets line to it, without a process; to nothing where it can't be read.
first_line() {
	line=''
	# shellcheck disable=SC2034
	{ IFS= read -r line <"$1"; } 2>/dev/null
	return 0
}

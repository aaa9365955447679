# What is asked of one file: what it gives who runs it, and which package has it; changes nothing.

# has_mark FILE: whether it is a wrapper that is a program: a note in its first bytes says so.
has_mark() {
	case $(head -c 1024 <"$1" | tr -d '\0') in
	?ELF*'interpose wrapper'*) return 0 ;;
	esac
	return 1
} 2>/dev/null

# find_capabilities FILE: sets capabilities to those that it gives who runs it, as far as that can be asked.
find_capabilities() {
	capabilities=$(PATH=$PATH:/usr/sbin:/sbin && getcap -- "$1" 2>/dev/null)
	capabilities=${capabilities#"$1"}
	capabilities=${capabilities#' ='}
	capabilities=${capabilities# }
}

# other_name PATH: the same path with or without /usr, which Debian's packages may have instead; nothing for others.
other_name() {
	case $1 in
	/usr/bin/* | /usr/sbin/* | /usr/lib*/*) printf %s "${1#/usr}" ;;
	/bin/* | /sbin/* | /lib*/*) printf %s "/usr$1" ;;
	esac
}

# has_path PATH: quick, where dpkg-query takes a quarter of a second.
has_path() {
	grep -qxF -- "$1" "${DPKG_ADMINDIR-/var/lib/dpkg}"/info/*.list 2>/dev/null
}

# owner_of PATH: a diversion is no owner.
owner_of() {
	dpkg-query -S "$1" 2>/dev/null | while IFS= read -r line; do
		case $line in
		'diversion by '* | 'local diversion '*) ;;
		*)
			printf %s "${line%%: *}"
			break
			;;
		esac
	done
}

# passes_through PATH STOP: whether links lead from PATH to the path STOP.
passes_through() {
	at=$1 count=0
	while [ -L "$at" ] && [ "$count" -lt 41 ]; do
		next=$(readlink -- "$at")
		case $next in
		/*) at=$next ;;
		*) at=${at%/*}/$next ;;
		esac
		if [ "$at" = "$2" ]; then return 0; fi
		count=$((count + 1))
	done
	return 1
}

# names_parts FILE BINARY WRAPPER REAL: whether it is a script that names the wrapper or the real binary: as what runs
# the real binary it can't become that.
names_parts() {
	if [ ! -f "$1" ] || [ "$(head -c 2 <"$1" 2>/dev/null | tr -d '\0')" != '#!' ]; then return 1; fi
	# shellcheck disable=SC2016 # Words of that script.
	head -c 65536 <"$1" | grep -qF -e "$3" -e "${4##*/}" -e '$0'"${4#"$2"}" -e '${0}'"${4#"$2"}"
}

# safe_probes FILE: of --version and --help, what a package's program can be expected to answer without doing anything:
# both for a program in ELF, for a script those that its text has.
safe_probes() {
	# A FIFO would be waited for.
	if [ ! -f "$1" ]; then return 0; fi
	case $(head -c 4 <"$1" 2>/dev/null | tr -d '\177\0') in
	ELF) echo '--version --help' ;;
	'#!'*)
		for argument in --version --help; do
			if grep -qF -e "$argument" -- "$1"; then echo "$argument"; fi
		done
		;;
	esac
}

# What the chain consists of: the folders on the way to each part, the wrapper's text, the file that runs in the end.
# Changes nothing.

newline='
'

# fact TAG FIELD...: the tag, how many fields come, and the fields, each ended by NUL.
fact() {
	tag=$1
	shift
	printf '%s\0%s\0' "$tag" "$#"
	if [ "$#" -gt 0 ]; then printf '%s\0' "$@"; fi
}

# look_folders PATH...: the folders above them, each once, with its mode and owner.
look_folders() {
	for above in "$@"; do
		shift
		while [ "${above%/*}" != '' ]; do
			above=${above%/*}
			case $above in
			*"$newline"*) break ;;
			esac
			for known in "$@"; do
				if [ "$known" = "$above" ]; then continue 2; fi
			done
			set -- "$@" "$above"
		done
	done
	fact folders "$(stat -L -c '%a %u %g %n' -- "$@" 2>/dev/null)"
}

# look_wrapper WRAPPER MANIFEST BINARY WORD...: what its text does to words, when it is one that the manifest knows;
# the text, and what bash says of it, when it isn't. What somebody else wrote is not run, so it is read only once: they
# may swap the file.
look_wrapper() {
	# A program's policy is no text that a shell runs.
	if [ ! -f "$1" ] || [ ! -r "$1" ] || has_mark "$1"; then return 0; fi
	text=$(head -c 1048576 <"$1" | tr -d '\0')
	hash=$(printf '%s\n' "$text" | sha256sum)
	# The manifest has the hash of the real binary too.
	if sed -n '/^  "wrappers": \[$/,/^  \]/p' "$2" | grep -qF "${hash%% *}"; then
		look_words "$@"
		return
	fi
	fact text "$(printf %s "$text" | head -c 65536)" "$(timeout 5 /bin/bash -n "$1" 2>&1 | head -n 1)"
}

# look_program PATH: the kind of file that it leads to, and what the kernel starts that with.
look_program() {
	if [ ! -f "$1" ] || [ ! -r "$1" ]; then return 0; fi
	program=$(readlink -f -- "$1") loader='' program_kind=other missing=no
	if [ "$(head -c 4 <"$program" | tr -d '\177\0')" = ELF ]; then
		program_kind=elf
		find_loader "$program"
	elif [ "$(head -c 2 <"$program" | tr -d '\0')" = '#!' ]; then
		program_kind=script
		find_interpreter "$program"
	fi
	if [ -n "$loader" ] && [ ! -x "$loader" ]; then missing=yes; fi
	fact program "$program" "$program_kind" "$loader" "$missing"
}

# number BYTE...: sets value, by the byte order of the file.
number() {
	value=0 factor=1
	for byte in "$@"; do
		if [ "$order" = 1 ]; then
			value=$((value + byte * factor))
			factor=$((factor * 256))
		else
			value=$((value * 256 + byte))
		fi
	done
}

# number_at FILE OFFSET SIZE
number_at() {
	# shellcheck disable=SC2046 # Numbers.
	number $(od -An -v -tu1 -j "$2" -N "$3" "$1" 2>/dev/null)
}

# find_loader FILE: sets loader to the dynamic linker that an ELF program names; empty when it names none.
find_loader() {
	order=1
	number_at "$1" 5 1
	byte_order=$value
	number_at "$1" 4 1
	order=$byte_order
	# Offsets in the file's head, then in an entry of its table of segments: 64 and 32 bits.
	if [ "$value" = 2 ]; then set -- "$1" 32 8 54 56 8 8 32; else set -- "$1" 28 4 42 44 4 4 16; fi
	number_at "$1" "$2" "$3"
	table=$value
	number_at "$1" "$4" 2
	entry=$value
	number_at "$1" "$5" 2
	count=$value
	while [ "$count" -gt 0 ] && [ "$count" -lt 256 ]; do
		number_at "$1" "$table" 4
		if [ "$value" = 3 ]; then
			number_at "$1" $((table + $6)) "$7"
			start=$value
			number_at "$1" $((table + $8)) "$7"
			if [ "$value" -lt 4096 ]; then
				loader=$(dd if="$1" bs=1 skip="$start" count="$value" 2>/dev/null | tr -d '\0')
			fi
			return 0
		fi
		table=$((table + entry)) count=$((count - 1))
	done
}

# find_interpreter FILE: sets loader to what the first line of a script names; for env, to what env has to find,
# or to its bare name when that is nowhere.
find_interpreter() {
	{ IFS= read -r first <"$1"; } 2>/dev/null
	first=${first#'#!'}
	# shellcheck disable=SC2086
	set -f && set -- $first && set +f
	loader=${1-}
	if [ "${loader##*/}" != env ] || [ ! -x "$loader" ]; then return 0; fi
	shift
	while [ "$#" -gt 0 ]; do
		case $1 in
		-* | *=*) shift ;;
		*)
			# Not in the folder that this runs in.
			# shellcheck disable=SC2030,SC2031
			loader=$(PATH=$login_path:$PATH && command -v -- "$1") || loader=/nowhere/$1
			return 0
			;;
		esac
	done
}

# look_words WRAPPER MANIFEST BINARY WORD...: runs the wrapper's $text with another last step, which prints the words
# that would have been passed on. It neither runs the real binary nor logs anything.
look_words() {
	# A function comes before a builtin of its name; it gets -a, a name, the real binary, and the words.
	# shellcheck disable=SC2016
	replaced='exec() { if (($#)); then builtin printf "%s\037" "${@:4}"; builtin exit; fi; }'
	# The log of a wrapper of 0.1.0 is found by its path.
	text=$(printf '%s\n' "$text" |
		sed 's|/tmp/interpose-|/proc/self/no-log-|g; s/^\t__record$/\t:/; s/^\tif __seems_to_loop; .*/\t:/')
	shift 2
	fact words "$(cd / && env -i PATH=/usr/bin:/bin timeout 10 /bin/bash --norc -c "$replaced
$text" wrapper "$@" 2>/dev/null </dev/null)"
}

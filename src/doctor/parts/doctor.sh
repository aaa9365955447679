# Looks at the interceptions of a host for all that is known to go wrong. Changes nothing.

look_bash() {
	if [ ! -e /bin/bash ]; then
		fact bash none ''
	else
		# shellcheck disable=SC2016
		said=$(env -i timeout 5 /bin/bash --norc -c 'echo "${BASH_VERSION-}"' 2>&1 </dev/null | head -n 1)
		fact bash there "$said"
	fi
}

look_machine() {
	who_looks
	prepare_reader
	look_bash
	note_paths
	note_clock
}

# examine_all WANTED: the interception of that name, or every one of this user.
examine_all() {
	for folder in "$root"/*/; do
		folder=${folder%/}
		if [ ! -f "$folder/manifest.json" ] || [ ! -f "$folder/paths" ]; then continue; fi
		if [ -n "$1" ] && [ "${folder##*/}" != "$1" ]; then continue; fi
		if ! is_trusted "$folder"; then continue; fi
		{
			IFS= read -r binary
			IFS= read -r wrapper
			IFS= read -r real
			IFS= read -r name_folder
			IFS= read -r named
		} <"$folder/paths"
		examine "$folder" "$binary" "$wrapper" "$real" "$name_folder" "$named"
	done
}

# examine STATE BINARY WRAPPER REAL NAMEFOLDER NAMED
examine() {
	state=$1 binary=$2 wrapper=$3 real=$4 named=$6 name=${1##*/} loader='' program_kind=''
	find_target "$binary" "$real"
	log_base=$(log_base_of "$state/manifest.json")
	fact examine "$name" "$binary" "$wrapper" "$real" "$target"
	look_log_base
	look_folders "$binary" "$wrapper" "$real" "$target"
	look_program "$real"
	if [ "$program_kind" != script ]; then loader=''; fi
	look_processes "$binary" "$real" "$target" "$loader" "$name"
	look_callers "$binary"
	look_mentions "$binary" "$real" "$named" "$target"
	services_of "$state/manifest.json" | while IFS= read -r service; do
		look_service "$service" "$binary" "$wrapper" "$real"
	done
	look_logs "$name"
	look_private_logs "$binary" "$name"
	# Last, as it needs a bash.
	wrapper_words "$wrapper" "$state/manifest.json" "$binary"
}

# find_target BINARY REAL: sets target to the file that a link leads to in the end, when that is this program alone:
# such as tool, tool.js or tool3.11 for tool, but not busybox. Otherwise it is the real path again.
find_target() {
	target=$(readlink -f -- "$2")
	case ${target##*/} in
	"${1##*/}"*) ;;
	*) target=$2 ;;
	esac
}

# services_of MANIFEST: as JSON.stringify writes them.
services_of() {
	sed -n '/^  "services": \[$/,/^  \]/s/^    "\(.*\)",\{0,1\}$/\1/p' "$1" | sed 's/\\\(["\\]\)/\1/g'
}

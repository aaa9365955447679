# What tells who put a path there. Needs `field` of look.sh.

# Endings that a real binary is given by hand.
by_hand='real orig original bin wrapped'

# look_standing PATH [resolved]: where it leads, its text when it is a script, what is beside it under longer names with who
# owns that, and for a shim the programs that it may stand for.
look_standing() {
	link=''
	if [ -L "$1" ]; then link=$(readlink -- "$1"); fi
	resolved=$1
	if [ -L "$1" ] || [ "${2-}" != resolved ]; then resolved=$(readlink -f -- "$1"); fi
	read_script "$1"
	field standing "$1" "$link" "$resolved" "$text"
	# shellcheck disable=SC2016
	case $text in
	*' exec "$program"'*)
		field 0 ''
		look_shim "$1"
		;;
	?*)
		look_beside "$1"
		field 0
		;;
	*) field 0 '' 0 ;;
	esac
}

# read_script PATH: sets text to that of a script, or to nothing. Links whose target says enough are not read.
read_script() {
	text=''
	case $link in
	/etc/alternatives/* | *node_modules/*) return ;;
	esac
	if ! [ -f "$1" ] || ! [ -r "$1" ]; then return; fi
	{ text=$(head -c 65536 <"$1"); } 2>/dev/null
	case $text in
	'#!'*) ;;
	*) text='' ;;
	esac
}

look_beside() {
	at=$1
	set --
	for other in "$at"?*; do
		# Only what the script may name.
		case $text in
		*"${other##*/}"* | *[-._]real* | *[-._]orig* | *.bin* | *[-._]wrapped*)
			if [ $# -lt 100 ] && { [ -f "$other" ] || [ -L "$other" ]; }; then set -- "$@" "$other"; fi
			;;
		esac
	done
	field $#
	for other in "$@"; do
		runs=no
		if [ -f "$other" ] && [ -x "$other" ]; then runs=yes; fi
		field "$other" "$runs" "$(readlink -f -- "$other")"
	done
	case $#$text in
	0*[-._]real* | 0*[-._]orig* | 0*.bin* | 0*[-._]wrapped* | [1-9]*) field "$(owners "$@" "$resolved")" ;;
	*) field '' ;;
	esac
}

# owners PATH...: a line `PACKAGE: PATH` for each that a package owns, under its name before /usr was merged too.
owners() {
	if [ $# = 0 ]; then return; fi
	if command -v rpm >/dev/null 2>&1; then
		for path in "$@"; do
			if owner=$(rpm -qf --qf '%{NAME}' "$path" 2>/dev/null); then printf '%s: %s\n' "$owner" "$path"; fi
		done
	fi
	if ! command -v dpkg-query >/dev/null 2>&1; then return; fi
	for path in "$@"; do
		case $path in
		/usr/*) set -- "$@" "${path#/usr}" ;;
		esac
	done
	dpkg-query -S "$@" 2>/dev/null
}

# look_shim PATH: what a shim of pyenv or one of its kin, with that text, would run: of the version in force first.
look_shim() {
	home='' name=${1##*/} version=''
	case $text in
	*'ENV_ROOT="'*) home=${text#*ENV_ROOT=\"} home=${home%%\"*} ;;
	esac
	set --
	if [ -n "$home" ]; then
		{ read -r version _ <"$home/version"; } 2>/dev/null
		for program in "$home/versions/$version/bin/$name" "$home"/versions/*/bin/"$name"; do
			if [ -x "$program" ] && [ "$program" != "$home/versions//bin/$name" ]; then set -- "$@" "$program"; fi
		done
	fi
	field $# "$@"
}

# look_diversions: what dpkg has registered, and which folders of the root are links into /usr.
look_diversions() {
	merged=''
	for folder in bin sbin lib lib32 lib64 libx32; do
		if [ -L "/$folder" ]; then merged="$merged $folder"; fi
	done
	field diversions "$(cat "$(diversions)" 2>/dev/null)" "$merged"
}

diversions() {
	echo "${DPKG_ADMINDIR:-/var/lib/dpkg}/diversions"
}

# look_folders: everything foreign in the folders where programs are found.
look_folders() {
	seen=:
	set -f
	IFS=:
	# shellcheck disable=SC2086
	set -- $PATH /usr/local/bin /usr/local/sbin "${HOME-}/.local/bin"
	unset IFS
	set +f
	for folder in "$@" /opt/*/bin; do
		folder=$(cd -P "$folder" 2>/dev/null && pwd -P) || continue
		case $seen in
		*":$folder:"*) continue ;;
		esac
		seen=$seen$folder:
		look_folder_entries "$folder"
	done
	look_diverted
}

# look_folder_entries FOLDER
look_folder_entries() {
	inside=$1
	set --
	for entry in "$inside"/*; do
		if [ -L "$entry" ] && [ $# -lt 5000 ]; then set -- "$@" "$entry"; fi
	done
	# All links in one go, where none leads to a name with a newline, and readlink can do that.
	links=$(readlink -- "$@" 2>/dev/null)
	if [ $# -gt 0 ] && [ "$(printf '%s\n' "$links" | wc -l)" = $# ]; then
		while IFS= read -r target; do
			look_link "$1" "$target"
			shift
		done <<-END
			$links
		END
	else
		for entry in "$@"; do look_link "$entry" "$(readlink -- "$entry")"; done
	fi
	case $inside in
	*/shims) for entry in "$inside"/*; do if [ -f "$entry" ] && [ ! -L "$entry" ]; then look_standing "$entry" resolved; fi; done ;;
	esac
	for ending in $by_hand; do
		for other in "$inside"/*[-._]"$ending"; do
			entry=${other%[-._]"$ending"}
			if [ -e "$entry" ] || [ -L "$entry" ]; then look_standing "$entry"; fi
		done
	done
}

# look_link LINK TARGET: the kinds that can be told by the target; elsewhere than in the system's folders, scripts.
look_link() {
	case $2 in
	/etc/alternatives/* | *node_modules/* | */mise | */volta-shim) look_standing "$1" ;;
	*)
		case $1 in
		/usr/bin/* | /usr/sbin/*) ;;
		*)
			link=$2
			read_script "$1"
			if [ -n "$text" ]; then look_standing "$1"; fi
			;;
		esac
		;;
	esac
}

# look_diverted: of what is diverted, what is in one of the folders that were seen.
look_diverted() {
	while IFS= read -r from && IFS= read -r _ && IFS= read -r _; do
		folder=$(cd -P "${from%/*}/" 2>/dev/null && pwd -P) || continue
		case $seen in
		*":$folder:"*) if [ -e "$from" ] || [ -L "$from" ]; then look_standing "$folder/${from##*/}"; fi ;;
		esac
	done <"$(diversions)"
} 2>/dev/null

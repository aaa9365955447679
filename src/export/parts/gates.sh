# What is in the way of an interception that is not in place yet. The checks are those of `interpose plan`; SELinux's
# contexts, patterns in AppArmor's profiles, and diversions of other names are left to it.

# refuse CODE ARGUMENT...: tells what is in the way, so that nothing is done.
refuse() {
	refused=$1 situation=refused
	remark "$@"
}

# remark CODE ARGUMENT...: tells something; see `words`.
remark() {
	remarked=$1 list=''
	shift
	for argument in "$@"; do
		# Tabs are between them.
		case $argument in
		*'	'*) argument=$(printf %s "$argument" | tr '\t' '?') ;;
		esac
		list="$list${list:+	}$argument"
	done
	event problem "$remarked" "$list"
}

# accepts CODE: whether the file accepts it.
accepts() {
	case " $accepted " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

# check: whether nothing is in the way; 3 when only the host or the rights are not fit for it.
check() {
	refused=''
	check_binary
	[ -n "$refused" ] || check_standing
	check_taken
	check_others
	check_diversion
	check_ffprobe
	failed=$refused
	check_bash
	check_machine
	[ -z "$failed" ] || return 1
	[ -z "$refused" ] || return 3
	check_surroundings
}

# check_again: the same for one that is in place, or partly.
check_again() {
	refused=''
	check_script
	check_diversion
	check_ffprobe
	[ -z "$refused" ] || return 1
	check_bash
	[ -z "$refused" ] || return 3
	check_surroundings
}

# check_surroundings: what is checked last: where it is, who else has a say there, and the rights.
check_surroundings() {
	check_places
	check_security
	[ -z "$refused" ] || return 1
	check_rights
	[ -z "$refused" ] || return 3
}

check_ffprobe() {
	if [ "$needs_ffprobe" = yes ] && ! command -v ffprobe >/dev/null 2>&1; then refuse no-ffprobe; fi
}

check_script() {
	if [ "$target" != "$real" ] && { [ ! -f "$target" ] || [ ! -x "$target" ]; }; then refuse script-unusable; fi
}

check_binary() {
	if [ ! -e "$binary" ] && [ ! -L "$binary" ]; then
		refuse binary-missing
	elif [ ! -e "$binary" ]; then
		if loops "$binary"; then
			refuse binary-loops "$(readlink -- "$binary")"
		else
			refuse binary-dangling "$(readlink -- "$binary")"
		fi
	elif [ -d "$binary" ]; then
		refuse binary-is-folder
	elif [ ! -f "$binary" ]; then
		refuse binary-is-special
	elif [ ! -x "$binary" ]; then
		if mounted noexec "$(readlink -f -- "$binary")"; then
			refuse noexec "$binary" "$mounted_at"
		else
			refuse binary-not-executable "$(stat -L -c %a -- "$binary")"
		fi
	else
		case $(readlink -f -- "$binary") in
		"$wrapper") refuse foreign-interception ;;
		"$real") refuse binary-leads-to-real ;;
		esac
	fi
	check_script
}

# check_standing: what others put there, who would put it back or have to be asked first.
check_standing() {
	case $(readlink -- "$binary") in
	/etc/alternatives/*)
		refuse is-alternative "${binary##*/}" "$(readlink -f -- "$binary")"
		return
		;;
	esac
	case $(readlink -f -- "$binary") in
	"$binary") ;;
	*/mise) refuse is-shim mise ;;
	*/volta-shim) refuse is-shim volta ;;
	esac
	if [ "$(head -c 2 <"$binary" | tr -d '\0')" != '#!' ]; then return; fi
	for manager in pyenv rbenv nodenv goenv jenv plenv phpenv luaenv; do
		if grep -q "^exec .*$manager\"\{0,1\} exec \"\$program\"" "$binary"; then refuse is-shim "$manager"; fi
	done
	if grep -q '^exec .*asdf"\{0,1\} exec ' "$binary"; then refuse is-shim asdf; fi
	# A script that runs what lies beside it under a longer name was put there by hand, or came with its package.
	for other in "$binary"[-._]real "$binary"[-._]orig* "$binary"[-._]wrapped "$binary".bin; do
		if [ "$other" != "$real" ] && [ -f "$other" ] && grep -qF -e "${other##*/}" "$binary" && ! has_path "$other"; then
			refuse made-by-hand "$(readlink -f -- "$binary")" "$other"
			return
		fi
	done
}

check_taken() {
	if [ -e "$real" ] || [ -L "$real" ]; then refuse real-taken; fi
	if [ -e "$wrapper" ] || [ -L "$wrapper" ]; then refuse wrapper-taken; fi
	if [ -e "${named%/*}" ] || [ -L "${named%/*}" ]; then refuse name-folder-taken; fi
}

# check_others: interceptions that have one of the paths.
check_others() {
	for folder in "$root"/*/; do
		folder=${folder%/}
		if [ "$folder" = "$state" ] || [ ! -f "$folder/paths" ]; then continue; fi
		for path in "$binary" "$wrapper" "$real"; do
			if grep -qxF -e "$path" "$folder/paths"; then
				refuse already-intercepted "$path" "${folder##*/}"
				return
			fi
		done
	done
}

# check_diversion: who has dpkg put the file elsewhere decides what is at the path.
check_diversion() {
	find_package
	by=''
	if command -v dpkg-divert >/dev/null 2>&1; then by=$(dpkg-divert --listpackage "${registered:-$binary}" 2>/dev/null); fi
	case $by in
	'') ;;
	LOCAL)
		to=$(dpkg-divert --truename "${registered:-$binary}")
		# Ours.
		if [ -f "$state/manifest.json" ] && [ "$to" = "$(diverted_name "${registered:-$binary}")" ]; then return; fi
		refuse diverted 'an administrator' "$to"
		;;
	*) refuse diverted "the package $by" "$(dpkg-divert --truename "${registered:-$binary}")" ;;
	esac
}

# find_package: sets registered to the binary's path as a package of dpkg's has it, which may differ by a leading /usr;
# to nothing where none does.
find_package() {
	registered=''
	if ! command -v dpkg-query >/dev/null 2>&1; then return; fi
	for path in "$binary" "$(other_name "$binary")"; do
		if [ "$path" -ef "$binary" ] && has_path "$path" && [ -n "$(owner_of "$path")" ]; then
			registered=$path
			return
		fi
	done
}

check_bash() {
	if [ ! -x /bin/bash ]; then
		refuse no-bash
		return
	fi
	# shellcheck disable=SC2016
	version=$(env -i /bin/bash --norc -c 'echo "$BASH_VERSION"' 2>/dev/null)
	case $version in
	[0-3].* | 4.[0-3] | 4.[0-3][!0-9]* | '') refuse old-bash "$version" ;;
	esac
}

# check_machine: whether it is a program for this machine; where something is registered that runs others, that one may.
check_machine() {
	if accepts other-machine; then return; fi
	theirs=$(machine_of "$binary") ours=$(machine_of /bin/bash)
	case $theirs/$ours in
	"$ours/$theirs" | /* | */ | '01 0300/01 3e00' | '01 3e00/01 0300' | '01 2800/01 b700' | '01 b700/01 2800') return ;;
	esac
	for handler in /proc/sys/fs/binfmt_misc/*; do
		first_line "$handler"
		case ${handler##*/} in
		status | register) ;;
		*) if [ "$line" = enabled ]; then return; fi ;;
		esac
	done
	refuse other-machine "$(machine_name "$theirs")" "$(machine_name "$ours")"
}

# machine_of FILE: the order of bytes and the number of the machine that a program in ELF is made for, in hex.
machine_of() {
	bytes=$(begins "$1")
	case $bytes in
	7f454c46*) printf '%s\n' "$bytes" | sed -n 's/^.\{10\}\(..\).\{24\}\(....\).*/\1 \2/p' ;;
	esac
}

# diverted_name PATH: where the real binary is for dpkg, which may know the binary by another path than we do.
diverted_name() {
	printf '%s\n' "${1%/*}${real#"${binary%/*}"}"
}

# find_place: sets place to the directory that the wrapper is in, or that its own is made in.
find_place() {
	place=${wrapper%/*}
	if [ "$place" != "${binary%/*}" ] && [ "$place" = "${real%/*}" ] && [ ! -e "$place" ]; then place=${place%/*}; fi
}

check_places() {
	find_place
	for path in "$binary" "${binary%/*}" "$place"; do
		path=${path:-/}
		find_attributes "$path"
		case $attributes in
		*i*) refuse immutable "$path" i ;;
		*a*) refuse immutable "$path" a ;;
		*) continue ;;
		esac
		return
	done
	if [ ! -d "$place/" ]; then
		refuse folder-missing
		return
	fi
	for path in "${binary%/*}" "$place"; do
		path=${path:-/}
		if mounted ro "$path"; then
			refuse read-only "$path" "$mounted_at"
			return
		fi
	done
	if mounted noexec "$place/"; then refuse noexec "$wrapper" "$mounted_at"; fi
}

# mounted OPTION PATH: whether what the path is on is mounted with the option; sets mounted_at to where that is.
mounted() {
	mounted_at=$(df -P -- "$2" 2>/dev/null | tail -n 1)
	mounted_at=/${mounted_at#*% /}
	given=''
	while read -r _ folder _ options _; do
		if [ "$folder" = "$mounted_at" ]; then given=,$options,; fi
	done </proc/self/mounts
	case $given in
	*",$1,"*) return 0 ;;
	esac
	return 1
} 2>/dev/null

check_rights() {
	find_place
	for path in "${binary%/*}" "$place" "$base"; do
		path=${path:-/}
		if [ ! -w "$path" ]; then
			refuse folder-not-writable "$path" "$(id -un)"
			return
		fi
	done
	first_line /proc/sys/fs/protected_hardlinks
	if [ "$me" != 0 ] && [ "$line" = 1 ] && [ ! -O "$binary" ]; then
		refuse hard-link-refused "$(stat -c %U -- "$binary")" "$(id -un)"
	fi
}

# check_security: who else could decide what callers run.
check_security() {
	holding=$newline told=$newline tells=field
	find_outside
	with_places look_ways place "$root/."
	look_ways way "$binary" "$real" "$wrapper" "$target" "$named" /bin/bash
	look_log_folder "$log_dir"
	if [ "$log_dir" != /tmp ]; then
		log_holding=$newline log_place='' log_mode=''
		look_log_place "$log_dir"
		if [ $((0$log_mode & 03)) != 3 ] && [ -n "$log_mode" ]; then
			remark log-dir-closed "$log_place" "$log_mode" "$(quoted "$log_place")"
		fi
	fi
	if accepts apparmor-profile || [ ! -d /etc/apparmor.d ]; then return; fi
	found=$(look_profiles "${binary##*/}")
	while IFS='	' read -r file line; do
		if [ -n "$file" ]; then refuse apparmor-profile "$file" "$line"; fi
	done <<-END
		$found
	END
}

# find_base: sets base to the folder of all states, or the nearest above it that was there before this run.
find_base() {
	base=$root
	while [ ! -d "$base" ] && [ -n "${base%/*}" ]; do base=${base%/*}; done
}

# field KIND VALUE...: what the words above tell, as they look.
field() {
	case $1 in
	holds) holding=$holding$2$newline ;;
	way)
		shift
		check_way "$@"
		;;
	log-folder) check_log_folder "$2" "$3" "$4" ;;
	log-place) if [ "$3" = no ]; then refuse log-dir-missing; fi ;;
	log-holds) log_holding=$log_holding$2$newline ;;
	log-way)
		shift
		check_log_way "$@"
		;;
	profile) naming_lines "$2" "$3" ;;
	esac
}

# check_way place|way PATH MODE:UID:GID:USER:GROUP GROUP-MAY MEMBERS LISTED: the mode of a link means nothing. Who owns a
# folder that is changed could swap names there meanwhile, which nobody can accept.
check_way() {
	IFS=: read -r mode uid _ user group <<-END
		$3
	END
	bits=$((0x$mode)) shown=$(printf %04o $((0x$mode & 07777))) meant=''
	case " 0 $me $outside " in
	*" $uid "*) ;;
	*)
		trusted="neither root nor $(id -un)" as=$(id -un)
		if [ "$me" = 0 ]; then trusted='not root' as="$user, never as root"; fi
		if [ "$1" = place ]; then
			refuse place-of-another "$2" "$user" "$trusted" "$shown" "$(quoted "$2")"
		elif accepts other-owner; then
			meant=yes
		else
			refuse other-owner "$2" "$user" "$trusted" "$shown" "$(quoted "$2")" "$as"
		fi
		;;
	esac
	if [ $((bits & 0170000)) = $((0120000)) ]; then return; fi
	if [ $((bits & 0171000)) = $((0041000)) ] && [ $((bits & 0022)) != 0 ]; then
		# Anybody can be the first to put something there.
		case $holding$base$newline in
		*"$newline$2$newline"*) if [ "$2" != / ]; then refuse folder-for-all "$2" "$shown" "$user"; fi ;;
		esac
		return
	fi
	if [ $((bits & 0002)) != 0 ]; then
		refuse writable-by-all "$2" "$shown" "$user" "$(quoted "$2")"
	elif [ "$4" = yes ] && [ -n "$5" ] && [ -z "$meant" ]; then
		refuse group-has-members "$2" "$group" "$shown" "$user" "$(quoted "$2")" "$5"
	elif [ "$4" = yes ] && ! accepts group-writable; then
		refuse writable-by-group "$2" "$group" "$shown" "$user" "$(quoted "$2")"
	fi
	if [ -n "$6" ] && [ -z "$meant" ]; then refuse writable-by-list "$2" "$6" "$shown" "$user" "$(quoted "$2")"; fi
}

# check_log_way PATH MODE:UID:GID:USER:GROUP GROUP-MAY MEMBERS LISTED: on the way to the directory of the logs. Nothing of
# it is run, so what may be accepted elsewhere may be here.
check_log_way() {
	IFS=: read -r mode uid _ user group <<-END
		$2
	END
	bits=$((0x$mode)) shown=$(printf %04o $((0x$mode & 07777))) who=''
	case " 0 $me $outside " in
	*" $uid "*) ;;
	*) if ! accepts other-owner; then refuse log-dir-unsafe "$1" "$user" "$shown" "$user"; fi ;;
	esac
	if [ $((bits & 0170000)) != $((0040000)) ]; then return; fi
	log_place=$1 log_mode=$shown
	case " 0 $me $outside " in
	*" $uid "*) ;;
	*) return ;;
	esac
	if [ $((bits & 01000)) != 0 ] && [ $((bits & 0022)) != 0 ]; then
		case $log_holding in
		*"$newline$1$newline"*) if [ "$1" != / ]; then who=everybody; fi ;;
		esac
	elif [ $((bits & 0002)) != 0 ]; then
		who=everybody
	elif accepts group-writable; then
		:
	elif [ -n "$5" ]; then
		who=$5
	elif [ "$3" = yes ] && [ -n "$4" ]; then
		who="the group $group"
	fi
	if [ -n "$who" ]; then refuse log-dir-unsafe "$1" "$who" "$shown" "$user"; fi
}

# check_log_folder PATH MODE:UID:GID:USER:GROUP GROUP-MAY: the wrapper leaves such a folder alone, so that nothing is logged.
check_log_folder() {
	IFS=: read -r mode uid _ user _ <<-END
		$2
	END
	bits=$((0x$mode)) shown=$(printf %04o $((0x$mode & 07777)))
	if [ $((bits & 0170000)) != $((0040000)) ] || [ "$uid" != "$me" ]; then
		remark log-folder-taken "$1" "$user" "$shown"
	elif [ $((bits & 0002)) != 0 ] || [ "$3" = yes ]; then
		refuse log-folder-open "$1" "$shown"
	fi
}

# naming_lines FILE TEXT: prints the lines of a profile that name the binary, each after the file.
naming_lines() {
	printf '%s\n' "$2" | while IFS= read -r line; do
		case $line in
		'#'*) ;;
		*"$binary" | *"$binary"[!A-Za-z0-9_./-]*) printf '%s\t%s\n' "$1" "$line" ;;
		esac
	done
}

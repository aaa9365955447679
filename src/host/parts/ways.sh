# Who may change what lies on the way to a path; changes nothing.

newline='
'

# look_ways KIND PATH...: what lies on the way to each: folders, links, and what the path leads to. Where a link leads
# is gone through part by part, so that its folders are told too. What $told has is not told once more.
look_ways() {
	way_kind=$1 fresh=''
	shift
	note_way /
	for way in "$@"; do
		at='' turns=0 rest=${way%/*}/
		walk
		"$tells" holds "${at:-/}"
		rest=${way##*/}
		walk
	done
	set -f
	IFS=$newline
	# shellcheck disable=SC2086
	set -- $fresh
	set +f
	unset IFS
	if [ $# -gt 0 ]; then tell_ways "$@"; fi
}

# walk: from the folder $at along $rest.
walk() {
	while [ -n "$rest" ]; do
		part=${rest%%/*}
		case $rest in
		*/*) rest=${rest#*/} ;;
		*) rest='' ;;
		esac
		case $part in
		'' | .) continue ;;
		..)
			at=${at%/*}
			continue
			;;
		esac
		if [ -L "$at/$part" ]; then
			note_way "$at/$part"
			turns=$((turns + 1))
			if [ "$turns" -gt 40 ]; then return; fi
			# A target may end in newlines.
			leads_to=$(readlink -n -- "$at/$part" && echo .)
			leads_to=${leads_to%.}
			case $leads_to in
			/*) at='' ;;
			esac
			rest=$leads_to/$rest
		elif [ -e "$at/$part" ]; then
			at=$at/$part
			note_way "$at"
		else
			at=$at/$part rest=''
		fi
	done
}

# note_way PATH: for tell_ways, each once.
note_way() {
	case $1 in
	*"$newline"*) tell_way "$1" "$(stat -c '%f:%u:%g:%U:%G' -- "$1")" ;;
	*)
		case $told in
		*"$newline$1$newline"*) ;;
		*) told=$told$1$newline fresh=$fresh$1$newline ;;
		esac
		;;
	esac
}

# tell_ways PATH...: asks of all at once; of each, when one of them is gone.
tell_ways() {
	if stats=$(stat -c '%f:%u:%g:%U:%G' -- "$@"); then
		while IFS= read -r stat; do
			tell_way "$1" "$stat"
			shift
		done <<-END
			$stats
		END
	else
		for way in "$@"; do tell_way "$way" "$(stat -c '%f:%u:%g:%U:%G' -- "$way")"; done
	fi
}

# tell_way PATH MODE:UID:GID:USER:GROUP
tell_way() {
	if [ -z "$2" ]; then return; fi
	find_writers "$1" "$2"
	"$tells" way "$way_kind" "$1" "$2" "$group_may" "$members" "$listed"
}

# find_writers PATH MODE:UID:GID:USER:GROUP: who may write there, besides its owner and everybody. Sets group_may to
# `yes` where its group may, to `own` where that group is its user's alone, as some systems give each user; members to
# who else is in that group; and listed to whom an access list of POSIX's lets write.
find_writers() {
	group_may='' members='' listed=''
	IFS=: read -r mode uid gid user group <<-END
		$2
	END
	# Where there is an access list this bit is its mask: without it the list lets nobody write.
	if [ $((0x$mode & 0020)) = 0 ] || [ $((0x$mode & 0170000)) = $((0120000)) ]; then return; fi
	group_may=yes
	find_list "$1"
	if [ -z "$group_may" ]; then return; fi
	find_members
	# Root's is none: who runs under a number of no user often is in it.
	if [ "$uid" != 0 ] && [ "$gid" != 0 ] && [ "$user" = "$group" ] && [ -z "$members" ]; then group_may=own; fi
}

# find_members: who is in the group $gid, but for root, $user and who looks.
find_members() {
	looker=$(id -un)
	members=$({
		entries group | while IFS=: read -r _ _ number names; do
			if [ "$number" = "$gid" ]; then printf '%s\n' "$names" | tr , '\n'; fi
		done
		entries passwd | while IFS=: read -r name _ _ number _; do
			if [ "$number" = "$gid" ]; then printf '%s\n' "$name"; fi
		done
	} | sort -u | while IFS= read -r name; do
		case $name in
		'' | root | "$user" | "$looker") ;;
		*) printf '%s ' "$name" ;;
		esac
	done)
	members=${members% }
}

entries() {
	if command -v getent >/dev/null 2>&1; then getent "$1"; else cat "/etc/$1"; fi
}

# find_list PATH: what its access list says, where it has one: of its group, and of others by name.
find_list() {
	# Others than GNU's ls show no sign of it.
	sign=$(ls -ld -- "$1" 2>/dev/null)
	case $sign in
	'' | ??????????+*) ;;
	*) if ls --version >/dev/null 2>&1; then return; fi ;;
	esac
	list=$(getfacl -cp -- "$1" 2>/dev/null) || list=$(list_in_hex "$1") || list=''
	if [ -z "$list" ]; then
		case $sign in
		??????????+*) group_may='' listed='somebody whom its access list names (getfacl, of the package acl, says whom)' ;;
		esac
		return
	fi
	group_may='' looker=$(id -un)
	while IFS=: read -r tag name rights; do
		case $tag:$name:$rights in
		group::?w*) group_may=yes ;;
		"user:root:"* | "user:$looker:"* | user::*) ;;
		user:*:?w* | group:*:?w*) listed="$listed${listed:+, }the $tag $name" ;;
		esac
	done <<-END
		$list
	END
}

# list_in_hex PATH: the list as getfacl prints it, from the attribute that holds it: after four bytes, eight for each
# entry: what it is for, its rights, and a number, the lowest byte first.
list_in_hex() {
	hex=$(getfattr --absolute-names -e hex -n system.posix_acl_access -- "$1" 2>/dev/null) || return 1
	hex=${hex##*=0x????????}
	printf '%s\n' "$hex" | fold -w 16 | sed 's/^\(....\).\(.\)..\(..\)\(..\)\(..\)\(..\)$/\1 \2 0x\6\5\4\3/' |
		while read -r tag rights number; do
			case $rights in
			[2367]) rights=rw- ;;
			*) rights=r-- ;;
			esac
			case $tag in
			0200) echo "user:$(id -un "$((number))" 2>/dev/null || echo "$((number))"):$rights" ;;
			0400) echo "group::$rights" ;;
			0800) echo "group:$(group_name "$((number))"):$rights" ;;
			esac
		done
}

# group_name NUMBER
group_name() {
	entries group | {
		while IFS=: read -r name _ number _; do
			if [ "$number" = "$1" ]; then break; fi
			name=''
		done
		echo "${name:-$1}"
	}
}

# find_outside: sets outside, in a user namespace, to the number that stands for all users who have none there.
find_outside() {
	outside='' overflow=''
	{ read -r overflow </proc/sys/kernel/overflowuid; } 2>/dev/null
	if [ -n "$overflow" ] && [ -r /proc/self/uid_map ]; then
		outside=$overflow
		while read -r first _ count; do
			if [ "$overflow" -ge "$first" ] && [ "$overflow" -lt $((first + count)) ]; then outside=''; fi
		done </proc/self/uid_map
	fi
}

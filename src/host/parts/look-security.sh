# Prints who may change what callers run through, and what the system makes of a file; changes nothing.

# look_ways PATH...: what lies on the way to each: folders, links, and what the path leads to. Where a link leads
# is gone through part by part, so that its folders are told too.
look_ways() {
	told=$newline
	note_way /
	for way in "$@"; do
		at='' turns=0 rest=${way%/*}/
		walk
		field holds "${at:-/}"
		rest=${way##*/}
		walk
	done
	set -f
	IFS=$newline
	# shellcheck disable=SC2086
	set -- $told
	set +f
	unset IFS
	tell_ways "$@"
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
		*) told=$told$1$newline ;;
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
	find_own_group "$2"
	field way "$1" "$2" "$own_group"
}

# find_own_group MODE:UID:GID:USER:GROUP: sets own_group to `yes` when the group is one that its user alone is in, as
# some systems give each user. Root's is none: who runs under a number of no user often is in it.
find_own_group() {
	own_group=''
	IFS=: read -r mode uid gid user group <<-END
		$1
	END
	if [ $((0x$mode & 0020)) = 0 ] || [ "$uid" = 0 ] || [ "$gid" = 0 ] || [ "$user" != "$group" ]; then return; fi
	members=$(entries group | while IFS=: read -r _ _ number list; do
		if [ "$number" = "$gid" ] && [ -n "$list" ] && [ "$list" != "$user" ]; then echo "$list"; fi
	done)
	primary=$(entries passwd | while IFS=: read -r name _ _ number _; do
		if [ "$number" = "$gid" ] && [ "$name" != "$user" ]; then echo "$name"; fi
	done)
	if [ -z "$members$primary" ]; then own_group=yes; fi
}

entries() {
	if command -v getent >/dev/null 2>&1; then getent "$1"; else cat "/etc/$1"; fi
}

# look_outside: in a user namespace, the number that stands for all users who have none there.
look_outside() {
	first_line /proc/sys/kernel/overflowuid
	outside='' overflow=$line
	if [ -n "$overflow" ] && [ -r /proc/self/uid_map ]; then
		outside=$overflow
		while read -r first _ count; do
			if [ "$overflow" -ge "$first" ] && [ "$overflow" -lt $((first + count)) ]; then outside=''; fi
		done </proc/self/uid_map
	fi
	field outside "$outside"
}

# look_log_folder: where the calls of this user are logged, when something is there.
look_log_folder() {
	folder=/tmp/interpose-$me
	stat=$(stat -c '%f:%u:%g:%U:%G' -- "$folder" 2>/dev/null) || return
	find_own_group "$stat"
	field log-folder "$folder" "$stat" "$own_group"
}

# is_trusted FOLDER: whether a state and its manifest are this user's, or root's, and nobody else can write there.
is_trusted() {
	for each in "${1%/*}" "$1" "$1/manifest.json"; do
		if [ -L "$each" ]; then return 1; fi
		IFS=: read -r mode uid rest <<-END
			$(stat -c '%f:%u:%g:%U:%G' -- "$each")
		END
		if [ "$uid" != "$me" ] && [ "$uid" != 0 ]; then return 1; fi
		if [ $((0x$mode & 0002)) != 0 ]; then return 1; fi
		if [ $((0x$mode & 0020)) != 0 ]; then
			find_own_group "$mode:$uid:$rest"
			if [ "$own_group" != yes ]; then return 1; fi
		fi
	done
}

# look_privileges PATH: the mode, owner and group of what it leads to, and its capabilities.
look_privileges() {
	file=$(readlink -f -- "$1") && [ -f "$file" ] || return
	find_capabilities "$file"
	field privileges "$1" "$(stat -c '%a:%U:%G' -- "$file")" "$capabilities"
}

# look_confinement PATH...: what of AppArmor's profiles and SELinux's contexts may name one of the paths, or the
# files that they lead to. Which does is found out from the text.
look_confinement() {
	if ! [ -d /etc/apparmor.d ] && ! [ -e /sys/fs/selinux/enforce ]; then set --; fi
	looked=' '
	for path in "$@"; do
		for file in "$path" "$(readlink -f -- "$path")"; do
			# What stands before a character that could be written in another way.
			word=${file##*/}
			word=${word%%[!A-Za-z0-9_]*}
			case $word in
			'') continue ;;
			esac
			case $looked in
			*" $word "*) ;;
			*) if [ -d /etc/apparmor.d ]; then look_profiles "$word"; fi ;;
			esac
			looked="$looked$word "
			if [ -d /sys/fs/selinux ] && [ -e /sys/fs/selinux/enforce ]; then
				field label "$file" "$(stat -c %C -- "$file" 2>/dev/null)"
				field contexts "$(cat /etc/selinux/*/contexts/files/file_contexts /etc/selinux/*/contexts/files/file_contexts.local 2>/dev/null | grep -F -e "$word")"
			fi
		done
	done
	field profiles-loaded "$(cat /sys/kernel/security/apparmor/profiles 2>/dev/null)"
}

look_profiles() {
	grep -rlF -e "$1" /etc/apparmor.d 2>/dev/null | while IFS= read -r profile; do
		case $profile in
		*/cache/* | */disable/* | *.dpkg-*) continue ;;
		esac
		if [ -e "/etc/apparmor.d/disable/${profile##*/}" ]; then continue; fi
		field profile "$profile" "$(head -c 100000 <"$profile" | tr -d '\0')"
	done
}

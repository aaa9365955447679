# Prints where calls are logged and what the system makes of a file; changes nothing.

# look_log_place DIRECTORY: whether it is there, in which each user's directory of logs is made; and what lies on the way.
look_log_place() {
	there=no
	if [ -d "$1/" ]; then there=yes; fi
	field log-place "$1" "$there"
	told=$newline tells=tell_log_way
	look_ways log "$1"
	tells=field
}

# tell_log_way holds PATH; or way log PATH STAT GROUP-MAY MEMBERS LISTED
tell_log_way() {
	case $1 in
	holds) field log-holds "$2" ;;
	*) field log-way "$3" "$4" "$5" "$6" "$7" ;;
	esac
}

# look_log_folder DIRECTORY: where the calls of this user are logged there, when something is there.
look_log_folder() {
	folder=$1/interpose-$me
	stat=$(stat -c '%f:%u:%g:%U:%G' -- "$folder" 2>/dev/null) || return
	find_writers "$folder" "$stat"
	if [ -n "$listed" ]; then group_may=yes; fi
	field log-folder "$folder" "$stat" "$group_may"
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
		find_writers "$each" "$mode:$uid:$rest"
		case $group_may$listed in
		'' | own) ;;
		*) return 1 ;;
		esac
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

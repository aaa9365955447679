# Where others than root and who runs this have a say, nothing is changed by name, since they could swap the name for a
# link to anything; and what they could change is run as they, never as root.

# find_changers PATH...: sets changers to the numbers of those others who own something on the way to the paths, and
# changeable to something there of root's, or of who runs this, that still others may change; changed_by says who.
find_changers() {
	changers='' changeable='' changed_by='' changed_at='' holding=$newline
	me=$(id -u) told=$newline tells=note_changer
	find_outside
	look_ways way "$@"
}

# note_changer way KIND PATH MODE:UID:GID:USER:GROUP GROUP-MAY MEMBERS LISTED; or holds PATH
note_changer() {
	if [ "$1" = holds ]; then
		holding=$holding$2$newline
		return
	fi
	IFS=: read -r mode uid _ user _ <<-END
		$4
	END
	case " 0 $me $outside " in
	*" $uid "*) ;;
	*)
		: "${changed_at:=$3}" "${changed_by:=$user}"
		case "$changers " in
		*" $uid "*) ;;
		*) changers="$changers $uid" ;;
		esac
		return
		;;
	esac
	bits=$((0x$mode)) who=''
	if [ $((bits & 0170000)) = $((0120000)) ]; then return; fi
	if [ $((bits & 0001002)) = $((0001002)) ]; then
		# Anybody can be the first to put something there, and nobody can take it away.
		case $holding in
		*"$newline$3$newline"*) if [ "$3" != / ]; then who=everybody; fi ;;
		esac
	elif [ $((bits & 0002)) != 0 ]; then
		who=everybody
	elif [ "$5" = yes ] && [ -n "$6" ]; then
		who=$6
	elif [ -n "$7" ]; then
		who=$7
	fi
	if [ -z "$changeable$who" ]; then return; fi
	: "${changeable:=$3}" "${changed_at:=$3}" "${changed_by:=$who}"
}

# check_places_alone: whether nobody else may change the folders that are changed here.
check_places_alone() {
	with_places find_changers
	if [ -z "$changers$changeable" ]; then return 0; fi
	todo='take that right away first'
	if [ "$changed_at" != "$changeable" ]; then todo="do this as $changed_by, or give it to root first"; fi
	echo "$changed_at can be changed by $changed_by, who could lead elsewhere, by a link, what is done there: $todo"
	return 1
}

# find_prober: sets prober to the number of the user who could change what is run here, when that isn't who runs this;
# to `none`, and unrun to why, where it can be run as nobody.
find_prober() {
	prober='' unrun=''
	if [ "$(id -u)" != 0 ]; then return 0; fi
	prober=$(tell_prober)
	case $prober in
	none*) unrun=${prober#none } prober=none ;;
	esac
}

tell_prober() {
	with_programs find_changers
	if [ -z "$changers$changeable" ]; then with_programs look_interpreters; fi
	# shellcheck disable=SC2086
	set -- $changers
	if [ -n "$changeable" ] || [ $# -gt 1 ]; then
		echo "none $changed_at can be changed by $changed_by, and not by one user alone, so what is run through it is run neither as root nor as one of them"
		return
	fi
	prober=${1-}
	if [ -n "$prober" ] && [ "$(become id -u 2>/dev/null)" != "$prober" ]; then
		echo "none $changed_at can be changed by $changed_by, so it isn't run as root, and nothing here can run it as $changed_by: that takes setpriv, su, or chroot of coreutils"
		return
	fi
	echo "$prober"
}

# look_interpreters PATH...: what scripts name in their first line has a say too.
look_interpreters() {
	for script in "$@"; do
		first=$(head -c 300 -- "$script" 2>/dev/null | head -n 1 | tr -d '\0')
		case $first in
		'#!'*) ;;
		*) continue ;;
		esac
		set -f
		# shellcheck disable=SC2086
		set -- ${first#??}
		set +f
		case ${1-} in
		/*) look_ways way "$1" ;;
		esac
	done
}

# log_owner: in whose log the probes are.
log_owner() {
	case $prober in
	'' | none) id -u ;;
	*) echo "$prober" ;;
	esac
}

# as_prober COMMAND ARGUMENT...
as_prober() {
	case $prober in
	'') "$@" ;;
	none)
		echo "$unrun" >&2
		return 126
		;;
	*) become "$@" ;;
	esac
}

# become COMMAND ARGUMENT...: runs it as $prober with nothing of root's: no groups, no variables, and no terminal, into
# which it could type.
become() {
	prober_name='' prober_group=65534 prober_home=/
	while IFS=: read -r name _ number group _ home _; do
		if [ "$number" = "$prober" ]; then prober_name=$name prober_group=$group prober_home=$home; fi
	done <<-END
		$(entries passwd)
	END
	if setpriv --reuid="$prober" --regid="$prober_group" --clear-groups true 2>/dev/null; then
		set -- setpriv --reuid="$prober" --regid="$prober_group" --clear-groups --inh-caps=-all -- "$@"
	elif chroot --userspec="+$prober:+$prober_group" --groups= / true 2>/dev/null; then
		set -- chroot --userspec="+$prober:+$prober_group" --groups= / "$@"
	elif [ -n "$prober_name" ]; then
		set -- su -s /bin/sh -c "exec $(as_words "$@")" "$prober_name"
	else
		return 126
	fi
	if command -v setsid >/dev/null 2>&1; then
		set -- setsid "$@"
	elif { : </dev/tty; } 2>/dev/null; then
		return 126
	fi
	# Once it is theirs they can look into it, so root's variables are gone before. What is theirs may stop a clock of
	# theirs.
	timeout -s KILL 60 env -i HOME="$prober_home" USER="$prober_name" LOGNAME="$prober_name" LC_ALL=C \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# as_words TEXT...: prints them as words of a shell.
as_words() {
	for word in "$@"; do
		printf '%s ' "$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/")"
	done
}

# The steps of a repair. Which of them are run is decided as it runs; each does nothing where that is done already.

# prepare_repair: what the run will have changed is known before it changes anything.
prepare_repair() {
	if [ -z "$source" ]; then return 0; fi
	rm -f "$state"/*.previous && copy_whole "$state/manifest.json" "$state/manifest.previous" || return 1
	if [ -n "$aside" ] && ! is_kept "$aside"; then
		stat -c '%i %d' -- "$real" >>"$state/kept" || return 1
	fi
	record_original <"$state/manifest.json" >"$state/manifest.new" || return 1
	flush "$state/manifest.new" || return 1
	if [ -f "$state/kept" ]; then flush "$state/kept" || return 1; fi
	mv -f "$state/manifest.new" "$state/manifest.json"
}

# is_kept PATH: whether the path is one of an old binary that was kept.
is_kept() {
	while read -r inode _; do
		if [ "$real.old-$inode" = "$1" ]; then return 0; fi
	done <"$state/kept"
	return 1
} 2>/dev/null

# forget_kept PATH
forget_kept() {
	while read -r inode device; do
		if [ "$real.old-$inode" != "$1" ]; then echo "$inode $device"; fi
	done <"$state/kept" >"$state/kept.new"
	flush "$state/kept.new" || return 1
	mv -f "$state/kept.new" "$state/kept"
	if [ ! -s "$state/kept" ]; then rm "$state/kept"; fi
}

# temporary PATH: where something is made before it takes its place in one rename.
temporary() {
	echo "${1%/*}/.$wrapper_name.interpose-new"
}

run_locate() {
	rm -f "$(temporary "$binary")" "$(temporary "$wrapper")"
	# What a run that was cut off has done is on disk before this one goes on.
	flush_names "$binary" "$wrapper" || return 1
	probe before "$source" "$binary"
}
gate_locate() {
	[ "$(id_of "$source")" = "$original" ] && [ -x "$source" ]
}
undo_locate() {
	# What was not kept in the end is no old binary.
	if [ -n "$aside" ] && is_kept "$aside" && [ "$(stat -c %i -- "$aside" 2>/dev/null)" != "${aside##*.old-}" ]; then
		forget_kept "$aside"
	fi
}

# Keep the binary that was the real one until now.
run_aside() {
	if [ -z "$aside" ]; then return 0; fi
	[ "$(id_of "$aside")" = "$(id_of "$real")" ] || ln -T "$real" "$aside" || return 1
	flush_names "$aside"
}
gate_aside() {
	[ -z "$aside" ] || [ "$(id_of "$aside")" = "$(id_of "$real")" ]
}
undo_aside() {
	if [ -n "$aside" ] && [ "$(id_of "$aside")" = "$(id_of "$real")" ]; then
		rm "$aside" && flush_names "$aside" && forget_kept "$aside"
	fi
}

# Take the new binary as the real one, in one rename.
run_take() {
	if [ "$(id_of "$real")" = "$original" ]; then return 0; fi
	made=$(temporary "$real")
	rm -f "$made"
	if [ "${real%/*}" != "${binary%/*}" ]; then make_apart "${real%/*}" || return 1; fi
	ln -T "$source" "$made" || return 1
	if [ "$(id_of "$made")" != "$original" ]; then
		rm -f "$made"
		echo "$source was replaced meanwhile"
		return 1
	fi
	flush "$source" && mv -fT "$made" "$real" && flush_names "$real"
}
gate_take() {
	[ "$(id_of "$real")" = "$original" ] && [ -x "$real" ]
}
undo_take() {
	made=$(temporary "$real")
	rm -f "$made"
	if [ -n "$had_real" ] || [ "$(id_of "$real")" != "$original" ]; then return 0; fi
	if [ -n "$aside" ]; then
		ln -T "$aside" "$made" && mv -fT "$made" "$real"
	elif [ "$(id_of "$binary")" = "$original" ]; then
		rm "$real"
	fi && flush_names "$real" && forget_apart
}

# forget_apart: the directory of the helper names goes with the last of them.
forget_apart() {
	if [ "${real%/*}" = "${binary%/*}" ]; then return 0; fi
	remove_apart "${real%/*}"
}

run_divert() {
	[ -z "$diverted" ] || is_diverted || dpkg-divert --local --no-rename --divert "$diverted_to" --add "$diverted"
}
gate_divert() {
	[ -z "$diverted" ] || is_diverted
}
undo_divert() {
	[ -z "$anew" ] || [ -z "$diverted" ] || undivert "$diverted" "$diverted_to" "$binary" "$real"
}

run_record() { :; }
gate_record() {
	[ "$(id_of "$real")" = "$original" ]
}
undo_record() { :; }

# Give the real binary what was done to it by its path, and so to the wrapper: a package's chmod, chown or setcap. A
# mode by which nobody can run it is none that it could have.
run_rights() {
	set -- "$(stat -c '%u %g %a' -- "$wrapper")"
	uid=${1%% *} gid=${1#* } mode=${1##* }
	gid=${gid%% *}
	find_capabilities "$wrapper"
	granted=$capabilities
	find_capabilities "$real"
	stat -L -c '%u:%g %a' -- "$real" >"$work/rights" && printf '%s\n' "$capabilities" >>"$work/rights" || return 1
	case $mode in
	755 | *[0246][0246][0246]) mode='' ;;
	esac
	if [ "$uid" != "$(id -u)" ] && [ "$uid" != 0 ]; then
		chown "$uid:$gid" -- "$real" || return 1
	elif [ -n "$mode" ] && [ "$gid" != "$(group_here)" ]; then
		chgrp "$gid" -- "$real" || return 1
	fi
	# A change of the owner takes these away.
	if [ -z "$mode" ]; then mode=$(sed -n '1s/.* //p' "$work/rights"); fi
	chmod "$mode" -- "$real" && set_capabilities "$real" "${granted:-$capabilities}"
}
gate_rights() { is_program "$real"; }
undo_rights() {
	[ -s "$work/rights" ] || return 0
	{
		read -r owner mode
		IFS= read -r granted
	} <"$work/rights"
	chown "$owner" -- "$real" && chmod "$mode" -- "$real" && set_capabilities "$real" "$granted"
}

# group_here: the group that a wrapper is written with.
group_here() {
	if [ -g "${wrapper%/*}/" ]; then stat -L -c %g -- "${wrapper%/*}/"; else id -g; fi
}

# set_capabilities FILE CAPABILITIES: as getcap prints them; an older one puts + for =.
set_capabilities() {
	find_capabilities "$1"
	if [ "$capabilities" = "$2" ]; then return 0; fi
	PATH=$PATH:/usr/sbin:/sbin
	if [ -n "$2" ]; then setcap "$2" "$1"; else setcap -r "$1"; fi
}

run_write() {
	if is_ours "$wrapper" && [ "${sum%% *}" = "${texts##* }" ] && is_plain "$wrapper"; then return 0; fi
	made=$(temporary "$wrapper")
	rm -f "$made"
	write_wrapper >"$made" && chmod 0755 "$made" && can_run "$made" && flush "$made" || return 1
	if is_ours "$wrapper"; then
		# An older one.
		[ -f "$state/wrapper.previous" ] || copy_whole "$wrapper" "$state/wrapper.previous" || return 1
		mv -fT "$made" "$wrapper" && end_hand_over "$wrapper"
	elif [ "$source" = "$wrapper" ]; then
		# The file that is there has another name by now.
		if [ "$(id_of "$wrapper")" != "$original" ]; then
			rm -f "$made"
			return 1
		fi
		mv -fT "$made" "$wrapper"
	else
		ln -T "$made" "$wrapper" && rm "$made"
	fi && flush_names "$wrapper"
}
gate_write() {
	is_ours "$wrapper" && is_plain "$wrapper"
}
undo_write() {
	made=$(temporary "$wrapper")
	rm -f "$made"
	if [ "$source" = "$wrapper" ] && [ "$(id_of "$real")" = "$original" ] && is_ours "$wrapper"; then
		ln -T "$real" "$made" && mv -fT "$made" "$wrapper"
	elif [ -n "$anew" ]; then
		if is_ours "$wrapper"; then rm "$wrapper"; fi
	elif [ -f "$state/wrapper.previous" ]; then
		cp "$state/wrapper.previous" "$made" && chmod 0755 "$made" && flush "$made" && mv -fT "$made" "$wrapper"
	fi && flush_names "$wrapper"
}

# Find out by which name the real binary has to be run.
run_name() {
	case $keep_name in
	yes) give_name ;;
	no) take_name ;;
	auto)
		# It was found out when the program came.
		if [ -z "$source" ]; then return 0; fi
		mkdir -p "$work/named" && ln -sfT "$target" "$work/named/${binary##*/}" || return 1
		if keeps_name "$target" "$work/named/${binary##*/}" "$binary"; then give_name; else take_name; fi
		;;
	esac
}
gate_name() {
	[ ! -e "$named" ] || [ "$named" -ef "$target" ]
}
undo_name() {
	if [ -z "$had_name" ]; then
		take_name
	else
		mkdir -p -m 0755 "${named%/*}" && lead "$named" "$had_name" "$(temporary "$wrapper")" &&
			flush_names "$named" "${named%/*}"
	fi
}

give_name() {
	mkdir -p -m 0755 "${named%/*}" && lead "$named" "$target" "$(temporary "$wrapper")" &&
		flush_names "$named" "${named%/*}"
}

take_name() {
	# A call that saw the link is about to use it.
	if [ -L "$named" ]; then let_end 500 find_shells "$wrapper" running; fi
	# Before the file had another script, it led elsewhere.
	case $(readlink -- "$named") in
	"$target" | "$real" | "${former:-$target}") rm "$named" || return 1 ;;
	esac
	rmdir "${named%/*}" 2>/dev/null
	flush_names "$named"
}

# Let the path lead to the wrapper, in one rename, if there still is what was seen.
run_swap() {
	made=$(temporary "$binary")
	bridged=''
	if { [ "$(id_of "$binary")" = "$original" ] || leads_to_real; } && is_script "$real"; then
		bridge "$binary" "$wrapper" "$made" "$wrapper_name" "$(id_of "$binary")" || return 1
		bridged=1
	fi
	rm -f "$made"
	ln -s "$wrapper" "$made" && flush_names "$made" || return 1
	# An upgrade may have arrived while the bridge stood.
	if ! { [ -n "$bridged" ] && is_bridge "$binary" "$wrapper"; } && [ "$(id_of "$binary")" != "$seen" ]; then
		rm -f "$made"
		echo "$binary was replaced meanwhile"
		return 1
	fi
	mv -fT "$made" "$binary" && flush_names "$binary" && remove_bridge "$real" "$wrapper_name"
}
gate_swap() {
	[ "$(readlink -- "$binary")" = "$wrapper" ] && is_program "$real"
}
undo_swap() {
	if [ "$(readlink -- "$binary")" = "$wrapper" ] || is_bridge "$binary" "$wrapper"; then
		made=$(temporary "$binary")
		rm -f "$made"
		ln -T "$real" "$made" && mv -fT "$made" "$binary"
	fi && flush_names "$binary" || return 1
	quiesce "$wrapper" "$real" "$named"
	remove_bridge "$real" "$wrapper_name"
}

run_test() {
	probe after "$binary" "$binary"
}
gate_test() {
	# A script of the user's own may change what the new binary prints.
	{ [ "$target" != "$real" ] || answers_as_before "$real" "$binary"; } && note_unlogged
}
undo_test() {
	forget_probes
}

# Take from older binaries what they give who runs them: the upgrade may have been made for a flaw in them.
run_retire() {
	while read -r inode _; do
		old=$real.old-$inode
		if ! gives_rights "$old"; then continue; fi
		# A change of the owner, also to the same one, takes capabilities away.
		if chmod ug-s "$old" && chown "$(stat -c %u:%g -- "$old")" "$old" && flush "$old"; then continue; fi
		note "$old still gives who runs it the rights of others: chmod ug-s it, or interpose prune $wrapper_name."
	done <"$state/kept"
}
gate_retire() { :; }
undo_retire() { :; }

# repair act|look|guard: does what is to be done, or only says it, or does it until there is nothing left to do: what
# changes while a guard's unit runs doesn't start it once more.
repair() {
	case $1 in
	look)
		PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		patience=0
		if decide; then code=0; else code=1; fi
		event situation '' "$situation"
		for id in $steps; do event planned "$id" ''; done
		event finished '' "$code"
		exit "$code"
		;;
	act)
		patience=15
		act
		;;
	guard)
		for round in 1 2 3 4 5; do
			(repair act)
			code=$?
			case $(repair look) in
			*planned*) ;;
			*) break ;;
			esac
		done
		exit "$code"
		;;
	*)
		echo "usage: sh $0 [look|guard]" >&2
		exit 2
		;;
	esac
}

# Taking it away again: what is at the binary's path afterwards is the real binary, whatever happened meanwhile.

# decide_rollback: sets what is to be done.
decide_rollback() {
	steps='' begun='' source='' situation='' gone='' through=''
	if [ ! -e "$state" ]; then
		situation=gone
		return 0
	fi
	check_state || return 1
	# A run that was cut off before it had a manifest has changed nothing else.
	if [ ! -f "$state/manifest.json" ]; then return 0; fi
	read_manifest || return 1
	find_package
	find_cut
	original=''
	if is_program "$real" && ! is_recorded "$real" && ! is_old "$real"; then
		# An upgrade has replaced the real binary where it is.
		if leads_to_wrapper || [ "$(id_of "$binary")" = "$(id_of "$real")" ] || is_nothing "$binary"; then original=$(id_of "$real"); fi
	fi
	if [ -z "$original" ]; then
		for path in "$binary" "$real"; do
			if is_recorded "$path"; then
				original=$(id_of "$path")
				break
			fi
		done
	fi
	swapped='' kept=''
	if leads_to_wrapper || { { [ -n "$run" ] || [ ! -s "$state/journal" ]; } && is_bridge "$binary" "$wrapper"; }; then swapped=1; fi
	if [ -n "$original" ] && [ "$(id_of "$real")" = "$original" ]; then kept=1; fi
	if [ -z "$swapped" ] && [ -f "$binary" ] && ! [ "$binary" -ef "$wrapper" ] && is_for_wrapper "$binary"; then
		refuse binary-leads-back
		return 1
	fi
	if [ -n "$swapped" ] && is_nothing "$real" && [ -n "$diverted" ] && [ -z "$registered" ]; then gone=1; fi
	if is_nothing "$binary" && [ -n "$kept" ] && leads_nowhere "$real"; then gone=1; fi
	if leads_to_wrapper && [ -f "$wrapper" ] && [ ! -L "$wrapper" ] && [ -x "$wrapper" ] && ! is_ours "$wrapper" &&
		! is_for_wrapper "$wrapper"; then through=1; fi
	if { [ -n "$swapped" ] || is_nothing "$binary"; } && [ -z "$kept$gone$through" ]; then
		refuse real-lost
		return 1
	fi
	tell_what_stays
	if [ -f "$state/guard" ]; then steps=unguard; fi
	if [ -n "$gone" ]; then
		if [ -n "$swapped" ]; then steps="$steps restore"; fi
	elif [ -n "$swapped$through" ] || is_nothing "$binary"; then
		steps="$steps restore"
	fi
	steps="$steps${diverted:+ undivert} quiesce remove"
	steps="$steps logs"
}

# tell_what_stays: what somebody else made of it.
tell_what_stays() {
	if [ -n "$gone" ]; then
		remark uninstalled
	elif is_nothing "$binary"; then
		remark removed-given-back
	elif [ -z "$swapped" ] && [ "$(id_of "$binary")" != "$original" ]; then
		remark binary-replaced
		if [ -n "$kept" ] && { [ -L "$binary" ] || ! cmp -s "$binary" "$real"; }; then remark real-kept; fi
	fi
	if ! is_nothing "$wrapper" && ! is_ours "$wrapper" && [ -z "$through" ]; then remark wrapper-left; fi
}

prepare_rollback() { :; }

is_nothing() {
	[ ! -e "$1" ] && [ ! -L "$1" ]
}

# is_old PATH: whether it is one that a repair replaced, or was about to.
is_old() {
	at=$(id_of "$1")
	while read -r inode device; do
		if [ "$device:$inode" = "$at" ]; then return 0; fi
	done <"$state/kept"
	return 1
} 2>/dev/null

run_unguard() {
	remove_guard
}
gate_unguard() {
	[ ! -f "$state/guard" ]
}

# Give the binary's path back, in one rename.
run_restore() {
	made=$(temporary "$binary")
	if [ -n "$gone" ]; then
		if leads_to_wrapper; then rm "$binary"; fi
	elif [ -n "$through" ]; then
		# What was written through the link is the newest program.
		if leads_to_wrapper; then rm -f "$made" && ln -T "$wrapper" "$made" && mv -fT "$made" "$binary"; fi
	elif [ -z "$swapped" ]; then
		# Never over what arrived since.
		ln -T "$real" "$binary"
	elif is_in_front && { [ -x "$real" ] || [ -L "$real" ]; } && ! [ "$real" -ef "$wrapper" ]; then
		rm -f "$made" && ln -T "$real" "$made" && is_in_front && mv -fT "$made" "$binary"
	fi && flush_names "$binary"
}
gate_restore() {
	if [ -n "$gone" ]; then return 0; fi
	if [ -n "$through" ]; then [ "$(id_of "$binary")" = "$(id_of "$wrapper")" ]; else [ "$(id_of "$binary")" = "$original" ]; fi
}

is_in_front() {
	leads_to_wrapper || is_bridge "$binary" "$wrapper"
}

run_undivert() {
	undivert "$diverted" "$diverted_to" "$binary" "$real"
}
gate_undivert() {
	[ "$(dpkg-divert --truename "$diverted")" = "$diverted" ]
}

run_quiesce() {
	quiesce "$wrapper" "$real" "$named"
	# A call that is in the script still needs the real binary.
	if [ "$target" != "$real" ]; then let_end 3000 find_mentions "$wrapper" "$target" "$named"; fi
}
gate_quiesce() { :; }

# Remove what was added.
run_remove() {
	# Also where a run that was cut off has given it back.
	flush_names "$binary" || return 1
	rm -f "$(temporary "$binary")" "$(temporary "$wrapper")" "$(temporary "$real")"
	if [ -n "$kept" ]; then remove_bridge "$real" "$wrapper_name"; fi
	take_name || return 1
	if [ -n "$kept" ] && { [ -n "$gone$through" ] || is_needless; }; then rm -f "$real" || return 1; fi
	if [ -f "$state/kept" ]; then
		while read -r inode device; do
			if [ "$(id_of "$real.old-$inode")" = "$device:$inode" ]; then rm "$real.old-$inode"; fi
			# One that a repair had not yet replaced when it was cut off.
			if [ "$(id_of "$real")" = "$device:$inode" ] && [ -x "$binary" ]; then rm "$real"; fi
		done <"$state/kept"
	fi
	if [ -n "$through" ]; then
		if [ "$(id_of "$binary")" = "$(id_of "$wrapper")" ]; then rm "$wrapper"; fi
	elif is_ours "$wrapper"; then
		rm -f "$wrapper"
	fi && flush_names "$wrapper" "$real" && forget_apart
}
gate_remove() {
	[ "$(readlink -- "$named")" != "$target" ] && { [ -n "$through" ] || ! is_ours "$wrapper"; }
}

# is_needless: what was put at the binary's path since may run the real binary by its other name, which stays then.
is_needless() {
	[ "$(id_of "$real")" = "$original" ] || return 1
	if [ "$(id_of "$binary")" = "$original" ]; then return 0; fi
	[ ! -L "$binary" ] && [ -x "$binary" ] && cmp -s "$binary" "$real"
}

run_logs() {
	if [ "$keep_logs" = yes ]; then remove_logs "$wrapper_name" turns; else remove_logs "$wrapper_name"; fi
}
gate_logs() { :; }

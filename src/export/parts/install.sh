# Putting it in place: on a host that has nothing of it yet, over an older policy, or where a run was cut off. What an
# upgrade put in its way is repaired first.

# decide_apply: sets what is to be done. What can't be done is told, and the exit status says so.
decide_apply() {
	steps='' begun='' source='' aside='' had_name='' had_real='' diverted='' diverted_to='' anew='' run=''
	fallback=previous
	check_state || return 1
	if [ -f "$state/manifest.json" ]; then
		decide_again
	else
		check || return
		situation=absent anew=yes fallback=none source=$binary
		texts=$hash
		if [ -n "$registered" ]; then diverted=$registered diverted_to=$(diverted_name "$registered"); fi
	fi || return
	if [ -z "$source" ]; then return 0; fi
	if [ -L "$named" ] && [ -z "$anew" ]; then had_name=$(readlink -- "$named"); fi
	seen=$(id_of "$binary") original=$(id_of "$source")
	if [ "$(id_of "$real")" = "$original" ] && [ -z "$anew" ]; then had_real=1; fi
	if [ -n "$anew" ]; then
		steps="locate take${diverted:+ divert} write name swap test"
		# What was begun is undone by a failure now, whichever run has begun it.
		if [ -n "$run" ]; then begun='swap name write divert take'; fi
	else
		steps='locate write name test'
		if [ -n "$run" ]; then begun='write'; fi
	fi
}

# check_state: whether what is kept of it can be trusted and read, where there is something.
check_state() {
	if [ ! -f "$state/manifest.json" ]; then return 0; fi
	if ! is_trusted "$state"; then
		refuse state-untrusted "$state"
	elif ! read_recorded || [ "$(tail -n 1 "$state/manifest.json")" != '}' ]; then
		refuse manifest-unreadable "$state"
	else
		return 0
	fi
	return 1
}

# decide_again: there is a manifest.
decide_again() {
	read_manifest || return 1
	check_again || return
	find_cut
	case $run in
	apply | rollback)
		situation=unfinished
		if [ "$run" = rollback ] || ! was_done; then anew=yes fallback=none; else fallback=earlier; fi
		if is_recorded "$binary"; then
			source=$binary
		elif { leads_to_wrapper || is_bridge "$binary" "$wrapper"; } && is_recorded "$real"; then
			source=$real
		else
			refuse binary-overwritten
			return 1
		fi
		if [ ! -x "$source" ]; then
			refuse binary-not-executable "$(stat -L -c %a -- "$source")"
			return 1
		fi
		if { [ -e "$wrapper" ] || [ -L "$wrapper" ]; } && ! is_ours "$wrapper"; then
			refuse wrapper-edited "$state"
			return 1
		fi
		if { [ -e "$real" ] || [ -L "$real" ]; } && ! is_recorded "$real"; then
			refuse real-changed
			return 1
		fi
		;;
	*)
		# Whatever came in between was repaired before.
		situation=intact
		if ! leads_to_wrapper || ! is_program "$real"; then
			refuse binary-overwritten
			return 1
		fi
		if [ "$is_newest" = yes ] && [ -z "$differs$left" ]; then return 0; fi
		source=$real
		;;
	esac
	texts=$(
		# The newest comes last, and no more than five are kept.
		# shellcheck disable=SC2086
		set -- $texts
		list=''
		while [ $# -gt 4 ]; do shift; done
		for text in "$@"; do if [ "$text" != "$hash" ]; then list="$list $text"; fi; done
		echo "${list# } $hash"
	)
	texts=${texts# }
}

# read_manifest: sets texts to the wrapper's texts, the newest last; is_newest to whether that is this one; diverted and
# diverted_to; former to the script that the link to keep the name leads to, where that is a file's own; and differs to
# whether the rest of what is recorded differs. Fails for what can't be taken over.
read_manifest() {
	texts='' diverted='' diverted_to='' is_newest='' differs='' within=''
	while IFS= read -r line; do
		case $line in
		'  "adopted": {')
			refuse adopted-there
			return 1
			;;
		'  "wrappers": [') within=wrappers ;;
		'  "diversion": {') within=diversion ;;
		'  }'* | '  ]'*) within='' ;;
		'    "path": '*) if [ "$within" = diversion ]; then diverted=yes; fi ;;
		'    "'*)
			if [ "$within" = wrappers ]; then
				line=${line#*\"}
				texts="$texts${texts:+ }${line%%\"*}"
			fi
			;;
		esac
	done <"$state/manifest.json"
	if [ "${texts##* }" = "$hash" ]; then is_newest=yes; fi
	former=$(readlink -- "$named")
	json_escape "$former"
	grep -qsxF -e "  \"script\": \"$escaped\"," "$state/manifest.json" "$state/manifest.previous" || former=''
	# The file may have lain elsewhere.
	head=$(manifest_head | grep -v '^  "file": ')
	there=$(head -n "$(manifest_head | wc -l)" "$state/manifest.json" | grep -v '^  "file": ')
	if [ "$head" != "$there" ]; then differs=yes; fi
	if [ "$(printf '%s\n' "$head" | grep '^  "\(binary\|wrapper\|real\)": ')" != \
		"$(printf '%s\n' "$there" | grep '^  "\(binary\|wrapper\|real\)": ')" ]; then
		refuse moved
		return 1
	fi
	if [ -n "$diverted" ]; then
		for path in "$binary" "$(other_name "$binary")"; do
			json_escape "$path"
			if grep -qxF -e "    \"path\": \"$escaped\"," "$state/manifest.json"; then
				diverted=$path diverted_to=$(diverted_name "$path")
			fi
		done
	fi
}

leads_to_wrapper() {
	[ "$(readlink -- "$binary")" = "$wrapper" ]
}

# was_done: whether it was in place before.
was_done() {
	grep -q ' apply done$' "$state/journal"
}

# find_cut: sets run to the run that was cut off, or to nothing. The first has a manifest before it has a journal.
find_cut() {
	if cut_off && [ -z "$run" ]; then run=apply; fi
}

# find_left: sets left to whether a run that was cut off when all was done has left files of its own.
find_left() {
	left=''
	for file in "$state"/*.previous "$state"/*.new "$state"/work; do
		if [ -e "$file" ]; then left=yes; fi
	done
}

# prepare_apply: what the run will have changed is known before it changes anything.
prepare_apply() {
	case $fallback in
	previous) rm -f "$state"/*.previous && remember || return 1 ;;
	earlier) [ -f "$state/manifest.previous" ] || remember || return 1 ;;
	none) rm -f "$state/manifest.previous" "$state/repair.previous" "$state/wrapper.previous" ;;
	esac
	manifest_text | record_original >"$state/manifest.new" && paths_text >"$state/paths" &&
		repair_text >"$state/repair.new" && write_wrapper >"$state/wrapper.new" || return 1
	flush "$state/manifest.new" "$state/paths" "$state/repair.new" "$state/wrapper.new" &&
		mv -f "$state/wrapper.new" "$state/wrapper" &&
		mv -f "$state/repair.new" "$state/repair.sh" && mv -f "$state/manifest.new" "$state/manifest.json"
}

# find_probes: sets probes to the numbers of the arguments that the binary is run with, where its file has none: a package's
# program is asked what it can be expected to answer, and nothing else is run.
find_probes() {
	if [ "$finds_probes" = no ]; then return; fi
	probes='' number=0 program=$binary
	if leads_to_wrapper; then program=$real; fi
	find_package
	if [ -z "$registered" ] && ! rpm -qf "$binary" >/dev/null 2>&1; then return; fi
	expected=" $(safe_probes "$program" | tr '\n' ' ') "
	while probe_argument "$number"; do
		case $expected in
		*" $value "*) probes="$probes${probes:+ }$number" ;;
		esac
		number=$((number + 1))
	done
}

# manifest_head: the manifest, up to what stood at the binary's path.
manifest_head() {
	manifest_of_file | while IFS= read -r line; do
		if [ "$line" != '  "probe": [],' ] || [ -z "$probes" ]; then
			printf '%s\n' "$line"
			continue
		fi
		printf '  "probe": ['
		separator=''
		for number in $probes; do
			probe_argument "$number"
			json_escape "$value"
			printf '%s\n    "%s"' "$separator" "$escaped"
			separator=,
		done
		printf '\n  ],\n'
	done
}

# manifest_text: the manifest, with no more than a place for the original.
manifest_text() {
	manifest_head
	printf '  "original": {\n  },\n'
	if [ -n "$diverted" ]; then
		json_escape "$diverted"
		printf '  "diversion": {\n    "path": "%s",\n' "$escaped"
		json_escape "$diverted_to"
		printf '    "to": "%s"\n  },\n' "$escaped"
	fi
	printf '  "wrappers": ['
	separator=''
	for text in $texts; do
		printf '%s\n    "%s"' "$separator" "$text"
		separator=,
	done
	printf '\n  ]\n}\n'
}

# repair_text: this script, as what puts things right later: it knows its folder then.
repair_text() {
	# What is in the file by now may be another script, or a part of it.
	if [ "$(tail -n 1 <"$0")" != 'main "$@"' ] || ! grep -qxF -e "hash=$hash" <"$0"; then
		echo "$0 was replaced meanwhile" >&2
		return 1
	fi
	head -n "$(($(wc -l <"$0") - 1))" <"$0" && printf 'installed %s "$@"\n' "$(quoted "$state")"
}

# quoted TEXT: prints it as a word of a shell.
quoted() {
	case $1 in
	'' | *[!A-Za-z0-9_./:@%+,-]*) ;;
	*)
		printf %s "$1"
		return
		;;
	esac
	rest=$1 words=''
	while :; do
		case $rest in
		*\'*) words="$words${rest%%\'*}'\\''" rest=${rest#*\'} ;;
		*) break ;;
		esac
	done
	printf "'%s'" "$words$rest"
}

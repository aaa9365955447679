# What a repair decides by: what was recorded, what is kept beside the binary, and what is at its path now.

# decide_repair: sets situation to what was found, and steps to what is to be done about it. What is nobody's
# business but a person's is left alone: then there are no steps, and the exit status is 1.
decide_repair() {
	steps='' begun='' source='' aside='' had_name='' had_real='' finishing=''
	if ! read_recorded; then
		situation=gone
		return 0
	fi
	if cut_off; then
		situation=unfinished
		return 1
	fi
	if [ -L "$named" ]; then had_name=$(readlink -- "$named"); fi
	if [ "$(readlink -- "$binary")" = "$wrapper" ]; then
		assess_link
	else
		assess_other
	fi || return 1
	if [ "$run" = repair ] && [ -z "$steps" ]; then
		# It was cut off when all was in place, but was not tried yet.
		situation=unfinished source=$real steps='locate name test'
		if [ -s "$state/kept" ]; then finishing=" retire"; fi
	fi
	seen=$(id_of "$binary")
	if [ -n "$source" ]; then original=$(id_of "$source"); else original=$(id_of "$real"); fi
	if [ "$(id_of "$real")" = "$original" ]; then had_real=1; fi
	if [ -n "$source" ] && [ -z "$had_real" ] && { [ -e "$real" ] || [ -L "$real" ]; }; then
		aside=$real.old-$(stat -c %i -- "$real")
		if gives_rights "$real"; then finishing=" retire"; fi
	fi
	steps=$steps$finishing
}

# gives_rights PATH: whether the file gives who runs it the rights of others.
gives_rights() {
	[ ! -L "$1" ] || return 1
	find_capabilities "$1"
	[ -u "$1" ] || [ -g "$1" ] || [ -n "$capabilities" ]
}

# assess_link: the path leads to the wrapper.
assess_link() {
	if [ ! -e "$wrapper" ] && [ ! -L "$wrapper" ]; then
		situation=real-lost
		is_program "$real" || return 1
		situation=wrapper-lost steps=write
	elif ! is_ours "$wrapper"; then
		situation=wrapper-edited
		if [ -L "$wrapper" ] || [ ! -f "$wrapper" ] || is_for_wrapper "$wrapper" || is_way_back "$wrapper"; then return 1; fi
		situation=unsettled
		settle "$wrapper" || return 1
		situation=written-through source=$wrapper steps='locate aside take write name test'
	elif ! is_program "$real"; then
		situation=real-lost
		if leads_nowhere "$real"; then
			situation=uninstalled
		elif [ -f "$real" ] && [ ! -x "$real" ]; then
			situation=real-mode
		fi
		return 1
	else
		situation=intact
		if ! is_plain "$wrapper"; then situation=wrapper-rights steps='rights write'; fi
		if ! is_recorded "$real"; then situation=real-upgraded source=$real steps="$steps record"; fi
		if [ "$keep_name" = yes ] && [ ! -e "$named" ]; then situation=name-lost steps="$steps name"; fi
		if [ -n "$diverted" ] && ! is_diverted; then situation=diversion-lost steps="$steps divert"; fi
	fi
}

# assess_other: something else is at the path.
assess_other() {
	if [ ! -e "$binary" ] && [ ! -L "$binary" ]; then
		situation=binary-removed
		if leads_nowhere "$real"; then situation=uninstalled; fi
		return 1
	elif { [ -e "$wrapper" ] || [ -L "$wrapper" ]; } && ! is_ours "$wrapper"; then
		situation=wrapper-edited
		return 1
	elif [ ! -L "$binary" ] && is_ours "$binary"; then
		situation=real-lost
		is_program "$real" || return 1
		situation=wrapper-copied steps='write swap'
	elif [ -n "$run" ] && is_bridge "$binary" "$wrapper"; then
		situation=unfinished steps='write name swap'
		is_program "$real"
	elif [ ! -f "$binary" ]; then
		situation=binary-unusable
		return 1
	elif leads_to_real; then
		# As good as given back by hand.
		situation=given-back source=$real steps='locate write name swap test'
		is_program "$real"
	elif passes_through "$binary" "$real" || passes_through "$binary" "$wrapper" || is_for_wrapper "$binary" ||
		is_way_back "$binary"; then
		situation=leads-back
		return 1
	else
		situation=unsettled
		settle "$binary" || return 1
		situation=overwritten source=$binary steps="locate aside take${diverted:+ divert} write name swap test"
		if is_recorded "$binary"; then situation=given-back; fi
	fi
}

id_of() {
	stat -c %d:%i -- "$1" 2>/dev/null
}

# is_program PATH: whether it can be run, and is no way back to the wrapper.
is_program() {
	[ -f "$1" ] && [ -x "$1" ] && ! [ "$1" -ef "$wrapper" ]
}

# leads_nowhere PATH: whether it is a link whose end is gone, as that of a package which was uninstalled.
leads_nowhere() {
	[ -L "$1" ] && [ ! -e "$1" ]
}

# is_ours PATH: whether it has the text of a wrapper that was put here.
is_ours() {
	[ -f "$1" ] || return 1
	sum=$(sha256sum <"$1") || return 1
	case " $texts " in
	*" ${sum%% *} "*) return 0 ;;
	esac
	return 1
}

# is_plain PATH: whether it has the owner and the mode that a wrapper is written with, and gives nobody rights.
is_plain() {
	me=$(id -u)
	find_capabilities "$1"
	case "$(stat -c '%a %u' -- "$1")$capabilities" in
	"755 $me" | '755 0') ;;
	*) return 1 ;;
	esac
}

# is_for_wrapper PATH: whether its first line leads to the wrapper, or is the wrapper's second; or it is a program of ours.
is_for_wrapper() {
	first=''
	{ read -r first <"$1"; } 2>/dev/null
	case $first in
	"#!/bin/bash $wrapper"* | "#!$wrapper" | "$header"*) return 0 ;;
	esac
	has_mark "$1"
}

# is_way_back FILE: whether it is a script that runs the wrapper or the real binary.
is_way_back() {
	names_parts "$1" "$binary" "$wrapper" "$real"
}

# leads_to_real: whether the path is a link to the real binary's.
leads_to_real() {
	[ -L "$binary" ] || return 1
	next=$(readlink -- "$binary")
	case $next in
	/*) [ "$next" = "$real" ] ;;
	*) [ "${binary%/*}/$next" = "$real" ] ;;
	esac
}

# is_recorded PATH: whether it is the very file that the manifest has. Many file systems get another device number
# when they are mounted again; size and time tell enough then.
is_recorded() {
	# shellcheck disable=SC2046
	set -- $(stat -c '%d %i %s %Y' -- "$1" 2>/dev/null)
	[ "${2-}" = "$recorded_inode" ] &&
		{ [ "$1" = "$recorded_device" ] || [ "$3 $4" = "$recorded_size $recorded_modified" ]; }
}

is_diverted() {
	[ "$(dpkg-divert --truename "$diverted" 2>/dev/null)" = "$diverted_to" ]
}

# settle PATH: waits until a program that was just put there is whole: executable, and neither open for writing nor
# touched for two seconds. Who only looks doesn't wait.
settle() {
	if [ "$patience" = 0 ]; then return 0; fi
	last='' tries=0
	while :; do
		signature=$(stat -L -c '%d:%i %s %Z %a' -- "$1" 2>/dev/null)
		changed=$(stat -L -c %Z -- "$1" 2>/dev/null)
		if [ -f "$1" ] && [ -x "$1" ] && ! is_being_written "$1"; then
			if [ "$signature" = "$last" ] || [ $(($(date +%s) - changed)) -gt 2 ]; then return 0; fi
		fi
		last=$signature tries=$((tries + 1))
		if [ "$tries" -gt "$patience" ]; then return 1; fi
		sleep 2
	done
}

is_being_written() {
	for descriptor in /proc/[0-9]*/fd/*; do
		if ! [ "$descriptor" -ef "$1" ]; then continue; fi
		while read -r key flags; do
			case $key$flags in
			flags:*[12]) return 0 ;;
			esac
		done <"${descriptor%/fd/*}/fdinfo/${descriptor##*/}"
	done
	return 1
} 2>/dev/null

# read_recorded: what the manifest has of the original.
read_recorded() {
	recorded_device='' recorded_inode='' recorded_size='' recorded_modified='' within=''
	while IFS= read -r line; do
		case $line in
		'  "original": {') within=1 ;;
		'  }'*) within='' ;;
		'    "device": '*) [ -z "$within" ] || recorded_device=${line#*: } ;;
		'    "inode": '*) [ -z "$within" ] || recorded_inode=${line#*: } ;;
		'    "size": '*) [ -z "$within" ] || recorded_size=${line#*: } ;;
		'    "modified": '*) [ -z "$within" ] || recorded_modified=${line#*: } ;;
		esac
	done <"$state/manifest.json" || return 1
	recorded_device=${recorded_device%,} recorded_inode=${recorded_inode%,}
	recorded_size=${recorded_size%,} recorded_modified=${recorded_modified%,}
	[ -n "$recorded_inode" ]
} 2>/dev/null

# record_original: the manifest on standard input, with what is at the source as the original.
record_original() {
	link=''
	if [ -L "$source" ]; then link=$(readlink -- "$source") || return 1; fi
	case $link in
	*[[:cntrl:]]*)
		echo "$source leads to a path with control characters"
		return 1
		;;
	esac
	json_escape "$link"
	sum=$(sha256sum <"$source") || return 1
	within=''
	while IFS= read -r line; do
		case $line in
		'  "original": {')
			within=1
			stat -c "  \"original\": {
    \"link\": \"LINK\",
    \"device\": %d,
    \"inode\": %i,
    \"size\": %s,
    \"mode\": \"%a\",
    \"uid\": %u,
    \"gid\": %g,
    \"modified\": %Y,
    \"sha256\": \"${sum%% *}\"" -- "$source" | while IFS= read -r of; do
				case $of in
				*'"LINK",') printf '    "link": "%s",\n' "$escaped" ;;
				*) printf '%s\n' "$of" ;;
				esac
			done
			;;
		'  }'*)
			within=''
			printf '%s\n' "$line"
			;;
		*) [ -n "$within" ] || printf '%s\n' "$line" ;;
		esac
	done
}

# json_escape TEXT: sets escaped to it with a backslash before each quote and backslash.
json_escape() {
	escaped='' rest=$1
	while :; do
		case $rest in
		*[\\\"]*) ;;
		*) break ;;
		esac
		before=${rest%%[\\\"]*}
		rest=${rest#"$before"}
		escaped="$escaped$before\\${rest%"${rest#?}"}"
		rest=${rest#?}
	done
	escaped=$escaped$rest
}

# cut_off: whether the last run in the journal was one of another kind that didn't come to its end; sets run to the
# last one that didn't, of any kind. The first has a manifest before it has a journal. Without such a run there is no
# bridge of ours: an edited copy of the wrapper looks like one.
cut_off() {
	run=''
	[ -s "$state/journal" ] || return 0
	what=''
	# Also the last line that a disk kept only a part of.
	while read -r _ what event || [ -n "$what" ]; do
		case $what-$event in
		apply-begin | rollback-begin | repair-begin) run=$what ;;
		rollback-done) ;;
		apply-* | repair-* | rollback-*) run='' ;;
		esac
	done <"$state/journal"
	[ "$run" = apply ] || [ "$run" = rollback ]
} 2>/dev/null

# What this script does, by its first word.

# main COMMAND OPTION...
main() {
	umask 022
	PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	who_looks
	state=$root/$wrapper_name keep_logs=no only_look='' repaired=''
	find_probes
	command=${1-}
	if [ $# -gt 0 ]; then shift; fi
	for option in "$@"; do
		case $command$option in
		apply--check | rollback--check) only_look=yes ;;
		rollback--keep-logs) keep_logs=yes ;;
		*) command=usage ;;
		esac
	done
	case $command in
	apply)
		if [ ! -f "$0" ] || [ "$(tail -n 1 <"$0")" != 'main "$@"' ]; then
			echo 'It keeps a copy of itself for later repairs, so run it as a file: sh FILE apply' >&2
			exit 2
		fi
		repair_before && run_or_look apply
		;;
	rollback) run_or_look rollback ;;
	verify) verify ;;
	*)
		echo "usage: sh $0 apply [--check] | verify | rollback [--check] [--keep-logs]" >&2
		exit 2
		;;
	esac
}

# installed STATE [act|look|guard]: as repair.sh in the folder of the state.
installed() {
	state=$1 action=repair
	shift
	who_looks
	find_probes
	if [ -f "$state/manifest.json" ]; then read_manifest || exit 1; fi
	repair "${1-act}"
}

decide() { "decide_$action"; }
prepare() { "prepare_$action"; }

# run_or_look ACTION
run_or_look() {
	action=$1
	# What was begun is undone first, and its exit status is the one of all. The others have traps of their own.
	trap : HUP INT TERM
	find_left
	find_base
	if [ -n "$only_look" ]; then
		(only_look) | tell
	elif [ "$action" = apply ] && [ ! -w "${base:-/}" ]; then
		# There is no place for a lock: that is told among what else is in the way.
		(only_look) | tell
	else
		# What a run that was cut off knew is not thrown away when it is to be undone.
		if read_recorded; then
			find_cut
			begun=$run
		fi
		(act) | tell
	fi
}

only_look() {
	code=0
	decide || code=$?
	event situation '' "$situation"
	for id in $steps; do event planned "$id" ''; done
	event finished '' "$code"
}

# repair_before: lets the repair that lies in the state put right what an upgrade did.
repair_before() {
	if [ ! -f "$state/manifest.json" ] || [ ! -f "$state/repair.sh" ] || ! is_trusted "$state"; then return 0; fi
	looked=$(/bin/sh "$state/repair.sh" look </dev/null)
	case $looked in
	*unfinished*) if [ "${looked%planned*}" = "$looked" ]; then return 0; fi ;;
	*planned*) ;;
	*intact*) return 0 ;;
	esac
	action=repair
	if [ -n "$only_look" ]; then
		printf '%s\n' "$looked" | tell
		exit
	fi
	/bin/sh "$state/repair.sh" act </dev/null | tell || return
	repaired=yes
}

# tell: the events on standard input, for people. Its exit status is that of the run: 0 done, 1 something is wrong, and
# nothing was changed or all is as before, 3 the host can't be used or a privilege is missing.
tell() {
	trap '' HUP INT TERM
	unit=$(printf '\037') tab=$(printf '\t') count=0 finished=''
	while IFS=$unit read -r kind step text; do
		# A tab is between two words.
		case $text in
		*[[:cntrl:]]*) text=$(printf %s "$text" | tr '\001-\010\013-\037\177' '?') ;;
		esac
		case $kind in
		done | planned) count=$((count + 1)) ;;
		esac
		case $kind in
		done) printf 'ok    %s\n' "$(title "$step")" ;;
		planned) printf 'would %s\n' "$(title "$step")" ;;
		failed-*)
			printf 'no    %s\n' "$(title "$step")"
			printf 'It saw: %s\n' "$text" >&2
			;;
		undone) printf 'back  %s\n' "$(title "$step")" ;;
		note) printf '%s\n' "$text" ;;
		problem)
			IFS=$tab
			set -f
			# shellcheck disable=SC2086
			words "$step" $text >&2
			set +f
			unset IFS
			;;
		stuck) words undo-failed "$(title "$step")" "$text" >&2 ;;
		locked)
			words locked "$text" >&2
			finished=1
			;;
		situation) if [ "$action" = repair ]; then situation=$text; fi ;;
		finished) finished=$text ;;
		esac
	done
	case $finished$action in
	0*) if [ "$count" = 0 ]; then words "nothing-$action$repaired"; elif [ -z "$only_look" ]; then words "done-$action"; fi ;;
	1repair) if [ "$count" = 0 ]; then words "repair-$situation" "$state" >&2; fi ;;
	[a-z]*) words cut-off >&2 ;;
	esac
	case $finished in
	0 | 1 | 3) exit "$finished" ;;
	esac
	exit 1
}

# verify: that what is in place works, by using it. It changes nothing but the log.
verify() {
	if [ ! -f "$state/manifest.json" ]; then
		words not-intercepted >&2
		exit 1
	fi
	failed=0 action=verify patience=0
	(look_recorded) | tell || exit
	read_recorded
	read_manifest
	decide_repair
	# The program that an upgrade brought runs; a repair would only note which one that is.
	if [ "$situation" = real-upgraded ]; then situation=intact; fi
	result 'the chain is intact' "$binary -> $wrapper -> $real" "$situation" intact
	if [ "$situation" = intact ]; then
		result 'what is in place is the policy of this script' 'the same wrapper' "${is_newest:-another wrapper}" yes
		verify_calls
	elif [ -n "$steps" ]; then
		echo "To put it right: sh $0 apply" >&2
	else
		words "repair-$situation" "$state" >&2
	fi
	exit "$failed"
}

look_recorded() {
	if check_state && read_manifest; then event finished '' 0; else event finished '' 1; fi
}

# verify_calls: what it prints through the wrapper is what it prints without, and the log has the calls.
verify_calls() {
	find_prober
	if [ "$prober" = none ] && [ -n "$probes" ]; then
		result 'what is run can be tried' '' "$unrun" ''
		return
	fi
	find_log
	work=$(mktemp -d) || exit 1
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	direct=$target
	if [ -x "$named" ]; then direct=$named; fi
	probe before "$direct" "$binary"
	probe after "$binary" "$binary"
	if saw=$(answers_as_before "$direct" "$binary"); then saw=same; fi
	result 'it prints what the real one prints, but for calls that the policy changes' 'the same' "$saw" same
	if [ "$logs" = no ]; then return 0; fi
	if saw=$(logged_the_calls); then saw=logged; fi
	result 'the log has the calls' "$log" "$saw" logged
}

# result NAME SAW FOUND WANTED
result() {
	if [ "$3" = "$4" ]; then
		printf 'ok    %s: %s\n' "$1" "$2"
	else
		printf 'no    %s: %s\n' "$1" "$3"
		failed=1
	fi
}

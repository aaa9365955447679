# Words that the steps are made of. Everything is in functions, so a script that arrives cut off does nothing.

# event WHAT STEP TEXT: a line of progress for the caller.
event() {
	text=$3
	case $text in
	*[[:cntrl:]]*) text=$(printf %s "$text" | tr '\n\037' '  ') ;;
	esac
	printf '%s\037%s\037%s\n' "$1" "$2" "$text"
}

# journal WHAT EVENT: written before and after each step, so that the next run knows where this one ended.
journal() {
	seconds
	printf '%s %s %s\n' "$((epoch + clock - clock_then))" "$1" "$2" >>"$state/journal"
}

# flush PATH...: waits until they are on disk: what a file holds, or the names that are in a folder. Each file system
# writes when it likes, so a rename could be there after a power cut and what it leads to not. Every step does this
# with what a rename needs before that, and with its names before it is done.
flush() {
	if flushed=$(sync "$@" 2>&1); then return 0; fi
	case $flushed in
	*'Input/output error'* | *'No space left'* | *'quota exceeded'*)
		echo "$flushed"
		return 1
		;;
	esac
	# Not every sync takes paths, or may open these, so all that there is goes to disk.
	sync
}

# flush_names PATH...: the same with the folders that the paths are in, or were.
flush_names() {
	for folder in "$@"; do
		folder=${folder%/*}
		until [ -d "$folder/" ] || [ "$folder" = "${folder%/*}" ]; do folder=${folder%/*}; done
		shift
		set -- "$@" "$folder/"
	done
	flush "$@"
}

# is_as_planned: whether the state is still the one that the plan was made for, by its hash without its times, as in
# plan.ts; by nothing where there is none.
is_as_planned() {
	sum=''
	if [ -f "$state/manifest.json" ]; then
		sum=$(printf '%s\n%s' "$(cat "$state/manifest.json")" "$(cut -d' ' -f2- "$state/journal" 2>/dev/null)" | sha256sum)
	fi
	[ "${sum%% *}" = "$planned_for" ]
}

# read_stat PID: sets line to what the kernel says of the process. Any user can give a process a name of several lines.
read_stat() {
	line=''
	while IFS= read -r part; do line="$line $part"; done <"/proc/$1/stat" || return 1
	case $line in
	*') '[A-Z]' '*) ;;
	*) return 1 ;;
	esac
}

# find_start PID: sets start to when the process started, in clock ticks since the machine did; a PID and this name
# one process. To nothing for one that is gone.
find_start() {
	start=''
	[ -r "/proc/$1/stat" ] && read_stat "$1" || return 1
	# One that has ended may wait for its parent to notice.
	case ${line##*) } in
	[ZX]*) return 1 ;;
	esac
	# shellcheck disable=SC2086
	set -- ${line##*) }
	shift 19
	start=$1
}

# take_lock: one run at a time for each interception. A lock whose process is gone is taken over.
take_lock() {
	lock=${state%/*}/.lock.${state##*/}
	# The highest folder that this makes, for `forget`.
	made='' above=${state%/*}
	while [ -n "$above" ] && [ ! -d "$above" ]; do made=$above above=${above%/*}; done
	for try in 1 2 3; do
		# Another run's end may have removed it.
		problem=$(mkdir -p "${state%/*}" 2>&1) || return 1
		find_start $$
		if problem=$(ln -s "$$:$start" "$lock" 2>&1); then return 0; fi
		holder=$(readlink "$lock") || continue
		if find_start "${holder%%:*}" && [ "$start" = "${holder#*:}" ]; then
			event locked '' "${holder%%:*}"
			exit 5
		fi
		if mv -T "$lock" "$lock.stale.$$" 2>/dev/null; then
			# Another run may have taken it over just before: that lock goes back.
			moved=$(readlink "$lock.stale.$$")
			if [ "$moved" != "$holder" ]; then ln -s "$moved" "$lock" 2>/dev/null; fi
			rm -f "$lock.stale.$$"
		fi
	done
	return 1
}

# probe WHICH PATH ARGV0: keeps what the program at PATH prints for each of the harmless arguments.
probe() {
	if [ "$prober" = none ] && [ -n "$probes" ]; then
		echo "$unrun"
		return 1
	fi
	if [ "$1" = before ] && [ ! -e "$log" ]; then : >"$work/no-log"; fi
	if [ "$1" = after ]; then date +%s >"$work/started"; fi
	for argument in $probes; do probe_one "$@"; done
	if [ "$1" = after ]; then take_records; fi
}

# probe_one WHICH PATH ARGV0: for the one $argument.
probe_one() {
	probe_argument "$argument"
	run_probe "$work/$argument.$1" "$2" "$3" "$value"
}

# run_probe TO PATH ARGV0 ARGUMENT: runs it without input, for twenty seconds at most, in a session of its own where
# that can be had; then it is ended with all that it started there. 64 KiB of what it prints are kept as TO.out and
# TO.err, how it ended as TO.status, and its process as TO.pid, where it was called by its path: a record is known by
# that.
run_probe() {
	rm -f "$work/out" "$work/err" "$1".*read
	mkfifo "$work/out" "$work/err" || return 1
	keep_some "$work/out" "$1.out" &
	keep_some "$work/err" "$1.err" &
	(cd / && called_as "$3" "$2" "$4") >"$work/out" 2>"$work/err" </dev/null 9>"$1.pid" &
	leader=$! status=0
	wait "$leader" || status=$?
	case $status in
	124 | 137 | 143) end_session "$leader" ;;
	esac
	echo "$status" >"$1.status"
	# What it left behind may hold its output open for ever.
	tries=0
	until [ -e "$1.out.read" ] && [ -e "$1.err.read" ] || [ "$tries" -ge 100 ]; do
		tries=$((tries + 1))
		sleep 0.02 2>/dev/null || sleep 1
	done
}

# keep_some FROM TO: the rest is read, so that nothing is held up, for as long as the program may run and a little more.
keep_some() {
	{
		timeout 30 head -c 65536 >"$2" && timeout 30 cat >/dev/null
		: >"$2.read"
	} <"$1" >/dev/null 2>&1
}

# end_session LEADER
end_session() {
	kill -s TERM -- "-$1" && sleep 1
	kill -s KILL -- "-$1"
	return 0
} 2>/dev/null

# called_as ARGV0 PATH ARGUMENT: the program, for twenty seconds at most. Its process is told on 9. It is called from a
# shell that stays, whatever comes between and says nothing itself: a word of that shell's marks the record.
called_as() {
	if [ "$1" = "$2" ]; then
		# shellcheck disable=SC2016
		set -- /bin/sh -c '{ /bin/sh -c "$@" 2>&7 7>&-; } 7>&2 2>/dev/null; exit "$?"' interpose-probe \
			'echo "$$" >&9; exec "$1" "$2" 9>&-' probe "$2" "$3"
	else
		# shellcheck disable=SC2016
		set -- /bin/bash --norc -c '{ /bin/bash --norc -c "$@" 2>&7 7>&-; } 7>&2 2>/dev/null; exit "$?"' interpose-probe \
			'exec -a "$1" "$2" "$3" 9>&-' probe "$@"
	fi
	set -- timeout -k 5 20 "$@"
	if [ -n "$prober" ]; then
		# In a session of its own already.
		as_prober "$@"
		return
	fi
	if command -v setsid >/dev/null 2>&1; then set -- setsid "$@"; fi
	exec "$@"
}

# take_records: keeps the records of the calls that were just made, which only the log of who made them can have.
take_records() {
	read -r started <"$work/started"
	processes=''
	for argument in $probes; do
		# Who is tried out could have written anything there.
		process=$(head -n 1 <"$work/$argument.after.pid" | head -c 20 | tr -dc 0-9)
		echo "$process" >"$work/$argument.process"
		if [ -n "$process" ]; then processes="$processes${processes:+|}$process"; fi
	done 2>/dev/null
	if [ -z "$processes" ]; then return; fi
	prepare_reader
	read_users_log "$(log_owner)" "$wrapper_name" 4194304 | grep -E "\"pid\":($processes),\"ppid\":" >"$work/log"
	for argument in $probes; do
		read -r process <"$work/$argument.process"
		if [ -z "$process" ]; then continue; fi
		# Another process may have had the number before.
		sed -n "s/^{\"v\":[0-9]*,\"time\":\([0-9]*\).*\"pid\":$process,\"ppid\":.*/\1 &/p" "$work/log" |
			while read -r time line; do
				if [ "$time" -ge $((started - 1)) ]; then printf '%s\n' "$line"; fi
			done | tail -n 1 >"$work/$argument.record"
	done 2>/dev/null
	rm -f "$work/log"
}

# find_log: sets log_base to where the manifest has the logs, and log to that of the probes.
find_log() {
	log_base=$(log_base_of "$state/manifest.json")
	log=$log_base/interpose-$(log_owner)/$wrapper_name.log
}

# same WHICH OTHER ARGUMENT: whether both printed the same and ended the same.
same() {
	for part in out err; do
		if [ -s "$work/$3.$1.$part" ] || [ -s "$work/$3.$2.$part" ]; then
			cmp -s "$work/$3.$1.$part" "$work/$3.$2.$part" || return 1
		fi
	done
	read -r ended <"$work/$3.$1.status" && read -r ended_too <"$work/$3.$2.status" && [ "$ended" = "$ended_too" ]
}

# all_same WHICH OTHER: the same, for all arguments; fails when there is none.
all_same() {
	told=1
	for argument in $probes; do
		same "$1" "$2" "$argument" || return 1
		told=0
	done
	return "$told"
}

# keeps_name REAL NAMED BINARY: whether the real binary is better run under its old name. A program always is: the link
# is its short name, and nothing else of it. A script may find its files by the path that it is run by, so it keeps that
# path unless its output shows that it wants its name.
keeps_name() {
	if ! is_script "$1"; then return 0; fi
	if [ -z "$probes" ]; then return 1; fi
	probe real "$1" "$3"
	if all_same before real; then return 1; fi
	probe named "$2" "$3"
	all_same before named
}

# answers_as_before REAL BINARY: the binary prints the same through the wrapper, but for calls that the policy changes.
answers_as_before() {
	for argument in $probes; do
		if same before after "$argument"; then continue; fi
		probe_argument "$argument"
		if is_changed_by_policy; then continue; fi
		# What differs from one run to the next tells nothing.
		probe_one again "$1" "$2"
		probe_one once-more "$1" "$2"
		if ! same again once-more "$argument"; then continue; fi
		echo "$value prints something else through the wrapper:"
		cat "$work/$argument.after.out" "$work/$argument.after.err" | head -n 3
		return 1
	done
}

# is_changed_by_policy: whether the record of the probe shows that it was not passed on as it came. Where there is no
# record, whether that may be: others can keep a call from being logged, and are not to make a good one fail by that. A
# program that could not be run is no change.
is_changed_by_policy() {
	record=''
	read -r record <"$work/$argument.record"
	case $record in
	'')
		read -r ended <"$work/$argument.after.status"
		[ "$policy_changes" = yes ] && [ "$ended" != 126 ] && [ "$ended" != 127 ]
		;;
	*"$received_and_passed"*)
		for route in $environment_routes; do
			case $record in
			*"\"route\":$route,"*) return 0 ;;
			esac
		done
		return 1
		;;
	*"$received"*) ;;
	*) return 1 ;;
	esac
} 2>/dev/null

# logged_the_calls: whether the log of who made them has a record of each probe.
logged_the_calls() {
	for argument in $probes; do
		if [ -s "$work/$argument.record" ]; then continue; fi
		probe_argument "$argument"
		echo "$log has no record of the call with $value"
		return 1
	done
}

# note_unlogged: a call that can't be logged goes on, and so does what calls depend on.
note_unlogged() {
	if [ "${logs-yes}" = yes ] && ! saw=$(logged_the_calls); then note "$saw: see interpose doctor $wrapper_name."; fi
}

# make_apart DIRECTORY: makes the directory of the helper names, which everybody may go through, whatever the umask is.
make_apart() {
	if [ -d "$1" ] && [ ! -L "$1" ]; then return 0; fi
	mkdir -m 0755 -- "$1" && flush_names "$1"
}

# remove_apart DIRECTORY: what somebody else put there stays.
remove_apart() {
	rmdir -- "$1" 2>/dev/null
	flush_names "$1"
}

# lead LINK TO NEW: makes it a link to that. One that leads elsewhere is replaced by way of a free name beside it, in
# one rename: busybox's ln -sf takes the old one away first.
lead() {
	if [ ! -L "$1" ]; then
		ln -sT "$2" "$1"
	elif [ "$(readlink -- "$1")" != "$2" ]; then
		rm -f "$3" && ln -s "$2" "$3" && mv -fT "$3" "$1"
	fi
}

# note TEXT: for the reader, once the step is done.
note() {
	printf '%s\n' "$1" >>"$work/notes"
}

# can_run WRAPPER: whether one that was just written works on this host, before any call gets to it. A script is read;
# a program is run under the name by which it explains a call, and neither logs nor runs anything.
can_run() {
	if is_script "$1"; then
		bash -n "$1"
		return
	fi
	rm -f "$work/interpose-explain" && ln -s "$1" "$work/interpose-explain" || return 1
	problem=$("$work/interpose-explain" 2>&1 >/dev/null </dev/null) && return 0
	echo "it ends with $? here${problem:+: $problem}"
	return 1
}

# is_native WRAPPER: whether it is the program.
is_native() {
	[ "$(head -c 4 <"$1" | tr -d '\177')" = ELF ]
} 2>/dev/null

# is_script FILE
is_script() {
	[ "$(head -c 2 <"$1" | tr -d '\0')" = '#!' ]
} 2>/dev/null

# quiesce WRAPPER REAL NAMED: waits until no call that began before the swap needs the files that are to go.
# Such a call is inside execve; or in a shell that runs the wrapper, or is about to open it; or in an
# interpreter that is about to open REAL or NAMED, which nothing shows, so those get three seconds, and longer when
# they hardly get to run. What takes longer than ten is stuck, or there to be in the way; but for a shell that gets no
# processor to open the wrapper, which is given a minute. Once it has, it can do without its name, and finds the real
# binary wherever it is then.
quiesce() {
	round=0 calm=''
	note_processes
	if is_native "$1" && ! is_script "$2" && ! any_shell "$1" running; then
		# The program needs no file once it runs, and nothing opens the real binary again: only who is inside execve, on
		# the way through the link, is waited for.
		until all_out_of_execve; do next_round; done
		return 0
	fi
	seconds
	last=$((clock + 10))
	while [ "$clock" -lt "$last" ]; do
		if [ -z "$calm" ] && all_out_of_execve && ! any_shell "$1" running; then
			# The last of those shells may be inside execve on its way on, and shows neither name there.
			calm=$round
			note_processes
		fi
		if [ -n "$calm" ] && all_out_of_execve && ! any_shell "$1" running; then
			find_mentions "$1" "$2" "$3"
			if [ -z "$found" ] || { [ $((round - calm)) -ge 150 ] && ! any_starved $found; }; then return 0; fi
		fi
		next_round
		seconds
	done
	while any_shell "$1" starting && any_starved $found && [ "$clock" -lt $((last + 50)) ]; do
		next_round
		seconds
	done
	if [ -n "$found" ]; then note "These were not waited for any longer on their way through $1:$found"; fi
	return 0
}

# hand_over WRAPPER MADE: replaces a wrapper that is a bash script by the program MADE. A shell that has begun by then opens
# the path once more, and can't read a program there. Until the last of them has, a text is at the path that both take:
# the kernel by its first line, the shell by its second.
hand_over() {
	program=${1%/*}/.$wrapper_name.interpose-program script=${1%/*}/.$wrapper_name.interpose-script
	mv -fT "$2" "$program" && ln -fT "$1" "$script" && hand_over_text "$program" >"$2" && chmod 0755 "$2" || return 1
	flush "$2" "$program" && mv -fT "$2" "$1" && flush_names "$1" || return 1
	round=0
	note_processes
	until all_out_of_execve && ! any_opening "$1" "$script" || [ "$round" -gt 500 ]; do next_round; done
	ln -fT "$program" "$2" && mv -fT "$2" "$1" && flush_names "$1"
}

# hand_over_text PROGRAM: as in apply-steps.ts.
hand_over_text() {
	printf '#!%s\nexec -a "$1" "%s" "${@:2}"\n' "$1" "$1"
}

# any_opening WRAPPER SCRIPT: whether a shell is about to open the wrapper's path: it has neither the script that was there
# nor what is there by now.
any_opening() {
	find_shells "$1" running
	for process in $found; do
		if ! has_open "/proc/$process" "$2" && ! has_open "/proc/$process" "$1"; then return 0; fi
	done
	return 1
}

# end_hand_over WRAPPER: takes away what a text at its path led to, once no call is on its way by that.
end_hand_over() {
	set -- "${1%/*}/.$wrapper_name.interpose-program" "${1%/*}/.$wrapper_name.interpose-script"
	if [ ! -e "$1" ] && [ ! -e "$2" ]; then return 0; fi
	round=0
	note_processes
	until all_out_of_execve; do next_round; done
	rm -f "$1" "$2" && flush_names "$1"
}

# next_round: rounds are fiftieths of a second, or longer.
next_round() {
	sleep 0.02 2>/dev/null || { sleep 1 && round=$((round + 49)); }
	round=$((round + 1))
}

# seconds: sets clock, which only tells how much later something is.
seconds() {
	clock=''
	{ read -r clock _ </proc/uptime; } 2>/dev/null
	clock=${clock%%.*}
	if [ -z "$clock" ]; then clock=$(date +%s); fi
}

# note_processes: sets waiting to all that there are now.
note_processes() {
	case $(uname -m) in
	x86_64) execs=' 59 322 11 358 ' ;;
	aarch64) execs=' 221 281 11 387 ' ;;
	*) execs=unknown ;;
	esac
	read -r self _ </proc/self/stat
	waiting='' noted=$round
	for process in /proc/[0-9]*; do
		process=${process#/proc/}
		if [ "$process" != "$self" ] && take_ticks "$process"; then waiting="$waiting $process:$ticks"; fi
	done
}

# all_out_of_execve: whether each of them was seen outside of execve since. Where others' processes aren't shown, a
# second is taken for that; seven at most for one that gets no processor, or waits for a disk.
all_out_of_execve() {
	if [ $((round - noted)) -ge 350 ]; then return 0; fi
	left=''
	for process in $waiting; do
		if inside_execve "${process%:*}" "${process#*:}"; then left="$left $process"; fi
	done
	waiting=$left
	[ -z "$waiting" ] && { [ -r /proc/1/stat ] || [ $((round - noted)) -ge 50 ]; }
}

# inside_execve PID TICKS: whether the process may be; TICKS is the time that it had used before.
inside_execve() {
	call=running
	read -r call _ <"/proc/$1/syscall"
	case $call in
	running) ;;
	-1) return 1 ;;
	*)
		case $execs in
		unknown) ;;
		*" $call "*) return 0 ;;
		*) return 1 ;;
		esac
		;;
	esac
	# Nobody waits in execve in a way that a signal could end, or is at it for a twentieth of a second's computing.
	take_ticks "$1" || return 1
	case $run_state in
	[SZXI]) return 1 ;;
	esac
	[ $((ticks - $2)) -lt 5 ]
} 2>/dev/null

# any_starved PID...: whether one of them waits for its turn on a processor, and has hardly had one yet.
any_starved() {
	for process in "$@"; do
		if inside_execve "$process" 0; then return 0; fi
	done
	return 1
}

# take_ticks PID: sets ticks to the processor time that it has used, in hundredths of a second, and run_state;
# fails for one that is gone or the kernel's own.
take_ticks() {
	read_stat "$1" || return 1
	# shellcheck disable=SC2086
	set -- ${line##*) }
	run_state=$1 ticks=$((${12} + ${13}))
	[ $(($7 / 2097152 % 2)) = 0 ]
} 2>/dev/null

# processes_with TEXT...: prints the numbers of those that have one of the texts in their words. A process may have
# megabytes of them, which a shell reads byte by byte; and it would find itself by words of its own.
processes_with() {
	# shellcheck disable=SC2062 # These are the files.
	printf '%s\n' "$@" | grep -l -F -f - -- /proc/[0-9]*/cmdline | while read -r process; do
		process=${process#/proc/}
		echo "${process%/cmdline}"
	done
}

# find_shells WRAPPER running|starting: sets found to those that run it; starting are those that don't have it
# open yet.
find_shells() {
	found=''
	for process in $(processes_with "$1"); do
		process=/proc/$process
		# Any program can call itself so.
		if [ -e "$process/exe" ] && ! [ "$process/exe" -ef /bin/bash ]; then continue; fi
		if [ "$(head -c 4200 <"$process/cmdline" | tr '\0' '\n' | head -n 2)" != "/bin/bash
$1" ]; then continue; fi
		if [ "$2" = running ] || ! has_open "$process" "$1"; then found="$found ${process#/proc/}"; fi
	done
} 2>/dev/null

any_shell() {
	find_shells "$@"
	[ -n "$found" ]
}

# find_mentions WRAPPER PATH...: sets found to the processes that have one of the paths in their command line,
# but for the shells of the wrapper.
find_mentions() {
	except="/bin/bash
$1" found=''
	shift
	for process in $(processes_with "$@"); do
		case $(head -c 4200 <"/proc/$process/cmdline" | tr '\0' '\n') in
		"$except
"/*) ;;
		*) found="$found $process" ;;
		esac
	done
} 2>/dev/null

# let_end ROUNDS COMMAND...: waits until what COMMAND finds now is not found any more; for so long at most.
let_end() {
	most=$1 round=0
	shift
	"$@"
	before=$found
	seconds
	last=$((clock + most / 50 + 1))
	while [ -n "$before" ] && [ "$round" -lt "$most" ] && [ "$clock" -lt "$last" ]; do
		next_round
		seconds
		"$@"
		left=''
		for process in $before; do
			case "$found " in
			*" $process "*) left="$left $process" ;;
			esac
		done
		before=$left
	done
}

# bridge BINARY WRAPPER NEW NAME ID: a script's interpreter opens it by the path that was called, so a call that
# began before the swap would read the wrapper. In between, the path gets a text that has both: the wrapper in
# its first line, for who calls it, and the script below, for who reads it. It stays until such calls are gone
# or have had three seconds, and seven more each, on their way in and after it, when they hardly get to run. A script
# behind a link may look for its files where the link leads, so that text goes there too. ID is the script's device and inode: what else is put at its path meanwhile stays.
bridge() {
	if ! is_bridge "$1" "$2"; then
		script=$(readlink -f "$1") || return 1
		text=$3
		if [ -L "$1" ]; then text=${script%/*}/.$4.interpose-bridge; fi
		rm -f "$3"
		if [ "$text" != "$3" ] && ! is_alone_in "${script%/*}"; then
			# Whose folder it is reads and writes there.
			copy_below as_prober "$2" "$script" "$text" 2>/dev/null || {
				text=$3
				copy_read_by_prober "$2" "$script" "$text" || return 1
			}
		elif ! copy_below '' "$2" "$script" "$text" 2>/dev/null; then
			text=$3
			copy_below '' "$2" "$script" "$text" || return 1
		fi
		if [ "$text" != "$3" ]; then ln -s "$text" "$3" || return 1; fi
		flush "$text" && flush_names "$text" "$3" || return 1
		if [ "$(stat -c %d:%i "$1")" != "$5" ]; then
			rm -f "$3" "$text"
			return 1
		fi
		mv -fT "$3" "$1" && flush_names "$1" || return 1
	fi
	round=0
	note_processes
	until all_out_of_execve; do next_round; done
	let_end 150 find_mentions "$2" "$1"
	round=0
	while [ "$round" -lt 350 ] && any_starved $before; do next_round; done
}

# undivert PATH TO BINARY REAL: ends a diversion. What the package put at the real binary's path meanwhile is newer.
undivert() {
	if [ "$(dpkg-divert --truename "$1")" = "$2" ]; then
		dpkg-divert --local --no-rename --remove "$1" || return 1
	fi
	if [ -x "$4" ] && [ "$4" -nt "$3" ] && ! [ "$4" -ef "$3" ]; then mv -fT "$4" "$3" && flush_names "$3"; fi
}

# copy_below BY WRAPPER SCRIPT TEXT: done by this shell, or through the function BY.
copy_below() {
	# shellcheck disable=SC2016
	${1:+"$1"} sh -c '
		rm -f "$3"
		umask 077
		{ printf "%s\n" "$1" && tail -n +2 -- "$2"; } >"$3" || exit 1
		chown "$(stat -c %u:%g -- "$2")" "$3" 2>/dev/null
		mode=$(stat -c %a -- "$2")
		# Without the bits that give rights.
		chmod "${mode#"${mode%???}"}" "$3" && [ -x "$3" ]
	' sh "$(bridge_line "$2")" "$3" "$4"
}

# copy_read_by_prober WRAPPER SCRIPT TEXT: where they may not write. What is root's reads nothing there, since its name
# may lead to a secret of root's by then.
copy_read_by_prober() {
	rm -f "$3"
	{ bridge_line "$1" && as_prober tail -n +2 -- "$2"; } >"$3" && chmod 0755 "$3"
}

# bridge_line WRAPPER: the first line that leads to it.
bridge_line() {
	if is_native "$1"; then printf '#!%s\n' "$1"; else printf '#!/bin/bash %s\n' "$1"; fi
}

is_bridge() {
	first=''
	if [ "$1" -ef "$2" ]; then return 1; fi
	{ read -r first <"$1"; } 2>/dev/null
	[ "$first" = "#!/bin/bash $2" ] || [ "$first" = "#!$2" ]
}

# remove_bridge REAL NAME
remove_bridge() {
	# A link may lead to a folder that is gone.
	script=$(readlink -f "$1") || return 0
	text=${script%/*}/.$2.interpose-bridge
	if [ ! -e "$text" ] && [ ! -L "$text" ]; then return 0; fi
	if is_alone_in "${script%/*}"; then rm -f "$text"; else as_prober rm -f "$text"; fi && flush_names "$text"
}

# is_alone_in FOLDER: whether nobody else could change it, so that names there stay what they are.
is_alone_in() (
	find_changers "$1/."
	[ -z "$changers$changeable" ]
)

has_open() {
	for descriptor in "$1"/fd/*; do
		if [ "$descriptor" -ef "$2" ]; then return 0; fi
	done
	return 1
}

# remove_logs NAME [turns]: of the directories that are really their user's own; turns of a loop may be counted in
# /dev/shm, and the file may have had no directory of its own for logs before. Only the turns where the logs are to stay.
remove_logs() {
	if [ "$log_base" != /tmp ]; then remove_logs_below "$log_base" "$@"; fi
	remove_logs_below /tmp "$@"
	remove_logs_below /dev/shm "$@"
}

# remove_logs_below TOP NAME [turns]
remove_logs_below() {
	count=0
	for entry in $(log_directories "$1"); do
		case $entry in
		*/*) continue ;;
		esac
		count=$((count + 1))
		if [ "$count" -gt "$log_users" ]; then break; fi
		remove_log "$1" "$entry" "$2" "${3-}"
	done
}

# remove_log TOP UID:DIRECTORY NAME [turns]
remove_log() {
	(
		enter_logs "$1" "$2" || exit 0
		rm -f "./$3.log.stopped" "./$3.log.turning" "./$3.turns"
		[ "${4-}" = turns ] || rm -f "./$3.log" "./$3.log".[1-9] "./$3.log".[1-9][0-9]
	)
	rmdir "$1/${2#*:}"
	return 0
} 2>/dev/null

# find_manager: lets systemctl find the user's own manager.
find_manager() {
	export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
}

# remove_guard: takes away what `guard` in the state folder names.
remove_guard() {
	if ! [ -f "$state/guard" ]; then return 0; fi
	kind='' where=''
	read -r kind where <"$state/guard"
	case $kind in
	system | user)
		find_manager
		option=--$kind
		if ! systemctl "$option" --quiet disable --now "${where##*/}.path" "${where##*/}.timer" 2>/dev/null; then
			rm -f "${where%/*}"/*.wants/"${where##*/}".[pt]*
		fi
		rm -f "$where.path" "$where.timer" "$where.service" || return 1
		systemctl "$option" daemon-reload 2>/dev/null
		if [ "$kind" = user ]; then rmdir "${where%/*}" 2>/dev/null && rmdir "${where%/*/*}" 2>/dev/null; fi
		flush_names "$where" "${where%/*}"/*.wants/ || return 1
		;;
	cron.d) rm -f "$where" && flush_names "$where" || return 1 ;;
	crontab)
		crontab -l 2>/dev/null | while IFS= read -r line; do
			case $line in
			*"# interpose guard $where") ;;
			*) printf '%s\n' "$line" ;;
			esac
		done >"$state/crontab"
		if [ -s "$state/crontab" ]; then crontab "$state/crontab" || return 1; else crontab -r 2>/dev/null; fi
		rm -f "$state/crontab"
		# Where cron keeps its tables is its own business.
		sync
		;;
	esac
	rm -f "$state/guard"
}

# forget_probes: what the probes of this run have logged, when there was no log before.
forget_probes() {
	if [ -e "$work/no-log" ]; then remove_log "$log_base" "$(log_owner):interpose-$(log_owner)" "$wrapper_name"; fi
}

# undo: takes back the steps in $begun, the last one first.
undo() {
	for id in $begun; do
		if problem=$("undo_$id" 2>&1 </dev/null); then
			journal "$id" undone
			event undone "$id" ''
		else
			event stuck "$id" "$problem"
			return 1
		fi
	done
}

# changes_back: whether a failed run is undone; what takes something away goes on instead.
changes_back() {
	case $action in
	rollback | prune) return 1 ;;
	esac
}

# fail STEP run|gate: what is undone is as it was before this run.
fail() {
	event "failed-$2" "$1" "$problem"
	journal "$1" failed
	if changes_back; then
		undo || finish 4
		if [ "$action" = apply ] && ! [ -f "$state/manifest.previous" ]; then
			# Calls have logged since the probes were undone.
			forget_probes
			forget
		else
			recall
			journal "$action" undone
		fi
	fi
	finish 1
}

# copy_whole FROM TO: a run that is cut off leaves no half of it to be taken for the whole.
copy_whole() {
	cp "$1" "$2.new" && chmod 0644 "$2.new" && flush "$2.new" && mv -f "$2.new" "$2" && flush_names "$2"
}

# remember: the state as it is before this run, for recall; the manifest last, by which the next run knows it whole.
remember() {
	for file in wrapper repair.sh manifest.json; do
		if [ -f "$state/$file" ]; then copy_whole "$state/$file" "$state/${file%.*}.previous" || return 1; fi
	done
}

# recall: the state as it was before this run.
recall() {
	for file in wrapper repair.sh manifest.json; do
		if [ -f "$state/${file%.*}.previous" ]; then mv -f "$state/${file%.*}.previous" "$state/$file"; fi
	done
	# A copy that could not be made whole may be left of the run.
	rm -f "$state/wrapper.previous" "$state"/*.new
}

# unprepare: takes back what was prepared for a run that can't begin. The manifest is kept last, so nothing was
# changed yet where it is not.
unprepare() {
	if [ "$fallback" = previous ]; then
		if [ -f "$state/manifest.previous" ]; then recall; fi
		rm -f "$state"/*.previous
	fi
	rm -f "$state"/*.new
} 2>/dev/null

# forget: the state goes in one rename, then for good.
forget() {
	if [ -f "$state/made" ]; then made=$(cat "$state/made"); fi
	rm -rf "${state%/*}/.removed.${state##*/}"
	mv -T "$state" "${state%/*}/.removed.${state##*/}" && rm -rf "${state%/*}/.removed.${state##*/}"
}

# note_made: so that `forget` knows, whichever run it is in.
note_made() {
	if [ -n "$made" ] && [ ! -f "$state/made" ]; then printf '%s' "$made" >"$state/made"; fi
}

# flush_state: what is written down of this run, with the folders that were made for it.
flush_state() {
	above=${state%/*}
	set -- "$state/journal" "$state/" "$above/"
	while [ -n "$made" ] && [ -n "$above" ] && [ "$above" != "${made%/*}" ]; do
		above=${above%/*}
		set -- "$@" "$above/"
	done
	if [ -f "$state/made" ]; then set -- "$@" "$state/made"; fi
	flush "$@"
}

# flush_end: what a run leaves of its state.
flush_end() {
	if [ -f "$state/journal" ]; then flush "$state/journal"; fi
	flush_names "$state/journal" "$state"
} >/dev/null 2>&1

# rmdir_up MADE: removes the folder of all states, and those above that were made for it, when they are empty.
rmdir_up() {
	above=${state%/*}
	while rmdir "$above" && [ -n "$1" ] && [ "$above" != "$1" ]; do above=${above%/*}; done
} 2>/dev/null

# unwritten STEP: a change that the next run couldn't know of is not begun; taking away goes on without a journal.
unwritten() {
	if changes_back; then
		problem="$state/journal can't be written: $problem"
		fail "$1" run
	fi
}

finish() {
	if [ -e "$work" ]; then rm -rf "$work"; fi
	# Of runs that were cut off while they took a lock over.
	for stale in "$lock".stale.*; do
		if [ ! -d "/proc/${stale##*.}" ]; then rm -f "$stale"; fi
	done
	rm -f "$lock"
	rmdir_up "$made"
	if [ -n "$prepared" ]; then flush_end; fi
	event finished '' "$1"
	exit "$1"
}

# work_mode: who probes goes through that folder to what is tried under another name.
work_mode() {
	case $prober in
	'' | none) echo 0700 ;;
	*) echo 0711 ;;
	esac
}

act() {
	umask 022
	unset BASH_ENV ENV
	PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	trap '' PIPE
	interrupted='' prepared=''
	trap 'interrupted=1' HUP INT TERM
	seconds
	clock_then=$clock epoch=$(date +%s)
	if ! take_lock; then
		event failed-run state "$problem"
		rmdir_up "$made"
		event finished '' 1
		exit 1
	fi
	# A plan is for what was there when it was made: another run may have come in between.
	if [ "$planned_for" != any ] && ! is_as_planned; then
		event outdated '' ''
		rm -f "$lock"
		rmdir_up "$made"
		exit 6
	fi
	work=$state/work
	removed=${state%/*}/.removed.${state##*/}
	if [ -z "$made" ] && [ -f "$removed/made" ]; then made=$(cat "$removed/made"); fi
	if [ -e "$removed" ]; then rm -rf "$removed"; fi
	# Of a run that was cut off when all was done.
	if [ -z "$begun" ] && [ -e "$work" ]; then rm -rf "$work"; fi
	situation='' code=0
	decide || code=$?
	if [ -n "$situation" ]; then
		event situation '' "$situation"
		if [ -z "$steps" ]; then finish "$code"; fi
	fi
	if ! problem=$(check_places_alone); then
		event failed-run state "$problem"
		finish 1
	fi
	find_prober
	if ! problem=$(mkdir -p "$state" "$work" 2>&1 && chmod "$(work_mode)" "$work" 2>&1 && note_made 2>&1 && prepare 2>&1); then
		event failed-run state "$problem"
		if [ -f "$state/manifest.json" ]; then unprepare; else forget; fi
		finish 1
	fi
	prepared=1
	find_log
	journal "$action" begin
	problem=$(flush_state 2>&1) || unwritten state
	for id in $steps; do
		problem=$(journal "$id" begin 2>&1) || unwritten "$id"
		event begin "$id" ''
		case " $begun " in
		*" $id "*) ;;
		*) begun="$id $begun" ;;
		esac
		problem=$("run_$id" 2>&1 </dev/null) || fail "$id" run
		problem=$("gate_$id" 2>&1 </dev/null) || fail "$id" gate
		journal "$id" done
		event done "$id" ''
		if [ -s "$work/notes" ]; then
			event note "$id" "$(cat "$work/notes")"
			rm -f "$work/notes"
		fi
		if [ -n "$interrupted" ]; then
			problem='interrupted'
			fail "$id" run
		fi
	done
	# A run that is cut off here is not done yet: what is left of it is seen, and cleared by the next. Until it is done
	# it may have to be undone, by what it knows in its work folder.
	rm -f "$state"/*.previous "$state"/*.new
	journal "$action" done
	if [ "$action" = rollback ]; then forget; fi
	finish 0
}

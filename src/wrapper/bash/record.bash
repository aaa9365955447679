# __record: adds a line about the call to the log.
__record() {
	local time=$__began took=null tail head word caller=() more='' group unit=null argv passed=null cut='' room
	if ! __open "$__top"; then return; fi
	if [[ $__began == *00 ]]; then __tend_log; fi
	if [[ -e $__directory/$__name.log.stopped ]]; then return; fi

	if [[ $time ]]; then
		took=$((${EPOCHREALTIME/./} - ${time/./}))
	else
		printf -v time '%(%s)T' -1
	fi
	__list 400 "${__errors[@]}"
	tail="\"route\":${__route:+\"}${__route:-null}${__route:+\"},\"facts\":{${__facts:1}},\"errors\":$__text,\"preflightUs\":$took"

	# Who calls: /proc may be that of another PID namespace, so the parent's number is what it says there.
	__read /proc/self/stat 1 ''
	group=${__lines[0]##*') '? }
	group=/proc/${group%% *}
	__read "$group/comm" 1
	__json "${__lines[0]-}"
	head="\"v\":1,\"time\":$time,\"wrapper\":\"$__name\",\"pid\":$$,\"ppid\":$PPID,\"uid\":$UID,\"caller\":{\"comm\":$__text"
	__read "$group/cmdline" 13 ''
	caller=("${__lines[@]}")
	for word in "${caller[@]}"; do
		if [[ $word == interpose-probe ]]; then cut=',"probe":true'; fi
	done
	# The caller may have the same secrets in other places, or all of its words in its first. #? redacts
	more=${caller[1]+x} caller=("${caller[@]:0:1}") #? redacts
	if [[ ${caller-} == *[[:space:]]* ]]; then more=1 caller=("${caller%%[[:space:]]*}"); fi #? redacts
	room=$((2500 - ${#tail}))
	__list $((room < 512 ? room : 512)) "${caller[@]:0:12}"
	if ((__kept < ${#caller[@]})); then more=1; fi
	head+=",\"cmdline\":$__text${more:+,\"cmdlineTruncated\":true}"
	__read /proc/self/cgroup 0
	group=${__lines[*]: -1}
	group=${group#*:*:}
	case $group in
	*.service | *.scope) unit=$group ;;
	*.service/*) unit=${group%.service/*}.service ;;
	*.scope/*) unit=${group%.scope/*}.scope ;;
	esac
	if [[ $unit != null ]]; then
		__json "${unit##*/}"
		unit=$__text
	fi
	__json "$group"
	# Where it can't be read, or is longer than makes sense.
	if [[ ! $group ]] || ((${#__text} > 1024)); then unit=null __text=null; fi
	head+=",\"unit\":$unit,\"cgroup\":$__text}"
	__json "$PWD"
	if ((${#__text} > 1024)); then __text='""'; fi
	head+=",\"cwd\":$__text"

	__redact "${__received[@]}" #? redacts
	local __received=("${__words[@]}") #? redacts
	__redact "${__passed[@]}" #? redacts
	local __passed=("${__words[@]}") #? redacts
	room=$((4096 - ${#head} - ${#tail} - 160)) #?! full
	room=$((1 << 31)) #? full
	__list $((room / 2)) "${__received[@]}"
	argv=$__text
	if ((__kept < ${#__received[@]})); then cut+=",\"truncated\":$((${#__received[@]} - __kept))"; fi
	if [[ ! $__denied ]]; then
		__list $((room - ${#argv})) "${__passed[@]}"
		passed=$__text
		if ((__kept < ${#__passed[@]})); then
			cut+=",\"execArgc\":${#__passed[@]},\"execTruncated\":$((${#__passed[@]} - __kept))"
		fi
	fi
	head+=",\"argv\":$argv,\"argc\":${#__received[@]},\"execArgv\":$passed$cut${__not_utf8:+,\"surrogateEscape\":true}"
	__add_line "$__name.log" "{$head,$tail}"
}

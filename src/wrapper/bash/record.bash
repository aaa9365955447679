# __record: adds a line about the call to the log.
__record() {
	local route=${__route:+\"$__route\"} errors took tail comm caller cmdline more='' group cgroup unit='' cwd head room argv passed=null cut probe=''
	if ! __open "$__top"; then return; fi
	if [[ $__began == *00 ]]; then __tend_log; fi
	if [[ -e $__directory/$__name.log.stopped ]]; then return; fi
	took=${EPOCHREALTIME+$((${EPOCHREALTIME/./} - ${__began/./}))}
	__json errors 400 "${__errors[@]}"
	tail="\"route\":${route:-null},\"facts\":{${__facts:1}},\"errors\":[$errors],\"preflightUs\":${took:-null}"
	__read "/proc/$__parent/comm" 1
	__json comm 200 "${__lines[0]-}"
	__read "/proc/$__parent/cmdline" 13 ''
	for caller in "${__lines[@]}"; do if [[ $caller == interpose-probe ]]; then probe=',"probe":true'; fi; done
	caller=("${__lines[@]:0:12}")
	# The caller may have the same secrets in other places, or all of its words in its first. #? redacts
	caller=("${caller[@]:0:1}") caller=("${caller[@]%%[[:space:]]*}") #? redacts
	__json cmdline $((${#tail} > 1988 ? 2500 - ${#tail} : 512)) "${caller[@]}"
	if [[ $__left || ${__lines[*]} != "${caller[*]}" ]]; then more=',"cmdlineTruncated":true'; fi
	__read /proc/self/cgroup 0
	group=${__lines[*]: -1} group=${group#*:*:}
	__json cgroup 1025 ${group:+"$group"}
	if [[ $cgroup && ($group =~ /([^/]*\.(service|scope))$ || $group =~ .*/([^/]*\.service)/ ||
		$group =~ .*/([^/]*\.scope)/) ]]; then __json unit 1025 "${BASH_REMATCH[1]}"; fi
	__json cwd 1025 "$PWD"
	printf -v head '{"v":1,"time":%s,"wrapper":"%s","pid":%s,"ppid":%s,"uid":%s,"caller":{"comm":%s,"cmdline":[%s]%s,%s},"cwd":%s' \
		"$__began" "$__name" "$$" "$PPID" "$UID" "$comm" "$cmdline" "$more" \
		"\"unit\":${unit:-null},\"cgroup\":${cgroup:-null}" "${cwd:-\"\"}"
	__redact "${__received[@]}" #? redacts
	local __received=("${__words[@]}") #? redacts
	__redact "${__passed[@]}" #? redacts
	local __passed=("${__words[@]}") #? redacts
	room=$((4096 - ${#head} - ${#tail} - 160)) #?! full
	room=$((1 << 31)) #? full
	__json argv $((room / 2)) "${__received[@]}"
	cut=$probe${__left:+,\"truncated\":$__left}
	if [[ ! $__denied ]]; then
		__json passed $((room - ${#argv})) "${__passed[@]}"
		passed=[$passed] cut+=${__left:+,\"execArgc\":${#__passed[@]},\"execTruncated\":$__left}
	fi
	__add_line "$__name.log" "$head,\"argv\":[$argv],\"argc\":${#__received[@]},\"execArgv\":$passed$cut$__not_utf8,$tail}"
}

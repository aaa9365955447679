# __tend_log: stops the log where its file system is nearly full, and turns it over where it is large enough. It is
# called now and then, and less than a MiB comes until the next time.
__tend_log() {
	local log=$__directory/$__name.log at lock sizes -
	__ask stat -f -c '%a %b %S' "$__directory/."
	if [[ $__answer =~ ^([0-9]+)\ ([0-9]+)\ ([0-9]+)$ ]]; then
		sizes=("${BASH_REMATCH[@]}")
		if ((sizes[1] * 100 >= sizes[2] * __log_free && (!__log_free || sizes[1] * sizes[3] >= 1 << 20))); then
			if [[ -e $log.stopped ]]; then __ask rm -f "$log.stopped"; fi
		elif [[ ! -e $log.stopped ]]; then
			__add_line "$__name.log.stopped" "$$"
			__list 200 "less than 1 MiB or $__log_free % of the file system is free"
			__add_line "$__name.log" "{\"v\":1,\"time\":${__began:-0},\"wrapper\":\"$__name\",\"stopped\":${__text:1:-1}}"
		fi
	fi
	__ask stat -c %s "$log"
	if [[ ! $__answer =~ ^[0-9]+$ ]] || ((__answer < __log_size)); then return; fi
	# One at a time; who was killed at it has left a number that is no process's.
	set -C
	if ! true {lock}>"$log.turning"; then
		__read "$log.turning" 1
		if [[ ! -d /proc/${__lines[0]-none} ]]; then __ask rm -f "$log.turning"; fi
		return
	fi
	exec {lock}>&-
	__add_line "$__name.log.turning" "$$"
	__ask stat -c %s "$log"
	if [[ $__answer =~ ^[0-9]+$ ]] && ((__answer >= __log_size)); then
		for ((at = 1; at < __log_keep; ++at)); do
			if [[ ! -e $log.$at ]]; then break; fi
		done
		for (( ; at > 1; --at)); do __ask mv -fT "$log.$((at - 1))" "$log.$at"; done
		__ask mv -fT "$log" "$log.1"
	fi
	__ask rm -f "$log.turning"
}

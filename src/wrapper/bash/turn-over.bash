# __tend_log: stops the log where its file system is nearly full, and turns it over where it is large; now and then.
__tend_log() {
	local log=$__directory/$__name.log at
	# One at a time, whose link it is; one that leads nowhere, at two looks, is left of a call that was killed.
	if [[ ! -d $log.turning && (-f $log.turning || -L $log.turning) && ! -d $log.turning ]]; then __ask command -p rm -f "$log.turning"; fi
	__ask command -p ln -s "/proc/$__self" "$log.turning"
	if [[ ! $log.turning -ef /proc/$__self ]]; then return; fi
	# An expression: whether less than that is free. #? stops
	__ask command -p stat -f -c "%a * 100 < %b * $__log_free || %a * %S < 1 << 20" "$__directory/." #? stops
	if ((!__answer)) && [[ -e $log.stopped ]]; then #? stops
		__ask command -p rm -f "$log.stopped" #? stops
	elif ((__answer)) && [[ ! -e $log.stopped ]]; then #? stops
		__add_line "$__name.log.stopped" "$$" #? stops
		__add_line "$__name.log" "{\"v\":1,\"time\":$__began,\"wrapper\":\"$__name\",\"stopped\":\"less than 1 MiB or $__log_free % of the file system is free\"}" #? stops
	fi #? stops
	__ask command -p stat -c %s "$log"
	if ((__answer >= __log_size)); then
		for ((at = __log_keep; at > 1; --at)); do
			if [[ -e $log.$((at - 1)) ]]; then __ask command -p mv -fT "$log.$((at - 1))" "$log.$at"; fi
		done
		__ask command -p mv -fT "$log" "$log.1"
	fi
	__ask command -p rm -f "$log.turning"
}

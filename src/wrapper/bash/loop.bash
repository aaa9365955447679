# __look_back: stops a loop: 50 ancestors that run what is wrapped here, or 50 turns by exec, ten seconds apart at most.
__look_back() {
	local pid=self own='' faults=0 depth=0 ancestors=0 turns=0 last=0 path line fields IFS='| '
	while ((depth++ < 4096)) && __read "/proc/$pid/stat" 1 ''; do
		# shellcheck disable=SC2206
		fields=(${__lines[0]##*') '})
		if [[ ! $own ]]; then
			# Its own number and its parent's, in whichever PID namespace /proc is of.
			__self=${__lines[0]%% *} __parent=${fields[1]} own="$__self ${fields[19]}" faults=${fields[7]}
		elif __read "/proc/$pid/cmdline" 3 ''; then
			# One that is in this file yet asks something, and this call is made for the answer.
			if [[ ${__lines[1]-} == "$__wrapper" ]]; then __unasked='it would be asked for by itself'; fi
			for path in "$__binary" "$__wrapper" "$__real"; do #?! paths
			for path in "$__binary" "$__wrapper" "${__paths[@]}"; do #? paths
				if [[ /proc/$pid/exe -ef $path || "|${__lines[*]}|" == *"|$path|"* ]]; then ((++ancestors)) && break; fi
			done
		fi
		pid=${fields[1]}
	done
	# A process that was just made has had fewer page faults.
	if ((faults > 500)) && { __open "$__top" || __open /dev/shm; } && __read /proc/uptime 1; then
		__add_line "$__name.turns" "$own ${__lines[0]%%.*}"
		__read "$__directory/$__name.turns" 0
		for line in "${__lines[@]}"; do
			if [[ $line == "$own "* ]]; then turns=$((${line##* } - last > 10 ? 1 : turns + 1)) last=${line##* }; fi
		done
		if ((${#__lines[@]} > 2000)); then __ask command -p rm -f "$__directory/$__name.turns"; fi
	fi
	if ((ancestors >= 50 || turns > 50)); then
		__errors+=("stopped: it comes back to itself") __denied=126 __message=#@ stopped
	fi
}

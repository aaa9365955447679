# __seems_to_loop: whether a call is looked at closely: one of 17, and where a record is newer than this very process.
__seems_to_loop() {
	local files=$__top/interpose-$__owner/$__name turns=/dev/shm/interpose-$__owner/$__name.turns
	[[ ${__began:-$$} == *[0-5]0 || $files.log -nt /proc/self || $files.turns -nt /proc/self || $turns -nt /proc/self ]]
}

# __look_back: stops a call that is one of a loop: where 50 of its ancestors run what is wrapped here, or this process has
# come back by exec 50 times, each within ten seconds of the last. An uptime may be another machine's, but isn't set back.
__look_back() {
	local pid=self own='' depth=0 ancestors=0 turns=0 last=0 now path line fields IFS=' ' -
	set -f
	__looked=1
	while ((depth++ < 4096)) && __read "/proc/$pid/stat" 1 ''; do
		# shellcheck disable=SC2206
		fields=(${__lines[0]##*') '})
		if [[ ! $own ]]; then
			own="${__lines[0]%% *} ${fields[19]}"
		elif __read "/proc/$pid/cmdline" 3 ''; then
			# One that is in this file yet asks something, and this call is made for the answer.
			if [[ ${__lines[1]-} == "$__wrapper" ]]; then __asks='it would be asked for by itself'; fi
			for path in "$__binary" "$__wrapper" "${__paths[@]}"; do
				if [[ /proc/$pid/exe -ef $path || $path == "${__lines[0]-}" || $path == "${__lines[1]-}" ||
					$path == "${__lines[2]-}" ]]; then
					((++ancestors))
					break
				fi
			done
		fi
		pid=${fields[1]}
	done
	if [[ $own ]] && { __open "$__top" || __open /dev/shm; } && __read /proc/uptime 1; then
		now=${__lines[0]%% *}
		__add_line "$__name.turns" "$own ${now/./}"
		__read "$__directory/$__name.turns" 0
		for line in "${__lines[@]}"; do
			if [[ $line == "$own "* ]]; then
				turns=$((${line##* } - last > 1000 ? 1 : turns + 1)) last=${line##* }
			fi
		done
		# Some 64 KiB.
		if ((${#__lines[@]} > 2000)); then true {now}>"$__directory/$__name.turns" && exec {now}>&-; fi
	fi
	if ((ancestors >= 50 || turns >= 50)); then
		__asks='it comes back to itself' __looped=1
		__errors+=("stopped: it comes back to itself")
	fi
}

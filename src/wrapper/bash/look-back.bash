# __look_back: refuses the call when this process and its ancestors have made __most records within ten
# minutes, each since it started: the real binary comes back to the path that it was called by, again and again.
__look_back() {
	local __pid=$$ __depth=0 __stat='' __now __up __line __time __made=0 __starts=() __fields=() IFS=$' \n' -
	# What is read is taken apart without a here-string, which may be a file that a kill leaves.
	set -f
	printf -v __now '%(%s)T' -1
	read -r __up _ </proc/uptime
	while ((++__depth <= 4096)); do
		__stat=''
		read -rd '' __stat <"/proc/$__pid/stat"
		# shellcheck disable=SC2206
		__fields=(${__stat##*') '})
		# Its start is given in hundredths of a second since the machine's.
		if [[ ! ${__fields[19]-} =~ ^[0-9]+$ ]]; then break; fi
		__starts[__pid]=$((__now - ${__up%%.*} + __fields[19] / 100))
		__pid=${__fields[1]}
		if ((__pid < 2)); then break; fi
	done
	# Without a record of this process that came after its start, only a long line of ancestors is suspicious.
	if [[ $__began == *[0-4]0 ]] && ((__depth <= __most)); then return; fi
	__open_log || return
	IFS=$'\n'
	for __line in $(PATH=/usr/bin:/bin tail -n 1000 "$__folder/$__name.log"); do
		__line=${__line:0:256}
		__time=${__line#*'"time":'}
		__time=${__time%%[!0-9]*}
		__pid=${__line#*'"pid":'}
		__pid=${__pid%%[!0-9]*}
		# The kernel counts in ticks. Another process may have had the number before.
		if [[ $__time && $__pid && ${__starts[__pid]-} ]] &&
			((__time >= __starts[__pid] - 1 && __now - __time <= 600)); then
			((++__made))
		fi
	done
	if ((__made < __most)); then return; fi
	__looped=1 __denied=126
	__errors+=("stopped: it comes back to itself")
}

# __look_back: refuses the call when this process and its ancestors have made __most records within ten
# minutes: the real binary comes back to the path that it was called by, again and again.
__look_back() {
	local __pid=$$ __pids=$$ __depth=0 __stat='' __records __lines=() IFS=''
	while ((++__depth <= 4096)); do
		read -rd '' __stat <"/proc/$__pid/stat"
		__stat=${__stat##*') '}
		__stat=${__stat#* }
		__pid=${__stat%% *}
		if [[ ! $__pid =~ ^[0-9]+$ ]] || ((__pid < 2)); then break; fi
		__pids+=\|$__pid
	done
	# Without a record of this process that came after its start, only a long line of ancestors is suspicious.
	if [[ $__began == *[0-4]0 ]] && ((__depth <= __most)); then return; fi
	__open_log || return
	__records=$(
		PATH=/usr/bin:/bin
		tail -c 1048576 "$__folder/$__name.log" | LC_ALL=C grep -E "\"pid\":($__pids),\"ppid\":" | tail -n "$__most"
	)
	mapfile -t __lines <<<"$__records"
	if ((${#__lines[@]} < __most)); then return; fi
	__records=${__lines[0]#*\"time\":}
	__records=${__records%%[!0-9]*}
	printf -v __stat '%(%s)T' -1
	if ((__stat - __records > 600)); then return; fi
	__looped=1 __denied=126
	__errors+=("stopped: it comes back to itself")
}

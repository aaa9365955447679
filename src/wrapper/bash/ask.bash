# __ask COMMAND [WORD...]: sets __answer to the first line that it prints within ten seconds. All forks are here, and
# what was started ends with this process, however that ends: the helper between them waits at a pipe that closes then.
# Bash exits with 254 where it can't fork; the call goes on, and nothing is asked any more.
__ask() {
	local from to path=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin
	__answer=''
	if [[ ! $__looked ]]; then __look_back; fi #? guards
	if [[ $__asks != yes ]]; then
		__problem=$__asks
		return 1
	fi
	trap 'if (($? == 254)); then __asks="no process can be started" && __main; fi' EXIT
	coproc __helper {
		exec 2>/dev/null
		trap 'kill -KILL "$!" "-$!"; echo' EXIT
		# timeout gives it a process group of its own.
		# shellcheck disable=SC2016
		PATH=/usr/bin:/bin timeout -s KILL 10 /bin/sh -c 'PATH=$1; shift; command -p "$@"; echo' sh "$path" "$@" </dev/null &
		read -rt 10
	}
	from=${__helper[0]} to=${__helper[1]}
	IFS='' read -r -u "$from" __answer
	exec {to}>&- {from}<&-
	wait "$!"
	trap - EXIT
}

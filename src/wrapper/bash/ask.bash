# __ask COMMAND [WORD...]: sets __answer to the first line that it prints within ten seconds. What was started ends with
# this process, however that ends: the shell between them waits at a pipe that closes then, in the group of timeout.
__ask() {
	local from to path=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin
	__answer=''
	if [[ $__unasked ]]; then __problem=$__unasked && return; fi
	# What this wrapper stands for is asked itself. #? facts
	if [[ $1 -ef $__wrapper ]]; then set -- "$__real" "${@:2}"; fi #? facts
	# Bash exits with 254 where it can't fork; the call goes on.
	trap 'if (($? == 254)); then __unasked="no process can be started" && __main; fi' EXIT
	# shellcheck disable=SC2016
	coproc __helper { PATH=$path command -p timeout -s KILL 10 /bin/sh -c \
		'{ "$@" </dev/null; echo; } & read -r _; kill -KILL 0' sh "$@"; } 2>/dev/null
	from=${__helper[0]} to=${__helper[1]}
	IFS='' read -rt 11 -u "$from" __answer
	exec {to}>&- {from}<&-
	wait "$!"
	trap - EXIT
}

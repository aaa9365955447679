# __open_log: opens the folder of this user's logs as __log and sets __folder to it; fails unless the log there
# is a file of this user's own, which it makes where there is none.
__open_log() {
	__folder=/tmp/interpose-$UID
	if [[ ! $__log ]]; then
		if [[ ! -d $__folder ]]; then PATH=/usr/bin:/bin mkdir -m 0700 "$__folder"; fi
		true {__log}<"$__folder/." || return
	fi
	# A link that stood there for a moment may have led to another folder of this user's, where nothing is to be written.
	if [[ ! -O /proc/self/fd/$__log || ! /proc/self/fd/$__log/.. -ef /tmp || -L $__folder ]]; then return 1; fi
	__folder=/proc/self/fd/$__log
	if [[ ! -e $__folder/$__name.log && ! -L $__folder/$__name.log ]]; then
		(
			umask 077
			: >>"$__folder/$__name.log"
		)
	fi
	[[ -f $__folder/$__name.log && -O $__folder/$__name.log && ! -L $__folder/$__name.log ]]
}

# __record: writes the record of a call. The first words received are in __received, and those passed on in
# __passed, unless __around says that these are the same within __prepend and __append; __argc and
# __exec_argc say how many there are.
__record() {
	local __now=${EPOCHREALTIME-} __took=null __time=$__began __head __tail __argv __exec_argv __cut='' __room
	local __line __all __group __unit=null __more=${__hidden:+1}
	if [[ $__began ]]; then
		__took=$((${__now/./} - ${__began/./}))
	else
		printf -v __time '%(%s)T' -1
	fi
	if ! __open_log; then return; fi

	__json_words 400 "${__errors[@]}"
	__tail="\"route\":$__route_json,\"facts\":{${__facts:1}},\"errors\":[${__json:1}],\"preflightUs\":$__took"
	__head="\"v\":1,\"time\":$__time,\"wrapper\":\"$__name\",\"pid\":$$,\"ppid\":$PPID,\"uid\":$UID"
	__json_text "${__caller[0]-}"
	__head+=",\"caller\":{\"comm\":$__json,\"cmdline\":["
	# As many words as the common call keeps, where the rest leaves that much.
	__room=$((2500 - ${#__tail}))
	__json_words $((__room < 512 ? __room : 512)) "${__parent[@]:0:12}"
	if ((__kept < ${#__parent[@]})); then __more=1; fi
	__head+="${__json:1}]${__more:+,\"cmdlineTruncated\":true}"
	__group=${__cgroup[*]: -1}
	__group=${__group#*:*:}
	case $__group in
	*.service | *.scope) __unit=$__group ;;
	*.service/*) __unit=${__group%.service/*}.service ;;
	*.scope/*) __unit=${__group%.scope/*}.scope ;;
	esac
	if [[ $__unit == */* ]]; then
		__json_text "${__unit##*/}"
		__unit=$__json
	fi
	__json_text "$__group"
	# Where it can't be read, or is longer than makes sense.
	if [[ ! $__group ]] || ((${#__json} > 1024)); then __unit=null __json=null; fi
	__head+=",\"unit\":$__unit,\"cgroup\":$__json}"
	__json_text "$PWD"
	if ((${#__json} > 1024)); then __json='""'; fi
	__head+=",\"cwd\":$__json"

	__room=$((4096 - ${#__head} - ${#__tail} - 160))
	if [[ $__full ]]; then __room=$((1 << 30)); fi
	__json_words $((__room / 2)) "${__received[@]}"
	__argv=${__json:1}
	__room=$((__room - ${#__json}))
	if ((__kept < __argc)); then __cut=",\"truncated\":$((__argc - __kept))"; fi
	__all=$__prepended$__json
	if ((__kept == __argc)); then __all+=$__appended; fi
	if [[ $__denied ]]; then
		__exec_argv=null
	else
		if [[ $__around && ${#__all} -le $__room ]]; then
			# What is passed on is what was received, with something before and after it.
			__json=$__all
			if ((__kept == __argc)); then __kept=$__exec_argc; else ((__kept += ${#__prepend[@]})); fi
		else
			if [[ $__around ]]; then __passed=("${__prepend[@]}" "${__received[@]}" "${__append[@]}"); fi
			__json_words "$__room" "${__passed[@]}"
		fi
		__exec_argv=[${__json:1}]
		if ((__kept < __exec_argc)); then __cut+=",\"execArgc\":$__exec_argc,\"execTruncated\":$((__exec_argc - __kept))"; fi
	fi
	__cut+=${__not_utf8:+,\"surrogateEscape\":true}
	__line="{$__head,\"argv\":[$__argv],\"argc\":$__argc,\"execArgv\":$__exec_argv$__cut,$__tail}"

	trap '' XFSZ
	if ((${#__line} < 4096)); then
		printf '%s\n' "$__line" >>"$__folder/$__name.log"
	else
		printf '%s\n' "$__line" |
			PATH=/usr/bin:/bin dd bs=$((${#__line} + 1)) count=1 iflag=fullblock >>"$__folder/$__name.log"
	fi
	trap - XFSZ
}

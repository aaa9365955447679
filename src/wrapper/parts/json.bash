# __json_text TEXT: sets __json to it as a JSON string. A byte that is not UTF-8 becomes the lone
# surrogate \udcXX, as Python's surrogateescape has it, and __not_utf8 is set.
__json_text() {
	local __rest=$1 __code __char __hex __escaped=''
	local __utf8=$'^([\x01-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]'
	__utf8+=$'|[\xe1-\xec\xee\xef][\x80-\xbf][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf][\x80-\xbf]'
	__utf8+=$'|[\xf1-\xf3][\x80-\xbf][\x80-\xbf][\x80-\xbf]|\xf4[\x80-\x8f][\x80-\xbf][\x80-\xbf])'
	__rest=${__rest//\\/\\\\}
	__rest=${__rest//\"/\\\"}
	if [[ $__rest == *[$'\x01'-$'\x1f'$'\x7f']* ]]; then
		for __code in {1..31} 127; do
			printf -v __hex %02x "$__code"
			printf -v __char %b "\\x$__hex"
			__rest=${__rest//"$__char"/\\u00$__hex}
		done
	fi
	if [[ $__rest == *[$'\x80'-$'\xff']* && ! $__rest =~ ${__utf8}*$ ]]; then
		__not_utf8=1
		while [[ $__rest ]]; do
			if [[ $__rest =~ ${__utf8}+ ]]; then
				__escaped+=${BASH_REMATCH[0]}
				__rest=${__rest:${#BASH_REMATCH[0]}}
			else
				printf -v __hex %02x "'${__rest:0:1}"
				__escaped+=\\udc${__hex: -2}
				__rest=${__rest:1}
			fi
		done
		__rest=$__escaped
	fi
	__json=\"$__rest\"
}

# __json_words ROOM WORD...: sets __json to as many of the words as fit into ROOM bytes, each with a
# comma before it, and __kept to how many these are.
__json_words() {
	local __room=$1 __all='' __word IFS=' '
	shift
	__kept=0 __json=''
	if (($# == 0)); then return; fi
	if [[ $* != *[!\ !#-[\]-~]* ]]; then
		printf -v __json ',"%s"' "$@"
		if ((${#__json} > __room)); then
			__json=${__json:0:__room+2}
			__json=${__json%,\"*}
		fi
		__all=${__json//[!\"]/}
		__kept=$((${#__all} / 2))
		return
	fi
	for __word in "$@"; do
		if ((${#__all} + ${#__word} + 3 > __room)); then break; fi
		__json_text "$__word"
		if ((${#__all} + ${#__json} + 1 > __room)); then break; fi
		__all+=,$__json
		((++__kept))
	done
	__json=$__all
}

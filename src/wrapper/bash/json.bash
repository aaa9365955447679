# __json_text TEXT: sets __json to it as a JSON string. A byte that is not UTF-8 becomes the lone
# surrogate \udcXX, as Python's surrogateescape has it, and __not_utf8 is set.
__json_text() {
	local __rest=$1 __piece __at __char __hex __escaped=''
	local __utf8=$'^([\x01-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]'
	__utf8+=$'|[\xe1-\xec\xee\xef][\x80-\xbf][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf][\x80-\xbf]'
	__utf8+=$'|[\xf1-\xf3][\x80-\xbf][\x80-\xbf][\x80-\xbf]|\xf4[\x80-\x8f][\x80-\xbf][\x80-\xbf])'
	__rest=${__rest//\\/\\\\}
	__rest=${__rest//\"/\\\"}
	while [[ $__rest == *[$'\x01'-$'\x1f'$'\x7f']* ]]; do
		__char=${__rest#"${__rest%%[$'\x01'-$'\x1f'$'\x7f']*}"}
		__char=${__char:0:1}
		printf -v __hex %02x "'$__char"
		__rest=${__rest//"$__char"/\\u00$__hex}
	done
	if [[ $__rest == *[$'\x80'-$'\xff']* && ! $__rest =~ ${__utf8}*$ ]]; then
		__not_utf8=1
		while [[ $__rest ]]; do
			# Piece by piece, none of which ends within a character: to shorten a long text takes long.
			__piece=${__rest:0:512}
			__rest=${__rest:512}
			if [[ $__rest =~ ^[$'\x80'-$'\xbf']{1,3} ]]; then
				__piece+=${BASH_REMATCH[0]}
				__rest=${__rest:${#BASH_REMATCH[0]}}
			fi
			while [[ $__piece ]]; do
				if [[ $__piece =~ ${__utf8}+ ]]; then
					__escaped+=${BASH_REMATCH[0]}
					__piece=${__piece:${#BASH_REMATCH[0]}}
					continue
				fi
				# A byte that starts no character; neither do those after it.
				[[ $__piece =~ ^.[$'\x80'-$'\xc1'$'\xf5'-$'\xff']* ]]
				__piece=${__piece:${#BASH_REMATCH[0]}}
				for ((__at = 0; __at < ${#BASH_REMATCH[0]}; ++__at)); do
					printf -v __hex %02x "'${BASH_REMATCH[0]:__at:1}"
					__escaped+=\\udc${__hex: -2}
				done
			done
		done
		__rest=$__escaped
	fi
	__json=\"$__rest\"
}

# __json_words ROOM WORD...: sets __json to as many of the words as fit into ROOM bytes, each with a
# comma before it, and __kept to how many these are.
__json_words() {
	local __room=$1 __size=0 __all __word IFS=' '
	shift
	__kept=$# __json='' __all=$*
	if ((${#__all} + 2 * $# + 1 > __room)); then
		__kept=0
		while ((__kept + 16 <= $#)); do
			__all=${*:__kept+1:16}
			if ((__size + ${#__all} + 33 > __room)); then break; fi
			((__size += ${#__all} + 33, __kept += 16))
		done
		for __word in "${@:__kept+1}"; do
			if (((__size += ${#__word} + 3) > __room)); then break; fi
			((++__kept))
		done
		set -- "${@:1:__kept}"
		__all=$*
	fi
	if ((__kept == 0)); then return; fi
	if [[ $__all != *[!\ !#-[\]-~]* ]]; then
		printf -v __json ',"%s"' "$@"
		return
	fi
	__kept=0 __all=''
	for __word in "$@"; do
		__json_text "$__word"
		if ((${#__all} + ${#__json} + 1 > __room)); then break; fi
		__all+=,$__json
		((++__kept))
	done
	__json=$__all
}

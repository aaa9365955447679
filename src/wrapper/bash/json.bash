# __json TEXT: sets __text to it as a JSON string. A byte that is not UTF-8 becomes the lone surrogate \udcXX, as
# Python's surrogateescape has it, and __not_utf8 is set.
__json() {
	local rest=$1 piece at hex escaped=''
	local utf8=$'([\x01-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]'
	utf8+=$'|[\xe1-\xec\xee\xef][\x80-\xbf][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf][\x80-\xbf]'
	utf8+=$'|[\xf1-\xf3][\x80-\xbf][\x80-\xbf][\x80-\xbf]|\xf4[\x80-\x8f][\x80-\xbf][\x80-\xbf])'
	if [[ $rest != *[!\ !#-[\]-~]* ]]; then
		__text=\"$rest\"
		return
	fi
	rest=${rest//\\/\\\\}
	rest=${rest//\"/\\\"}
	while [[ $rest == *[$'\x01'-$'\x1f'$'\x7f']* ]]; do
		piece=${rest#"${rest%%[$'\x01'-$'\x1f'$'\x7f']*}"}
		printf -v hex %02x "'${piece:0:1}"
		rest=${rest//"${piece:0:1}"/\\u00$hex}
	done
	if [[ $rest == *[$'\x80'-$'\xff']* && ! $rest =~ ^$utf8*$ ]]; then
		__not_utf8=1
		while [[ $rest ]]; do
			# Piece by piece, none of which ends within a character: to shorten a long text takes long.
			[[ ${rest:512} =~ ^[$'\x80'-$'\xbf']{0,3} ]]
			piece=${rest:0:512+${#BASH_REMATCH[0]}} rest=${rest:512+${#BASH_REMATCH[0]}}
			while [[ $piece ]]; do
				if [[ $piece =~ ^$utf8+ ]]; then
					escaped+=${BASH_REMATCH[0]}
				else
					[[ $piece =~ ^.[$'\x80'-$'\xc1'$'\xf5'-$'\xff']* ]]
					for ((at = 0; at < ${#BASH_REMATCH[0]}; ++at)); do
						printf -v hex %02x "'${BASH_REMATCH[0]:at:1}"
						escaped+=\\udc${hex: -2}
					done
				fi
				piece=${piece:${#BASH_REMATCH[0]}}
			done
		done
		rest=$escaped
	fi
	__text=\"$rest\"
}

# __list ROOM WORD...: sets __text to a JSON list of as many of the words as fit, and __kept to how many these are.
__list() {
	local room=$1 word list=''
	shift
	__kept=0
	for word in "$@"; do
		if ((${#list} + ${#word} + 3 > room)); then break; fi
		__json "$word"
		if ((${#list} + ${#__text} + 1 > room)); then break; fi
		list+=,$__text
		((++__kept))
	done
	__text=[${list:1}]
}

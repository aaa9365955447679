# __json NAME ROOM WORD...: sets NAME to as many of the words as fit, as JSON has them, and __left to how many don't, if
# any. A byte that is not UTF-8 becomes the lone surrogate \udcXX, as Python's surrogateescape has it.
__json() {
	local word text hex at size list='' count=$(($# - 2))
	# Each x is a byte that goes on with a character.
	local characters=$'^([ -~]|[\xc2-\xdf]x|\xe0[\xa0-\xbf]x|[\xe1-\xec\xee\xef]xx|\xed[\x80-\x9f]x|\xf0[\x90-\xbf]xx|[\xf1-\xf3]xxx|\xf4[\x80-\x8f]xx)+'
	characters=${characters//x/$'[\x80-\xbf]'}
	for word in "${@:3}"; do
		if ((${#list} + ${#word} + 3 > $2)); then break; fi
		word=${word//\\/\\\\} text=''
		word=\"${word//\"/\\\"}\"
		for ((at = 0; at < ${#word}; at += size)); do
			if [[ ${word:at:512} =~ $characters ]]; then size=${#BASH_REMATCH[0]} text+=${BASH_REMATCH[0]} && continue; fi
			printf -v hex 00%02x "'${word:at:1}"
			if [[ ${word:at:1} == [$'\x80'-$'\xff'] ]]; then hex=dc${hex: -2} __not_utf8=',"surrogateEscape":true'; fi
			size=1 text+=\\u$hex
		done
		if ((${#list} + ${#text} + 1 > $2)); then break; fi
		list+=,$text count=$((count - 1))
	done
	__left=${count#0}
	printf -v "$1" %s "${list:1}"
}

# __change_options WORD...: sets __words to them with the options of __set (name, value, ...) given
# their value and those of __remove taken out; __at follows. What was not there to be set is
# put in front of __append.
__change_options() {
	local word name at=0 next='' value
	local -A values=() gone=() missing=()
	for ((at = 0; at < ${#__set[@]}; at += 2)); do
		values[${__set[at]}]=${__set[at + 1]}
		missing[${__set[at]}]=1
	done
	for name in "${__remove[@]}"; do gone[$name]=1; done
	__words=() __at='' at=0
	for word in "$@"; do
		((++at))
		case $next in
		keep) __words+=("$word") ;;
		give) __words+=("$value") ;;
		esac
		if [[ $next ]]; then
			next=''
			continue
		fi
		if [[ $word == -- ]]; then
			__at=${#__words[@]}
			__words+=("${@:at}")
			break
		fi
		case $word in
		--?*) name=${word%%=*} ;;
		-?*) name=${word:0:2} ;;
		*) name='' ;;
		esac
		if [[ $name && $word != "$name" && $name != --* ]] && ! __takes_value "$name"; then
			name=''
		fi
		if [[ $name && ${gone[$name]-} ]]; then
			if [[ $word == "$name" ]] && __takes_value "$name"; then next=drop; fi
		elif [[ $name && ${values[$name]+x} ]]; then
			missing[$name]=''
			value=${values[$name]}
			case $word in
			"$name")
				__words+=("$word")
				next=give
				;;
			--*) __words+=("$name=$value") ;;
			*) __words+=("$name$value") ;;
			esac
		else
			__words+=("$word")
			if [[ $name && $word == "$name" ]] && __takes_value "$name"; then next=keep; fi
		fi
	done
	if [[ $next == give ]]; then __words+=("$value"); fi
	__at=${__at:-${#__words[@]}}
	for ((at = ${#__set[@]} - 2; at >= 0; at -= 2)); do
		if [[ ${missing[${__set[at]}]-} ]]; then
			__append=("${__set[at]}" "${__set[at + 1]}" "${__append[@]}")
		fi
	done
}

# __change_options WORD...: sets __words to them with the options of __set (name, value, ...) given
# their value and those of __remove taken out; __terminator follows. What was not there to be set is
# put in front of __append.
__change_options() {
	local __word __name __at=0 __next='' __value
	local -A __values=() __gone=() __missing=()
	for ((__at = 0; __at < ${#__set[@]}; __at += 2)); do
		__values[${__set[__at]}]=${__set[__at + 1]}
		__missing[${__set[__at]}]=1
	done
	for __name in "${__remove[@]}"; do __gone[$__name]=1; done
	__words=() __terminator=0 __at=0
	for __word in "$@"; do
		((++__at))
		case $__next in
		keep) __words+=("$__word") ;;
		give) __words+=("$__value") ;;
		esac
		if [[ $__next ]]; then
			__next=''
			continue
		fi
		if [[ $__word == -- ]]; then
			__terminator=$((${#__words[@]} + 1))
			__words+=("${@:__at}")
			break
		fi
		case $__word in
		--?*) __name=${__word%%=*} ;;
		-?*) __name=${__word:0:2} ;;
		*) __name='' ;;
		esac
		if [[ $__name && $__word != "$__name" && $__name != --* ]] && ! __takes_value "$__name"; then
			__name=''
		fi
		if [[ $__name && ${__gone[$__name]-} ]]; then
			if [[ $__word == "$__name" ]] && __takes_value "$__name"; then __next=drop; fi
		elif [[ $__name && ${__values[$__name]+x} ]]; then
			__missing[$__name]=''
			__value=${__values[$__name]}
			case $__word in
			"$__name")
				__words+=("$__word")
				__next=give
				;;
			--*) __words+=("$__name=$__value") ;;
			*) __words+=("$__name$__value") ;;
			esac
		else
			__words+=("$__word")
			if [[ $__name && $__word == "$__name" ]] && __takes_value "$__name"; then __next=keep; fi
		fi
	done
	if [[ $__next == give ]]; then __words+=("$__value"); fi
	for ((__at = ${#__set[@]} - 2; __at >= 0; __at -= 2)); do
		if [[ ${__missing[${__set[__at]}]-} ]]; then
			__append=("${__set[__at]}" "${__set[__at + 1]}" "${__append[@]}")
		fi
	done
}

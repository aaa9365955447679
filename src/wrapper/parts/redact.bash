# __redact WORD...: sets __words to them without the values of the options in __secret.
__redact() {
	local __word __name __next=''
	__words=()
	for __word in "$@"; do
		if [[ $__next ]]; then
			__words+=('[redacted]')
			__next=''
			continue
		fi
		for __name in "${__secret[@]}"; do
			case $__word in
			"$__name") __next=1 ;;
			"$__name"=*) __word=$__name='[redacted]' ;;
			"$__name"?*) if [[ $__name != --* ]]; then __word=$__name'[redacted]'; fi ;;
			esac
		done
		__words+=("$__word")
	done
}

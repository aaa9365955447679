# __redact WORD...: sets __words to them without the values of the options in __secret.
__redact() {
	local __word __name __hidden __next=''
	__words=()
	for __word in "$@"; do
		__hidden=$__next __next=''
		for __name in "${__secret[@]}"; do
			case $__word in
			"$__name") __next=1 ;;
			"$__name"=*) __word=$__name='[redacted]' ;;
			"$__name"?*) if [[ $__name != --* ]]; then __word=$__name'[redacted]'; fi ;;
			esac
		done
		if [[ $__hidden ]]; then __word='[redacted]'; fi
		__words+=("$__word")
	done
}

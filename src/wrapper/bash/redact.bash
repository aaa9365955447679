# __redact WORD...: sets __words to them without the values of the options in __secret.
__redact() {
	local word name hidden next=''
	__words=()
	for word in "$@"; do
		hidden=$next next=''
		for name in "${__secret[@]}"; do
			case $word in
			"$name") next=1 ;;
			"$name"=*) word=$name='[redacted]' ;;
			"$name"?*) if [[ $name != --* ]]; then word=$name'[redacted]'; fi ;;
			esac
		done
		if [[ $hidden ]]; then word='[redacted]'; fi
		__words+=("$word")
	done
}

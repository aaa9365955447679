# Everything that happens: what is decided, the record, then a refusal or the real binary.
__main() {
	# Bash's own complaints are nobody's; but to redirect a file drops the locks that the caller holds on it.
	if [[ -f /dev/fd/2 || ! -c /dev/null ]]; then __prepare; else __prepare 2>/dev/null; fi
	if [[ $__denied ]]; then #? refuses
		trap '' PIPE #? refuses
		printf '%s\n' "$__message" >&2 #? refuses
		exit "$__denied" #? refuses
	fi #? refuses
	__run
}

__prepare() {
	__look_back #? guards
	if [[ ! $__denied ]]; then __decide; fi #? guards
	__decide #?! guards
	__record #? records
	if [[ $__opened ]]; then exec {__opened}<&-; fi #? guards
}

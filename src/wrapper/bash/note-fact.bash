# __note_fact NAME: puts what was just found out, or why nothing was, into the record.
__note_fact() {
	if [[ $__value ]]; then
		__facts+=,\"$1\":$__shown
	else
		__facts+=,\"$1\":null
		__errors+=("$1: $__problem")
	fi
}

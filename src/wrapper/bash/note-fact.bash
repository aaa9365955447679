# __note_fact NAME: puts the last answer, or why there is none, into the record.
__note_fact() {
	if [[ $__answer ]]; then
		__facts+=,\"$1\":$__shown
	else
		__facts+=,\"$1\":null
		__errors+=("$1: $__problem")
	fi
}

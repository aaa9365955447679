# __file_size FACT FILE: finds out once how many bytes a file has; fails where that can't be had.
__file_size() {
	local -n fact=__fact_$1
	if [[ $fact == unknown ]]; then
		fact='' __answer='' __problem='no such file'
		if [[ -f $2 ]] && __problem='its size is not to be had' && __ask command -v stat && [[ $__answer ]]; then
			__ask "$__answer" -L -c %s -- "$2"
		fi
		if [[ $__answer =~ ^[0-9]{1,18}$ ]]; then fact=$__answer; else __errors+=("$1: $__problem"); fi
		__facts+=,\"$1\":${fact:-null}
	fi
	[[ $fact ]]
}

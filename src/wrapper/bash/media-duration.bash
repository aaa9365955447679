# __media_duration FACT FILE: finds out once how many nanoseconds a recording has; fails where that can't be had.
__media_duration() {
	local -n fact=__fact_$1
	if [[ $fact == unknown ]]; then
		fact='' __shown=null __answer='' __problem='no such file'
		if [[ -f $2 ]] && __problem='ffprobe is not installed' && __ask command -v ffprobe && [[ $__answer ]]; then
			__problem='ffprobe found no duration'
			__ask "$__answer" -v quiet -show_entries format=duration -of default=noprint_wrappers=1:nokey=1 -i "file:$2"
		fi
		if [[ $__answer =~ ^([0-9]{1,9})(\.([0-9]{1,9}))?$ ]]; then
			__shown=$__answer __answer=${BASH_REMATCH[3]}000000000
			fact=$((10#${BASH_REMATCH[1]}${__answer:0:9}))
		fi
		if [[ ! $fact ]]; then __errors+=("$1: $__problem"); fi
		__facts+=,\"$1\":$__shown
	fi
	[[ $fact ]]
}

# __media_duration FILE: sets __shown to its seconds and __value to its nanoseconds, or __problem.
__media_duration() {
	__value='' __problem='no such file'
	if [[ ! -f $1 ]]; then return; fi
	__problem='ffprobe is not installed'
	if ! __find_program ffprobe; then return; fi
	__problem='ffprobe found no duration'
	__ask "$__program" -v quiet -show_entries format=duration -of default=noprint_wrappers=1:nokey=1 -i "file:$1"
	if [[ $__answer =~ ^([0-9]{1,9})(\.([0-9]{1,9}))?$ ]]; then
		__shown=$__answer __answer=${BASH_REMATCH[3]}000000000
		__value=$((10#${BASH_REMATCH[1]} * 1000000000 + 10#${__answer:0:9}))
	fi
}

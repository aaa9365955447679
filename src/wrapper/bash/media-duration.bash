# __media_duration FILE: sets __shown to its seconds and __answer to its nanoseconds, or __problem.
__media_duration() {
	__problem='no such file'
	if [[ ! -f $1 ]]; then return 1; fi
	__problem='ffprobe is not installed'
	local __path=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin
	if ! PATH=$__path type -P ffprobe >/dev/null; then return 1; fi
	__problem='ffprobe found no duration'
	__shown=$(PATH=$__path timeout 10 ffprobe -v quiet -show_entries format=duration \
		-of default=noprint_wrappers=1:nokey=1 -i "file:$1" </dev/null 2>/dev/null)
	if [[ ! $__shown =~ ^([0-9]{1,9})(\.([0-9]{1,9}))?$ ]]; then return 1; fi
	local __fraction=${BASH_REMATCH[3]}000000000
	__answer=$((10#${BASH_REMATCH[1]} * 1000000000 + 10#${__fraction:0:9}))
}

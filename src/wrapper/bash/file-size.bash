# __file_size FILE: sets __shown and __answer to its bytes, or __problem.
__file_size() {
	__problem='no such file'
	if [[ ! -f $1 ]]; then return 1; fi
	__problem='its size is not to be had'
	local __path=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin
	__shown=$(PATH=$__path stat -L -c %s -- "$1" 2>/dev/null)
	if [[ ! $__shown =~ ^[0-9]{1,18}$ ]]; then return 1; fi
	__answer=$__shown
}

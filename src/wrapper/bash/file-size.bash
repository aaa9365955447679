# __file_size FILE: sets __shown and __value to its bytes, or __problem.
__file_size() {
	__value='' __problem='no such file'
	if [[ ! -f $1 ]]; then return; fi
	__problem='its size is not to be had'
	if ! __find_program stat; then return; fi
	__ask "$__program" -L -c %s -- "$1"
	if [[ $__answer =~ ^[0-9]{1,18}$ ]]; then __shown=$__answer __value=$__answer; fi
}

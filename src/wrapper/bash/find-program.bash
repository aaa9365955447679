# __find_program NAME: sets __program to where it is. What this wrapper stands for is asked itself.
__find_program() {
	local rest=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin: directory
	while [[ $rest ]]; do
		directory=${rest%%:*} rest=${rest#*:}
		__program=${directory:-.}/$1
		if [[ $__program -ef $__wrapper ]]; then __program=$__real; fi
		if [[ -f $__program && -x $__program ]]; then return; fi
	done
	return 1
}

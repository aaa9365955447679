# __restore: gives the environment back as the caller had it, whatever it was, with what the policy changes.
__restore() {
	if [[ $__locale ]]; then LC_ALL=${__locale:1}; fi
	if __read /proc/self/environ 0 ''; then
		declare -g +x PWD
		unset -v __last __level
		for __entry in "${__lines[@]}"; do
			if [[ $__entry =~ ^(PWD|OLDPWD|FUNCNEST|PS[124]|IFS|OPTIND|OPTERR)= ]]; then declare -gx "$__entry"; fi
			if [[ $__entry == SHLVL=* ]]; then __level=1; fi
			if [[ $__entry == _=* ]]; then __last=${__entry#_=}; fi
		done
		# Exec exports SHLVL, but can't export an array.
		if [[ ! -v __level ]]; then unset -v SHLVL && SHLVL=(); fi
	fi
	#@ environment
}

# __run: ends in the real binary, which is where it was called once the interception has been taken away.
__run() {
	if [[ -f /dev/fd/2 || ! -c /dev/null ]]; then __restore; else __restore 2>/dev/null; fi
	for __turn in 1 2 3; do
		__path=$__real #?! paths
		for __path in "${__paths[@]}"; do #? paths
			if [[ -x $__path ]]; then break; fi #? paths
		done #? paths
		if [[ ! -e $__path && ! $__called -ef $__wrapper ]]; then __path=$__called; fi
		if [[ $__path != */* ]]; then __path=./$__path; fi
		__as=$__called
		# Who follows the link first calls this file.
		if [[ $__called -ef $__wrapper && ! -L $__called ]]; then __as=$__binary; fi
		# A program behind a link finds its parts by following its name. #? named
		if [[ -L $__real && $__path == "${__paths[0]}" ]]; then __as=$__path; fi #? named
		if [[ -v __last ]]; then
			_=$__last exec -a "$__as" "$__path" "${__passed[@]}"
		else
			exec -a "$__as" "$__path" "${__passed[@]}"
		fi
		__status=$?
		# Again where the directory has changed since the call began.
		if [[ $__status != 127 || ! ${__path%/*} -nt /proc/self ]]; then break; fi
	done
	exit "$__status"
}

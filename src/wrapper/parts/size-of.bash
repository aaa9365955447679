# __size_of VARIABLE TEXT: sets it to the number of characters, which are the bytes that start one.
__size_of() {
	local __starts=${2//[$'\x80'-$'\xbf']/}
	printf -v "$1" %s ${#__starts}
}

# __size_of TEXT: sets __size to the number of its characters, which are the bytes that start one.
__size_of() {
	local starts=${1//[$'\x80'-$'\xbf']/}
	__size=${#starts}
}

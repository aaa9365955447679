# __read FILE COUNT [END]: sets __lines to its first COUNT lines (0: all), or what else ends with END; see __add_line.
__read() {
	local file newline=$'\n'
	__lines=()
	[[ -r $1 ]] && { mapfile -t -n "$2" -d "${3-$newline}" -u "$file" __lines; } {file}<"$1" && exec {file}<&-
}

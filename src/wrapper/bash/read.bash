# __read FILE COUNT [END]: sets __lines to its first COUNT lines (0: all), or what else ends with END; see __add_line.
__read() {
	local file
	__lines=()
	if [[ ! -r $1 ]]; then return 1; fi
	{ mapfile -t -n "$2" -d "${3-$'\n'}" -u "$file" __lines; } {file}<"$1" && exec {file}<&-
}

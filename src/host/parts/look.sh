# Prints what there is, as fields ended by NUL; changes nothing.

field() {
	printf '%s\0' "$@"
}

# look_path PATH: the path itself, and the file that it leads to.
look_path() {
	if [ ! -e "$1" ] && [ ! -L "$1" ]; then
		field path "$1" none '' '' '' '' '' '' ''
		return
	fi
	link='' resolved=$(readlink -f -- "$1")
	if [ -L "$1" ]; then link=$(readlink -- "$1"); fi
	kind=other hash='' magic='' runs=no stat=$(stat -c '%d %i %s %a %u %g %Y %h %U' -- "$1")
	if [ -f "$1" ]; then
		kind=file
		find_content "$1" "$stat"
	elif [ -d "$1" ]; then
		kind=folder
	elif [ -L "$1" ]; then
		kind=dangling
		if loops "$1"; then kind=loop; fi
	fi
	if [ -x "$1" ]; then runs=yes; fi
	find_attributes "$1"
	field path "$1" "$kind" "$stat" "$link" "$resolved" "$hash" "$magic" "$runs" "$attributes"
}

# find_content FILE STAT: sets hash and magic. A file may be large and have several names, and is read once: what is known
# of it is in a variable that is named after its device and inode, so that a thousand files don't make one text that is
# gone through for each of them.
find_content() {
	if [ -L "$1" ]; then
		inode=$(stat -L -c '%d %i' -- "$1")
	else
		magic=${2#* } inode="${2%% *} ${magic%% *}"
	fi
	known=''
	case $inode in
	*[!0-9\ ]* | '' | ' '*) ;;
	*) eval "known=\${content_${inode% *}_${inode#* }-}" ;;
	esac
	if [ -n "$known" ]; then
		hash=${known%% *} magic=${known#* }
		return
	fi
	hash=$(sha256sum <"$1" 2>/dev/null)
	hash=${hash%% *}
	# A shell leaves NULs out, and one of them says so.
	{ magic=$(head -c 200 <"$1"); } 2>/dev/null
	magic=${magic%%"$newline"*}
	case $magic in
	?ELF*) if has_mark "$1"; then magic='interpose wrapper'; fi ;;
	esac
	case $inode in
	*[!0-9\ ]* | '' | ' '*) ;;
	*) eval "content_${inode% *}_${inode#* }=\$hash\ \$magic" ;;
	esac
}

look_folder() {
	writable=no
	if [ ! -d "$1" ]; then
		writable=missing
	elif [ -w "$1" ]; then
		writable=yes
	fi
	find_attributes "$1"
	field folder "$1" "$writable" "$attributes"
}

# look_state FOLDER: the folder itself, or the nearest above it that is there.
look_state() {
	above=$1
	while [ ! -d "$above" ] && [ "${above%/*}" != '' ]; do above=${above%/*}; done
	writable=no
	if [ -w "$above" ]; then writable=yes; fi
	field state "$above" "$writable"
}

# look_package PATH: which package has it, and where dpkg puts it instead.
look_package() {
	manager='' owner='' registered=$1
	if command -v dpkg-query >/dev/null 2>&1; then
		manager=dpkg
		for path in "$1" "$(other_name "$1")"; do
			if [ "$path" -ef "$1" ] && has_path "$path"; then
				registered=$path owner=$(owner_of "$path")
				break
			fi
		done
		by=$(dpkg-divert --listpackage "$registered" 2>/dev/null)
		if [ -n "$by" ]; then field diversion "$1" "$by" "$(dpkg-divert --truename "$registered")"; fi
	fi
	if [ -z "$owner" ] && command -v rpm >/dev/null 2>&1; then
		manager=rpm
		owner=$(rpm -qf --qf '%{NAME}' "$1" 2>/dev/null) || owner=''
	fi
	field package "$1" "$manager" "$owner" "$registered"
	field probes "$1" "$(safe_probes "$1")"
}

# find_guards: sets guards to what could keep an interception in place here.
find_guards() {
	guards=''
	if [ "$me" = 0 ]; then
		if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then guards="$guards system"; fi
		if [ -d /etc/cron.d ] && command -v crontab >/dev/null; then guards="$guards cron.d"; fi
	else
		if [ -S "${XDG_RUNTIME_DIR:-/run/user/$me}/systemd/private" ]; then guards="$guards user"; fi
		if command -v crontab >/dev/null; then guards="$guards crontab"; fi
	fi
}

# find_forbidding: sets forbids to what lets only programs run that it knows.
find_forbidding() {
	forbids=''
	if [ -e /run/fapolicyd/fapolicyd.fifo ] || [ -e /run/fapolicyd.pid ]; then forbids=fapolicyd; fi
	if grep -q 'appraise.*func=BPRM_CHECK' /sys/kernel/security/ima/policy; then forbids=IMA; fi
} 2>/dev/null

look_host() {
	who_looks
	bash=''
	if [ -x /bin/bash ]; then
		# shellcheck disable=SC2016
		bash=$(exec env -i /bin/bash --norc -c 'echo "$BASH_VERSION"' 2>/dev/null)
	fi
	ffprobe=$(command -v ffprobe)
	first_line /proc/sys/fs/protected_hardlinks
	find_forbidding
	field host "$me" "$(id -un)" "$root" "$bash" "$ffprobe" "$line" "$(date +%s)" "$(uname -m)" "$forbids"
	look_state "$root"
	find_guards
	field guards "$guards" "${XDG_CONFIG_HOME:-${HOME-}/.config}/systemd/user"
	field mounts "$(cat /proc/self/mounts 2>/dev/null)"
}

# look_interceptions: in $root, every manifest with its journal, and the paths that it names.
look_interceptions() {
	for folder in "$root"/*/; do
		folder=${folder%/}
		if [ ! -f "$folder/manifest.json" ]; then continue; fi
		if ! is_trusted "$folder"; then
			field untrusted "$folder"
			continue
		fi
		kept='' guard='' leftover=''
		for file in "$folder"/*.previous "$folder"/*.new "$folder"/work; do
			if [ -e "$file" ]; then leftover=yes; fi
		done
		if [ -f "$folder/kept" ]; then kept=$(cat "$folder/kept"); fi
		if [ -f "$folder/guard" ]; then guard=$(cat "$folder/guard"); fi
		field interception "$folder" "$(cat "$folder/manifest.json")" "$(cat "$folder/journal" 2>/dev/null)" "$kept" "$guard" \
			"$leftover"
		if [ ! -f "$folder/paths" ]; then continue; fi
		while IFS= read -r path; do
			look_path "$path"
		done <"$folder/paths"
		{ IFS= read -r binary && IFS= read -r wrapper && IFS= read -r real; } <"$folder/paths" || continue
		look_parts "$binary" "$wrapper" "$real"
	done
}

# look_roots: what root has put in place, for others, who can't see much of it.
look_roots() {
	if [ "$me" = 0 ]; then return; fi
	for folder in /var/lib/interpose/*/; do
		folder=${folder%/}
		if [ -r "$folder/manifest.json" ] && is_trusted "$folder"; then
			field roots "$folder" "$(cat "$folder/manifest.json")"
		fi
	done
}

# look_parts BINARY WRAPPER REAL: what the wrapper gives who runs it, and what leads back to one of them where it shouldn't.
look_parts() {
	find_capabilities "$2"
	if [ -n "$capabilities" ]; then field capabilities "$2" "$capabilities"; fi
	if [ "$(readlink -- "$1")" != "$2" ]; then
		if passes_through "$1" "$3" || passes_through "$1" "$2"; then
			field leads-back "$1" link
		elif names_parts "$1" "$1" "$2" "$3"; then
			field leads-back "$1" script
		fi
	elif names_parts "$2" "$1" "$2" "$3"; then
		field leads-back "$2" script
	fi
}

# look_remains: names of which a run that was cut off has left something, but no manifest. One that is at work is none.
look_remains() {
	for path in "$root"/*/ "$root"/.removed.*/ "$root"/.lock.*; do
		path=${path%/}
		name=${path##*/}
		case $name in
		.lock.*.stale.*[0-9]) name=${name#.*.} name=${name%.stale.*} ;;
		.lock.* | .removed.*) name=${name#.*.} ;;
		*) if [ -e "$path/journal" ]; then continue; fi ;;
		esac
		if [ ! -e "$path" ] && [ ! -L "$path" ] || [ -f "$root/$name/manifest.json" ]; then continue; fi
		at_work "$(readlink -- "$root/.lock.$name")" || field remains "$name"
	done
}

# at_work PID:STARTED: whether that process runs; one that was killed may wait for its parent to notice.
at_work() {
	case $1 in
	[0-9]*:[0-9]*) ;;
	*) return 1 ;;
	esac
	{ read -r line <"/proc/${1%%:*}/stat"; } 2>/dev/null || return 1
	# shellcheck disable=SC2086
	set -- "${1#*:}" ${line##*) }
	case $2 in
	[ZX]*) return 1 ;;
	esac
	[ "$1" = "${21}" ]
}

# Restarts services, starts the job that makes them call, and prints what the logs get meanwhile. With logs.sh. Lines:
#   UID RECORD            a new line of a user's log
#   r NUMBER STATUS       a restart has ended
#   s NUMBER STATE RESULT STARTED TIME|TIME   what systemd says of a unit, when that has changed: also when it left the
#                         inactive state, and when it came into it
#   e NUMBER TEXT         what the restart said, or the last lines of a unit's journal
#   u NUMBER UID          whom systemd starts a unit as
#   P NUMBER PID UID      a process of a unit, or the one of a program of supervisor's, and whose it is
#   p CHILD PARENT UID    a process below supervisor or cron, and whose it is
#   k PID UID GROUP       whose a process is that a new record names, and in which control group, as the kernel has it
#   t STATUS, o TEXT      the job has failed, and what it printed
#   .                     all logs have been read up to their end

# restart KIND OWNER ID
restart() {
	case $1 in
	unit | user-unit) ask_manager "$2" 0 restart -- "$3" ;;
	supervisor) supervisorctl restart "$3" ;;
	esac
}

# in_background NAME COMMAND...: its output and its status go to files of that name.
in_background() {
	(
		file=$work/$1
		shift
		"$@" >"$file.said" 2>&1 </dev/null
		echo "$?" >"$file.new"
		mv "$file.new" "$file.status"
	) >/dev/null 2>&1 </dev/null 4<&- &
}

# each_service COMMAND: with NUMBER KIND OWNER ID.
each_service() {
	number=0
	printf '%s\n' "$services" | while IFS=' ' read -r kind whose id; do
		"$1" "$number" "$kind" "$whose" "$id"
		number=$((number + 1))
	done
}

# note_restart NUMBER KIND OWNER ID: prints that it has ended, once.
note_restart() {
	if [ ! -f "$work/$1.status" ] || [ -f "$work/$1.told" ]; then return 0; fi
	: >"$work/$1.told"
	read -r status <"$work/$1.status"
	if [ "$status" != 0 ]; then
		sed "s/^/e $1 /" "$work/$1.said"
		journal "$@"
	fi
	echo "r $1 $status"
}

# note_state NUMBER KIND OWNER ID: what changed since it was last told.
note_state() {
	case $2 in
	unit | user-unit) ;;
	supervisor)
		# That takes a program in Python, so not again while the process is there.
		if [ -f "$work/$1.status" ] && [ ! -d "/proc/$(cat "$work/$1.pid" 2>/dev/null || echo none)" ]; then
			pid=$(timeout 10 supervisorctl pid "$4" 2>/dev/null)
			if [ "${pid:-0}" -gt 0 ]; then
				echo "$pid" >"$work/$1.pid"
				find_uid "$pid"
				echo "P $1 $pid $uid"
			fi
		fi
		return 0
		;;
	*) return 0 ;;
	esac
	state=$(
		for precise in --timestamp=us+utc ''; do
			# shellcheck disable=SC2086
			TZ=UTC ask_manager "$3" 10 show $precise -p ActiveState -p Result -p InactiveExitTimestamp \
				-p InactiveExitTimestampMonotonic -p InactiveEnterTimestamp -p ControlGroup -p User -- "$4" 2>/dev/null && break
		done
	)
	if [ "$state" = "$(cat "$work/$1.state" 2>/dev/null)" ]; then return 0; fi
	printf '%s\n' "$state" >"$work/$1.state"
	case $state in
	*ActiveState=failed*) journal "$@" ;;
	esac
	part() { printf '%s\n' "$state" | sed -n "s/^$1=//p"; }
	part ControlGroup >"$work/$1.group"
	note_user "$1" "$3" "$(part User)"
	echo "s $1 $(part ActiveState) $(part Result) $(part InactiveExitTimestampMonotonic) $(part InactiveExitTimestamp)|$(part InactiveEnterTimestamp)"
}

# note_user NUMBER OWNER USER: whom the manager starts it as; one that is made for it is known while it runs.
note_user() {
	user=$3
	case $user,$2 in
	,system) user=0 ;;
	,self) user=$(id -u) ;;
	,*) user=$2 ;;
	*[!0-9]*,*) user=$(id -u -- "$user" 2>/dev/null) ;;
	esac
	if [ -n "$user" ]; then echo "u $1 $user"; fi
}

# find_uid PID: sets uid to the user who started the process, as the kernel has it.
find_uid() {
	uid=''
	while read -r key value _; do
		if [ "$key" = Uid: ]; then
			uid=$value
			break
		fi
	done <"/proc/$1/status"
} 2>/dev/null

# note_members NUMBER: the processes in its control group, each once.
note_members() {
	group=''
	{ read -r group <"$work/$1.group"; } 2>/dev/null
	if [ -z "$group" ]; then return 0; fi
	for list in "$groups$group"/cgroup.procs "$groups$group"/*/cgroup.procs "$groups$group"/*/*/cgroup.procs; do
		while read -r process; do
			case $members in
			*" $1:$process "*) continue ;;
			esac
			members="$members$1:$process "
			find_uid "$process"
			echo "P $1 $process $uid"
		done <"$list"
	done 2>/dev/null
}

note_members_of_all() {
	for file in "$work"/*.group; do
		number=${file##*/}
		if [ -f "$file" ]; then note_members "${number%.group}"; fi
	done
}

# find_groups: sets groups to where systemd's control groups are.
find_groups() {
	members=' '
	for groups in /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup; do
		if [ -f "$groups/cgroup.procs" ]; then break; fi
	done
}

# note_named RECORDS: where the kernel has the processes that they name, and that are still there.
note_named() {
	sed -n 's/.*"pid":\([0-9]*\),"ppid":\([0-9]*\),.*/\1 \2/p' "$1" | while read -r child parent; do
		for process in "$child" "$parent"; do
			group=$(tail -n 1 "/proc/$process/cgroup" 2>/dev/null)
			find_uid "$process"
			if [ -n "$group" ] && [ -n "$uid" ]; then echo "k $process $uid ${group#*:*:}"; fi
		done
	done
}

# journal NUMBER KIND OWNER ID: the last lines of it; what systemd shows where there is none.
journal() {
	case $2/$3 in
	unit/*) set -- "$1" "$3" "$4" "--unit=$4" ;;
	user-unit/self) set -- "$1" "$3" "$4" "--user-unit=$4" ;;
	user-unit/*) set -- "$1" "$3" "$4" "_SYSTEMD_USER_UNIT=$4" "_UID=$3" + "USER_UNIT=$4" "_UID=$3" ;;
	*) return 0 ;;
	esac
	number=$1 whose=$2 unit=$3
	shift 3
	lines=$(timeout 10 journalctl "$@" -n 10 --no-pager -q -o cat 2>/dev/null)
	if [ -z "$lines" ]; then lines=$(ask_manager "$whose" 10 status --no-pager -n 10 -- "$unit" 2>&1); fi
	printf '%s\n' "$lines" | tail -n 12 | sed "s/^/e $number /"
}

# note_job: prints that it failed, once.
note_job() {
	if [ ! -f "$work/job.status" ] || [ -f "$work/job.told" ]; then return 0; fi
	: >"$work/job.told"
	read -r status <"$work/job.status"
	if [ "$status" = 0 ]; then return 0; fi
	tail -n 12 "$work/job.said" | sed 's/^/o /'
	echo "t $status"
}

# note_processes: those below supervisor and cron, each once. What is gone by the next look isn't seen.
note_processes() {
	todo=$roots
	while [ -n "$todo" ]; do
		# shellcheck disable=SC2086
		set -- $todo
		todo=''
		for process in "$@"; do
			for children in /proc/"$process"/task/*/children; do
				below=''
				{ read -r below <"$children"; } 2>/dev/null
				for child in $below; do
					todo="$todo $child"
					case $tree in
					*" $child:$process "*) ;;
					*)
						tree="$tree$child:$process "
						find_uid "$child"
						echo "p $child $process $uid"
						;;
					esac
				done
			done
		done
	done
}

# find_roots: the processes that supervisor's programs, or cron's jobs, come from.
find_roots() {
	roots='' tree=' '
	case $services in
	*supervisor*) roots=$(timeout 10 supervisorctl pid 2>/dev/null) ;;
	esac
	case $services in
	*cron*)
		for file in /proc/[0-9]*/comm; do
			called=''
			{ read -r called <"$file"; } 2>/dev/null
			case $called in
			cron | crond | anacron)
				process=${file#/proc/}
				roots="$roots ${process%/comm}"
				echo "p ${process%/comm} cron 0"
				;;
			esac
		done
		;;
	esac
}

run_job() {
	if [ -n "$locale" ]; then LC_ALL=$locale; else unset LC_ALL; fi
	/bin/sh -c "$job"
}

all_restarted() {
	number=0
	while [ "$number" -lt "$count" ]; do
		if [ ! -f "$work/$number.status" ]; then return 1; fi
		number=$((number + 1))
	done
}

# look_for_a_while: a fifth of a second.
look_for_a_while() {
	for _ in 1 2 3 4; do
		if [ -n "$roots" ]; then note_processes; fi
		note_members_of_all
		sleep 0.05 2>/dev/null || sleep 1
	done
}

uptime_now() {
	read -r up _ </proc/uptime
	up=${up%%.*}
}

# shellcheck disable=SC2034 # Some are for logs.sh.
# restart_and_watch NAME SECONDS JOB COUNT SERVICES TMP: of these, KIND OWNER ID a line; logs are below TMP. Ends with the
# time, or with its input.
restart_and_watch() {
	log_name=$1 log_tmp=$6 log_users=100 seconds=$2 job=$3 count=$4 services=$5 job_started='' turn=0
	newline='
'
	locale=${LC_ALL-} LC_ALL=C
	export LC_ALL
	prepare_reader
	work=$(mktemp -d /tmp/.interpose-restart-XXXXXX) || return 1
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM PIPE
	exec 4<&0
	cat <&4 >/dev/null &
	reader=$!
	uptime_now
	end=$((up + seconds))
	find_roots
	find_groups
	seen='' first=end
	print_growths >/dev/null
	first=0
	number=0
	while IFS=' ' read -r kind whose id; do
		in_background "$number" restart "$kind" "$whose" "$id"
		number=$((number + 1))
	done <<-LIST
		$services
	LIST
	while :; do
		if [ -z "$job_started" ] && all_restarted; then
			job_started=1
			if [ -n "$job" ]; then in_background job run_job; fi
		fi
		# What a unit did before it failed is told first.
		told=''
		if [ "$((turn % 5))" = 0 ]; then
			told=$(
				each_service note_state
				each_service note_restart
				note_job
			)
		fi
		print_growths >"$work/records" 2>/dev/null
		note_named "$work/records"
		cat "$work/records"
		if [ -n "$told" ]; then printf '%s\n' "$told"; fi
		echo . || break
		uptime_now
		if [ "$up" -ge "$end" ] || ! kill -0 "$reader" 2>/dev/null; then break; fi
		look_for_a_while
		turn=$((turn + 1))
	done
	# In time, whoever asked has ended this; now it is to be said why nothing came.
	if kill "$reader" 2>/dev/null; then each_service journal; fi
	# A shell that reads its script from the same input would wait for more.
	exit 0
}

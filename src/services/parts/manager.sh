# ask_manager OWNER SECONDS WORD...: systemctl, for so long at most, or for as long as it takes (0): of the machine's
# units (system), of this user's own (self), or of those of another user by their number, whom root can be meanwhile.
ask_manager() {
	owner=$1 limit=$2
	shift 2
	case $owner in
	system) timeout "$limit" systemctl "$@" ;;
	self) timeout "$limit" systemctl --user "$@" ;;
	*)
		group=$(stat -c %g "/run/user/$owner")
		timeout "$limit" chroot --userspec="+$owner:+$group" --groups="$group" / env XDG_RUNTIME_DIR="/run/user/$owner" \
			systemctl --user "$@"
		;;
	esac
}

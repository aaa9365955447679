#!/bin/sh
# Installs what the tests, the benchmark and the demo need: npm packages, and Debian's programs when this is root
# on a machine with apt-get; otherwise it says what is missing and how to get it.
#
#   sh scripts/setup.sh          everything
#   sh scripts/setup.sh --demo   only what the demo needs
set -eu
cd "$(dirname "$0")/.."

packages() {
	if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
		npm ci --no-audit --no-fund --loglevel=error
	fi
}

# programs PROGRAM:PACKAGE...: installs the packages of the programs, or of the files, that are not there.
programs() {
	missing='' wanted=''
	for pair in "$@"; do
		case $pair in
		/*) if [ -e "${pair%%:*}" ]; then continue; fi ;;
		*) if command -v "${pair%%:*}" >/dev/null; then continue; fi ;;
		esac
		missing="$missing ${pair%%:*}"
		wanted="$wanted ${pair#*:}"
	done
	if [ -z "$missing" ]; then return 0; fi
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "setup: installing$wanted" >&2
		export DEBIAN_FRONTEND=noninteractive
		# shellcheck disable=SC2086
		if ! apt-get install -qq --no-install-recommends $wanted >/dev/null 2>&1; then
			apt-get update -qq
			apt-get install -qq --no-install-recommends $wanted >/dev/null
		fi
		return 0
	fi
	echo "setup: not found:$missing" >&2
	echo "setup: install them, for example: sudo apt-get install$wanted" >&2
	return 1
}

# standalone_busybox: a shell that has all that plans use built in, beside the one that is installed. Tests use it
# where they run thousands of scripts; without it they use the system's.
standalone_busybox() {
	cache=node_modules/.cache/busybox
	if [ -x "$cache/bin/busybox" ] || ! command -v dpkg-deb >/dev/null; then return 0; fi
	rm -rf "$cache"
	mkdir -p "$cache/package"
	# Not as the user _apt, who may have no way here.
	if (cd "$cache/package" && apt-get -o APT::Sandbox::User=root download busybox-static >/dev/null 2>&1); then
		dpkg-deb -x "$cache"/package/*.deb "$cache"
	else
		echo "setup: busybox-static can't be had: the tests that kill runs take longer" >&2
	fi
	rm -rf "$cache/package"
}

main() {
	packages
	if [ "${1-}" = --demo ]; then
		programs ffmpeg:ffmpeg ffprobe:ffmpeg bash:bash
	else
		programs ffmpeg:ffmpeg ffprobe:ffmpeg bash:bash shellcheck:shellcheck shfmt:shfmt hyperfine:hyperfine \
			gcc:gcc /usr/include/stdio.h:libc6-dev python3:python3 strace:strace busybox:busybox \
			chattr:e2fsprogs mount:mount script:bsdutils \
			/lib/systemd/systemd:systemd crontab:cron make:make ed:ed \
			/usr/bin/python3:python3 /usr/lib/python3/dist-packages/pip:python3-pip
		standalone_busybox
	fi
}

main "$@"

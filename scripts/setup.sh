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
		# A path with a version in it is a pattern.
		# shellcheck disable=SC2086
		case $pair in
		/*) if ls -d ${pair%%:*} >/dev/null 2>&1; then continue; fi ;;
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

# layer NAME PACKAGE...: a folder with what the packages, and those that they need, would put on this machine. Tests
# lay it over the machine's own files where they make hosts; nothing is installed, and no server is started.
layer() {
	cache=$PWD/node_modules/.cache/$1
	shift
	if [ -d "$cache/root" ] || ! command -v dpkg-deb >/dev/null || [ "$(id -u)" != 0 ]; then return 0; fi
	rm -rf "$cache"
	mkdir -p "$cache/archives/partial" "$cache/new"
	for try in 1 2; do
		if apt-get -qq -o Dir::Cache::archives="$cache/archives" -o APT::Sandbox::User=root --no-install-recommends \
			--download-only --yes install "$@" >/dev/null 2>&1; then break; fi
		if [ "$try" = 2 ]; then
			echo "setup: can't be had: $*: what needs them is not tested" >&2
			return 0
		fi
		apt-get update -qq
	done
	# Where the machine has links to folders, so has the layer.
	for folder in bin sbin lib lib64; do
		if [ -L "/$folder" ]; then ln -s "$(readlink "/$folder")" "$cache/new/$folder"; fi
	done
	mkdir -p "$cache/new/usr/bin" "$cache/new/usr/sbin" "$cache/new/usr/lib" "$cache/new/usr/lib64"
	for package in "$cache"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$cache/new" --keep-directory-symlink
	done
	rm -rf "$cache/archives" "$cache/new/usr/share/doc" "$cache/new/usr/share/man" "$cache/new/usr/share/locale"
	mv "$cache/new" "$cache/root"
}

main() {
	packages
	if [ "${1-}" = --demo ]; then
		programs ffmpeg:ffmpeg ffprobe:ffmpeg bash:bash
	else
		programs ffmpeg:ffmpeg ffprobe:ffmpeg bash:bash shellcheck:shellcheck shfmt:shfmt hyperfine:hyperfine \
			gcc:gcc /usr/include/stdio.h:libc6-dev python3:python3 strace:strace busybox:busybox \
			chattr:e2fsprogs /sbin/mkfs.ext4:e2fsprogs /sbin/mkfs.xfs:xfsprogs /sbin/mkfs.btrfs:btrfs-progs mount:mount script:bsdutils setcap:libcap2-bin \
			setfacl:acl getfattr:attr perl:perl-base \
			/lib/systemd/systemd:systemd crontab:cron make:make ed:ed ip:iproute2 ansible-inventory:ansible-core \
			ansible-lint:ansible-lint \
			clang:clang "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a:libclang-rt-dev" \
			aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu arm-linux-gnueabihf-gcc:gcc-arm-linux-gnueabihf \
			i686-linux-gnu-gcc:gcc-i686-linux-gnu riscv64-linux-gnu-gcc:gcc-riscv64-linux-gnu \
			/usr/aarch64-linux-gnu/include/asm/errno.h:linux-libc-dev-arm64-cross \
			/usr/arm-linux-gnueabihf/include/asm/errno.h:linux-libc-dev-armhf-cross \
			/usr/i686-linux-gnu/include/asm/errno.h:linux-libc-dev-i386-cross \
			/usr/riscv64-linux-gnu/include/asm/errno.h:linux-libc-dev-riscv64-cross \
			qemu-aarch64-static:qemu-user-static \
			/usr/bin/python3:python3 /usr/lib/python3/dist-packages/pip:python3-pip localedef:libc-bin \
			/usr/share/i18n/charmaps:locales
		# A shell that has all that plans use built in, for tests that run thousands of scripts.
		layer busybox busybox-static
		layer hosts openssh-server sudo
		layer supervisor supervisor cron
	fi
}

main "$@"

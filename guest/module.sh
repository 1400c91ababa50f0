#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds a module for the guest's kernel, out of the kernel's tree:  guest/module.sh FOLDER OUTPUT.ko
#
# FOLDER has the sources and a Kbuild for one module. The kernel's headers, and the programs of its
# build system with their own C library, are among the guest's fetched packages; the compiler is this
# machine's. OUTPUT.ko.sources lists the files of those packages that were compiled into the module.
# The same sources, packages and compiler give the same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source=$1 name=$(basename "$1") output=$2
root=$(realpath build/guest/root)
release=$(<build/guest/kernel-release)
headers=usr/src/linux-headers-$release
work=$(realpath -m "$output.d")

die() { printf 'copra: error: %s\n' "$*" >&2; exit 1; }

# A copy of what kbuild runs, with the links between its parts; the packages stay as they are. The
# kernel's own image, from which type information would be made, is left out.
copy_kbuild() {
	local tools common
	[[ -e $root/$headers/Module.symvers ]] || die "no headers of the kernel $release: make deps"
	tools=$(dirname "$(realpath --relative-to="$root" "$root/$headers/scripts")")
	common=$(realpath --relative-to="$root" "$root/usr/lib/modules/$release/source")
	rm -rf "$work"
	mkdir -p "$work/usr/src" "$work/$(dirname "$tools")" "$work/$name"
	tar -C "$root" --exclude="$headers/vmlinux" -cf - "$headers" "$tools" | tar -C "$work" -xf -
	ln -s "$root/$common" "$work/usr/src/"
	cp "$source"/* "$work/$name/"
	kernel=$work/$common
	run_by_own_libc "$work/$tools"
}

# Programs of another Debian may need a newer C library than this machine has.
run_by_own_libc() { # FOLDER
	local program
	find "$1" -type f -perm -u+x | while read -r program; do
		[[ $(head -c 4 "$program" | tr -d '\0') == $'\x7fELF' ]] || continue
		mv "$program" "$program.elf"
		cat >"$program" <<-RUN
		#!/bin/sh
		exec '$root/usr/lib64/ld-linux-x86-64.so.2' --argv0 "\$0" \\
			--library-path '$root/usr/lib/x86_64-linux-gnu' '$program.elf' "\$@"
		RUN
		chmod +x "$program"
	done
}

# No debug information: it would name folders of this build.
build() {
	local flags=(-g0 -Wno-attributes "-ffile-prefix-map=$work/=" "-ffile-prefix-map=$root/=")
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES LC_ALL=C \
		make -s -C "$kernel" O="$work/$headers" M="$work/$name" CC="$PWD/guest/kernel-cc.sh" \
		KCFLAGS="${flags[*]}" modules >"$work/log" 2>&1
}

explain() {
	tail -n 20 "$work/log" >&2
	die "$name does not build for the kernel $release; all messages are in $work/log
  compiler: $(${KERNEL_CC:-gcc} --version | head -1)
  the kernel's: $(sed -n 's/^CONFIG_CC_VERSION_TEXT="\(.*\)"/\1/p' "$work/$headers/.config")
If this one is too old for these headers, name another one: KERNEL_CC=gcc-N make"
}

# What kbuild noted of each object: the files of the packages that it was made of.
list_sources() {
	sed -nE 's/^ *(\$\(wildcard )?([^ $)]+\.[chS])\)? *\\?$/\2/p; s/^source_[^ ]* := //p' \
		"$work/$name"/.*.cmd |
		sed -nE "s!^($work|$root)/(usr/)!\2!p" | LC_ALL=C sort -u
}

copy_kbuild
build || explain
cp "$work/$name/$name.ko" "$output"
list_sources >"$output.sources"
rm -rf "$work"

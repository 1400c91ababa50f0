#!/bin/bash
# SPDX-License-Identifier: MIT
# The test guest's initrd with tpm2-tools, and programs of tests:  guest/initrd-tpm.sh INITRD OUTPUT PROGRAM...
#
# The tools are the guest suite's packages, as they are, with every library that the loader wants for
# them, and the one that they open for /dev/tpm0 and /dev/tpmrm0. The kernel unpacks one archive after
# the other. The programs are static ones of tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
initrd=$1 output=$2
shift 2
from=$(realpath build/guest/root)
libraries=usr/lib/x86_64-linux-gnu loader=usr/lib64/ld-linux-x86-64.so.2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

die() { printf 'initrd: error: %s\n' "$*" >&2; exit 1; }

# Below the private root, as the suite's own loader finds them.
needed_libraries() { # FILE...
	local file
	for file; do
		"$from/$loader" --library-path "$from/$libraries" --list "$from/$file" |
			sed -nE 's/.* => (.*) \(0x.*/\1/p; s/.*not found.*/&/p'
	done | sort -u
}

[[ -e $from/usr/bin/tpm2 ]] || die "tpm2-tools are not there: WITH_TESTS=1 tools/packages.sh deps"
mkdir -p "$root"/{bin,lib64,lib/x86_64-linux-gnu}
cp "$from/usr/bin/tpm2" "$@" "$root/bin/"
find "$from/usr/bin" -name 'tpm2_*' -type l -exec cp -P -t "$root/bin" {} +
cp "$from/$loader" "$root/lib64/"
opened=$libraries/libtss2-tcti-device.so.0
cp "$from/$opened" "$root/lib/x86_64-linux-gnu/"
while read -r library; do
	[[ $library == "$from"/* ]] || die "a library of tpm2-tools is not in the packages: $library"
	cp "$library" "$root/lib/x86_64-linux-gnu/"
done < <(needed_libraries usr/bin/tpm2 "$opened" | grep -v "$loader")

chmod -R u=rwX,go=rX "$root"
find "$root" -exec touch -h -d @0 {} +
{
	cat "$initrd"
	(cd "$root" && find . -mindepth 1 | LC_ALL=C sort |
		cpio --quiet --reproducible -o -H newc -R 0:0)
} >"$output.new"
mv "$output.new" "$output"

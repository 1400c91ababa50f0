#!/bin/bash
# Small and large guests, tests/guest/memory.sh PLATFORM MIB...: Linux has the memory that was asked
# for, less what firmware, SVSM and kernel take, and can use it.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"

for size in "${@:2}"; do
	# A quarter of the memory is written and read back, in a file system of memory.
	out=$(copra --mem "${size}M" -- sh -s $((size / 4)) <<-'GUEST'
		set -e
		sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo
		mount -t tmpfs -o size=90% tmpfs /mnt
		dd if=/dev/zero of=/mnt/file bs=1M count="$1" 2>/dev/null
		stat -c %s /mnt/file
	GUEST
	)
	is "${size}M: exit status" $? 0
	total=$(($(head -1 <<<"$out") / 1024))
	ok "${size}M: Linux has $total MiB" test $((total * 100 / size)) -ge 70
	is "${size}M: a quarter of it is written" "$(tail -1 <<<"$out")" $((size * 262144))
done
done_testing

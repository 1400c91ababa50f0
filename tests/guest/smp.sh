#!/bin/bash
# Four processors come up, and each can be taken down and up again, over and over.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"
rounds=${2:-5}

out=$(copra_smp --smp 4 -- sh -s "$rounds" <<'GUEST'
nproc
cat /sys/devices/system/cpu/online
set -e
i=0
while [ $i -lt "$1" ]; do
	for cpu in 1 2 3; do
		echo 0 >/sys/devices/system/cpu/cpu$cpu/online
		[ "$(cat /sys/devices/system/cpu/cpu$cpu/online)" = 0 ]
	done
	[ "$(nproc)" = 1 ]
	for cpu in 3 1 2; do
		echo 1 >/sys/devices/system/cpu/cpu$cpu/online
		[ "$(cat /sys/devices/system/cpu/cpu$cpu/online)" = 1 ]
		taskset -c $cpu true
	done
	[ "$(nproc)" = 4 ]
	i=$((i + 1))
done
echo rounds $i
GUEST
)
is "exit status" $? 0
is "processors, and after $rounds rounds of taking them down and up" \
	"$out" "4"$'\n'"0-3"$'\n'"rounds $rounds"

if (($(nproc) < 4)); then
	echo "ok $((++test_number)) - eight processors # SKIP on a computer with fewer than four"
else
	out=$(copra_smp --smp 8 -- nproc </dev/null)
	is "eight processors" "$out" 8
fi
done_testing

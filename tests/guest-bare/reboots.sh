#!/bin/bash
# The bare guest is rebooted:  tests/guest-bare/reboots.sh COUNT
#
# Afterwards the SVSM has as much free memory as after the first reboot, and in between it never had
# less. TEST_CPUS and the other variables are those of tests/boot.sh.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
count=${1:?COUNT: how many reboots}
export TEST_DIR=${TEST_DIR:-build/test/reboots}

output=$(tests/boot.sh build/test-guest.igvm passed case=reboot-many boots="$count" --clean)
status=$?
grep -v '^1\.\.' <<<"$output"
number=$(grep -c '^\(not \)\?ok ' <<<"$output")

mapfile -t free < <(sed -nE 's/.*reboot: .*heap: ([0-9]+) KiB free.*/\1/p' "$TEST_DIR/svsm.log")
values=$(printf '%s\n' "${free[@]}" | sort -un | tr '\n' ' ')
result='not ok'
[[ ${#free[@]} == "$count" && $values == "${free[0]:-none} " ]] && result=ok
[[ $result == ok ]] || status=1
echo "$result $((number + 1)) - after each of $count reboots as much memory is free: $values KiB"
echo "1..$((number + 1))"
exit "$status"

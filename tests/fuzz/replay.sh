#!/bin/bash
# Replays the saved inputs of each target:  tests/fuzz/replay.sh TARGET...
# One line of TAP for a target, with the number of its inputs.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
status=0 number=0
echo "TAP version 13"
for target; do
	number=$((number + 1))
	shopt -s nullglob
	inputs=(tests/fuzz/corpus/"$target"/*)
	if ((${#inputs[@]} == 0)); then
		echo "not ok $number - $target: no saved inputs"
		status=1
	elif "${FUZZ:-build/fuzz}/replay/$target" "${inputs[@]}"; then
		echo "ok $number - $target: ${#inputs[@]} inputs"
	else
		echo "not ok $number - $target"
		status=1
	fi
done
echo "1..$number"
exit $status

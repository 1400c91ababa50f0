#!/bin/bash
# All CPUs go to VMPL0 and back for SECONDS:  tests/guest-bare/switches.sh SECONDS
# The machine may not load x87 registers at each change of plane (machine/cpu/fpu.c): some times for what
# RESET leaves in them, and never again once each plane has run FNINIT.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/../guest/lib.sh"

loads_max=20
tests/boot.sh build/test-guest.igvm passed case=switches "seconds=$1" | grep -v '^1\.\.'
((PIPESTATUS[0] == 0)) || test_failed=1
test_number=$(($(grep -c '^ok\|^not ok' "$TEST_DIR/output") + 2)) # tests/boot.sh has two of its own
while read -r cpu loads; do
	ok "CPU $cpu: x87 registers loaded $loads times, at most $loads_max" test "$loads" -le "$loads_max"
done < <(sed -nE 's/.* cpu([0-9]+): x87 registers loaded ([0-9]+) times$/\1 \2/p' "$TEST_DIR/machine.log")
is "CPUs that say how often" "$(grep -c 'x87 registers loaded' "$TEST_DIR/machine.log")" "$TEST_CPUS"
done_testing

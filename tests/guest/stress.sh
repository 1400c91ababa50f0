#!/bin/bash
# Several CPUs call the SVSM at once, at random, rightly and wrongly: tests/guest/stress.sh [SECONDS
# [PROCESSORS [SEED]]]. Each run prints its seed. The last processor never runs: VMSAs come and go
# for it.
seconds=${1:-30} processors=${2:-4} seed=${3:-}
set --
# shellcheck source=tests/guest/bare-lib.sh
source "$(dirname "$0")/bare-lib.sh"

status=0
vm "$build"/test-guest.igvm "$processors" $((seconds + 300)) stress \
	-fw_cfg "name=opt/copra/seconds,string=$seconds" \
	${seed:+-fw_cfg "name=opt/copra/seed,string=$seed"} || status=$?
program_tap stress $status "$log/guest.log"
ok "the SVSM reports no error" test -z "$(grep -E 'error|panic' "$log/svsm.log")"
done_testing

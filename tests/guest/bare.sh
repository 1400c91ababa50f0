#!/bin/bash
# The SVSM's guest interface, call by call, with every wrong address and list: a test guest at VMPL2
# in the firmware's place.
# shellcheck source=tests/guest/bare-lib.sh
source "$(dirname "$0")/bare-lib.sh"
igvm=$build/test-guest.igvm

for processors in 1 4; do
	status=0
	vm "$igvm" $processors 180 || status=$?
	program_tap bare-$processors $status "$log/guest.log"
done

# What ends the VM, and the reason that is given
stop() { stop_case "$igvm" 2 "$@"; }
stop read-svsm $stopped 'VM stopped: VMPL2 read of GPA 0x8000000, which it may not read'
stop read-svsm-end $stopped 'VM stopped: VMPL2 read of GPA 0x8fff000, which it may not read'
stop write-svsm $stopped 'VM stopped: VMPL2 write of GPA 0x8002000, which it may not write'
stop execute-svsm $stopped 'VM stopped: VMPL2 fetch of GPA 0x8000000, which it may not execute'
stop shared-svsm $stopped 'VM stopped: VMPL2: shared read at GPA 0x8000000, a validated private page'
stop write-vmsa $stopped 'VM stopped: VMPL2 write of GPA 0x8120c8, which it may not write'
stop execute-vmsa $stopped 'VM stopped: VMPL2 fetch of GPA 0x812000, which it may not execute'
stop terminate $terminated 'VMPL2 asked for termination: set 1 \(Linux\), code 7'
done_testing

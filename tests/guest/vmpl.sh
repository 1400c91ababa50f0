#!/bin/bash
# Linux runs at VMPL2 and says so.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"
out=$(copra -- cat /sys/devices/system/cpu/sev/vmpl)
is "exit status" $? 0
is "the VMPL that Linux reports" "$out" 2
done_testing

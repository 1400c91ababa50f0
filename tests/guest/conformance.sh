#!/bin/bash
# The software machine answers as the AMD documents say: a test program in the SVSM's place.
# shellcheck source=tests/guest/bare-lib.sh
source "$(dirname "$0")/bare-lib.sh"
igvm=$build/conformance.igvm

status=0
vm "$igvm" 2 120 || status=$?
program_tap conformance $status "$log/svsm.log"
is "launch digest in the report, and copra-igvm measure" \
	"$(sed -nE "s/.*# measurement ([0-9a-f]{96})$/\1/p" "$log/svsm.log")" \
	"$("$build/copra-igvm" measure "$igvm" | sed -n 's/^launch_digest[[:blank:]]*//p')"
status=0
vm "$igvm" 1 60 vc32-pae || status=$?
program_tap vc32-pae $status "$log/svsm.log"

# What ends the VM, and the reason that is given
stop() { stop_case "$igvm" 1 "$@"; }
refused='VMRUN refused the VMSA at GPA 0x4801000 of VMPL2'
stop read-denied $stopped 'VM stopped: VMPL2 read of GPA 0x4801000, which it may not read'
stop read-revoked $stopped 'VM stopped: VMPL2 read of GPA 0x4801000, which it may not read'
stop write-denied $stopped 'VM stopped: VMPL2 write of GPA 0x4801000, which it may not write'
stop fetch-denied $stopped 'VM stopped: VMPL2 fetch of GPA 0x4801000, which it may not execute'
stop shared-read $stopped 'VM stopped: VMPL0: shared read at GPA 0x4801000, a validated private page'
stop private-device $stopped "VMPL0 read at GPA 0xfed00000, which is a device's and cannot be private"
stop pvalidate-device $stopped "at GPA 0xfed00000, which is a device's and cannot be private"
stop terminate $terminated 'VMPL0 asked for termination: set 5 \(other\), code 7'
stop terminate-ghcb $terminated 'VMPL0 asked for termination: set 0 \(general\), code 2'
stop unsupported $stopped 'VMPL0 reports a #VC that it does not support: exit 0x72'
stop triple-fault $stopped 'VMPL0 shut down \(triple fault\)'
for case in efer vmpl snp feature cr0 plain-page; do
	stop vmsa-$case $stopped "$refused"
done
done_testing

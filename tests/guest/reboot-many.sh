#!/bin/bash
# Linux restarts itself again and again:  tests/guest/reboot-many.sh snp REBOOTS
# With a TPM that nobody uses but firmware and kernel, and an orderly `reboot` each time.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"
reboots=${2:-20} boots=$((${2:-20} + 1))
log=$(vm_folder)

# shellcheck disable=SC2016 # the guest's shell expands
copra --log "$log" --timeout "${TEST_SECONDS:-3600}" -- sh -c '
	echo "$COPRA_BOOT $(cat /proc/sys/kernel/random/boot_id) $(cut -d" " -f1 /proc/uptime)"
	[ "$COPRA_BOOT" -lt "$1" ] || exit 7
	reboot
	sleep 60
	' - "$boots" >"$scratch/out" </dev/null
is "exit status of the last start" $? 7
is "boots with an identity of their own" "$(cut -d' ' -f2 "$scratch/out" | sort -u | wc -l)" "$boots"

grep -a 'reboot: .*KiB taken back' "$log/svsm.log" | sed 's/^/# /'
is "reboots" "$(grep -ac 'reboot: .*KiB taken back' "$log/svsm.log")" "$reboots"
free=$(grep -ao 'heap: [0-9]* KiB free$' "$log/svsm.log" | tail -n "$reboots" | tr -dc '0-9\n' | sort -n)
echo "# free after each reboot, KiB: $(xargs <<<"$free")"
ok "the SVSM's free memory stays as it is, to 64 KiB" test \
	$(($(tail -n 1 <<<"$free") - $(head -n 1 <<<"$free"))) -le 64
done_testing

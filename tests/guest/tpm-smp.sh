#!/bin/bash
# Four processors use the SVSM's TPM at the same time: each gets its own random numbers, and no
# extension of a PCR is lost or done twice.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"

out=$(copra_smp --smp 4 --initrd build/guest/initrd-tpm.cpio -- sh -s <<'GUEST'
cd /tmp || exit 2
dmesg -c >/dev/null # of a boot that had to wait for processors
digest=$(echo something | sha256sum | cut -d' ' -f1)
work() {
	for i in 1 2 3 4 5; do
		tpm2_getrandom --hex 16 && echo
		tpm2_pcrextend "23:sha256=$digest"
	done >numbers.$1 2>errors.$1
}
for cpu in 0 1 2 3; do
	(taskset -p -c $cpu $(exec sh -c 'echo $PPID') >/dev/null && work $cpu) &
done
wait
cat errors.* >&2
echo "numbers $(cat numbers.* | grep -cE '^[0-9a-f]{32}$')"
echo "different $(cat numbers.* | sort -u | wc -l)"
value=$(printf %064d 0)
for i in $(seq 20); do
	value=$(echo "$value$digest" | xxd -r -p | sha256sum | cut -d' ' -f1)
done
tpm2_pcrread sha256:23 | grep -qi "0x$value" && echo extended
dmesg | grep -E 'BUG:|WARNING:|Call Trace|Oops|lockup|stall|blocked for|tpm tpm0'
exit 0
GUEST
)
is "exit status" $? 0
is "four processors at once: random numbers, PCR 23, no complaint" "$out" \
	$'numbers 20\ndifferent 20\nextended'
done_testing

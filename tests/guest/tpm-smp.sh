#!/bin/bash
# Four processors use the SVSM's TPM at the same time: each gets its own random numbers, and no
# extension of a PCR is lost or done twice. A command that takes seconds does not keep the CPU that asked
# for it from its interrupts, nor any other from anything.
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

# Which key takes long is chance: the first that does. Each has another number as its unique part.
key() { echo tpm2_createprimary -Q -C o -G rsa3072 -u unique -c key.ctx; }
steps() { echo $1 >/sys/module/tpm_svsm/parameters/steps; }
steps N
for n in 1 2 3 4 5 6 7 8 9; do
	printf '\004\000000%d' $n >unique
	set -- $(taskset -c 1 gap $(key))
	[ "$1" -lt 1000 ] || break
done
echo "gap plain same $*"
# A busy computer takes a processor away for longer than that now and then, but not three times.
try() { # WHAT COMMAND...: up to three times; the last result
	what=$1
	shift
	for n in 1 2 3; do
		result=$("$@")
		[ "${result%% *}" -ge 1000 ] || break
	done
	echo "gap $what $result"
}
try "plain other" taskset -c 2 gap taskset -c 1 $(key)
steps Y
try "steps same" taskset -c 1 gap $(key)
try "steps other" taskset -c 2 gap taskset -c 1 $(key)
dmesg | grep -E 'BUG:|WARNING:|Call Trace|Oops|lockup|stall|rcu|hung|blocked for|tpm tpm0'
exit 0
GUEST
)
is "exit status" $? 0
is "four processors at once: random numbers, PCR 23, no complaint" "$(grep -v '^gap' <<<"$out")" \
	$'numbers 20\ndifferent 20\nextended'

# gap_of MODE CPU: milliseconds, at most, that the CPU had no turn for others
gap_of() { sed -n "s/^gap $1 $2 \([0-9]*\) .*/\1/p" <<<"$out"; }
# shellcheck disable=SC2317 # called by ok
below() { [[ $1 ]] && (($1 < $2)); }
sed -nE 's/^gap (.*) (same|other) ([0-9]+) ([0-9]+) .*/# an RSA key in \4 ms, \1: the \2 CPU had no turn for \3 ms at most/p' <<<"$out"
plain=$(gap_of plain same)
steps=$(gap_of steps same)
ok "an RSA key in steps leaves its CPU turns in every second" below "$steps" 1000
ok "which it does not without" below 1000 "$plain"
ok "by far" below "$((steps * 3))" "$plain"
ok "other CPUs have them in every second, with steps" below "$(gap_of steps other)" 1000
ok "and without" below "$(gap_of plain other)" 1000
done_testing

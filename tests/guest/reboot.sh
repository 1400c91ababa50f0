#!/bin/bash
# Linux restarts itself by the SVSM: by reboot -f, after a panic, by SysRq-b. Each boot is a new
# one, with all its memory and processors, and a TPM that was reset and not made anew.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"
cpus=${TEST_CPUS:-1}
boots=4
# Where no other processor is at work, SysRq-b is the end of a panic.
((cpus > 1)) || boots=3

# The guest's half is an argument: input that one boot has taken is not there for the next one.
script=$(cat tests/guest/tpm/lib.sh tests/guest/tpm/log.sh tests/guest/reboot/boots.sh)
copra_smp --smp "$cpus" --initrd build/guest/initrd-tpm.cpio -- sh -c "$script" \
	>"$scratch/out" </dev/null
is "exit status of the last start" $? 7
sed 's/^/# /' "$scratch/out"

# value BOOT KEY: what that boot said
value() { sed -n "s/^$1 $2 //p" "$scratch/out"; }
# all KEY: of all boots, one a line
all() { for ((n = 1; n <= boots; n++)); do value "$n" "$1"; done; }
# of_boots VALUE: what all() is where each boot says the same
of_boots() { for ((n = 1; n <= boots; n++)); do echo "$1"; done; }

is "boots with an identity of their own" "$(all id | sort -u | wc -l)" "$boots"
is "each has the same memory, to a MiB" "$(all memory | sort -u | wc -l)" 1
is "each has all processors" "$(all cpus)" "$(of_boots "$( ((cpus > 1)) && echo 0-$((cpus - 1)) || echo 0)")"
is "no complaint of a kernel" "$(all complaints | tr -d '\n')" ''

first=$(value 1 resets)
is "TPM: one reset more each time" "$(all resets)" "$(seq "$first" $((first + boots - 1)))"
is "TPM: no restart or resume" "$(all restarts | sort -u)" 0
is "TPM: the firmware and kernel that each boot measured are the same" "$(all measured | sort -u | wc -l)" 1
is "TPM: PCRs that the first boot extended are zero" "$(all free)" "$(of_boots "$(printf %064d 0)")"
is "TPM: log and PCRs of each boot agree" "$(grep -c "^ok - the log's replay is the" "$scratch/out")" \
	$((2 * boots))
is "  in all that was looked at" "$(grep '^not ok' "$scratch/out")" ''
is "TPM: NV memory is kept" "$(all nv)" "$(echo none; of_boots of_one | tail -n +2)"
is "TPM: persistent objects are kept" "$(all key | tail -n +2 | sort -u)" "$(value 1 key-made)"
is "UEFI variables, which OVMF keeps in memory under SNP, start anew" "$(all variable)" "$(of_boots none)"
is "attestation reports for a nonce of each boot" "$(all report)" "$(of_boots "1184 nonce")"


# The vTPM's program keeps its own memory, of which it takes a little more or less in each boot.
log=$(find "${TEST_DIR:-$scratch}" -name svsm.log | tail -n 1)
free=$(grep -ao 'heap: [0-9]* KiB free' "$log" | tail -n $((boots - 1)) | tr -dc '0-9\n' | sort -n)
echo "# free after each reboot, KiB: $(xargs <<<"$free")"
ok "the SVSM's free memory stays as it is, to 64 KiB" test \
	$(($(tail -n 1 <<<"$free") - $(head -n 1 <<<"$free"))) -le 64
done_testing

#!/bin/bash
# kexec in the guest, and a kernel for a panic: the new kernel runs at the guest's VMPL with the PCRs
# and the TPM of the old one. A reboot afterwards is one, and without the module for it kexec ends the VM.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"
cpus=${TEST_CPUS:-1}

cp build/guest/{vmlinuz,initrd.cpio,kexec} "$scratch/"
tar -C "$scratch" -cf "$scratch/disk" vmlinuz initrd.cpio kexec
vm=(--mem 1G --disk "$scratch/disk" --append crashkernel=192M)
script=$(<tests/guest/kexec/boots.sh)
copra_smp --smp "$cpus" "${vm[@]}" -- sh -c "$script" >"$scratch/out" </dev/null
is "exit status of the last kernel" $? 7
sed 's/^/# /' "$scratch/out"

# value NUMBER KEY: what that kernel said
value() { sed -n "s/^$1 $2 //p" "$scratch/out"; }
# all KEY: of all kernels, in one line
all() { for n in 1 2 3 4; do value "$n" "$1"; done | xargs; }
# extended VALUE DIGEST: a PCR after the next extension
extended() {
	printf "%b" "$(fold -w 2 <<<"$1$2" | sed "s/^/\\\\x/" | tr -d "\n")" | sha256sum | cut -d" " -f1
}
# pcr NUMBER N: of a kernel's PCRs, before it goes on
pcr() { value "$1" pcrs | cut -d' ' -f$(($2 + 1)); }

zero=$(printf %064d 0) of_16=$(printf %064x 16)
is "kernels with an identity of their own" "$(all id | xargs -n 1 | sort -u | wc -l)" 4
is "all at VMPL2" "$(all vmpl)" "2 2 2 2"
cpu_list=$( ((cpus > 1)) && echo 0-$((cpus - 1)) || echo 0)
is "all processors, but one after the panic" "$(all cpus)" "$cpu_list $cpu_list $cpu_list 0"
is "no complaint of a kernel" "$(all complaints)" ''
is "the TPM takes each extension" "$(all refused)" ''

is "kexec: it has the command line that was given" "$(value 2 line)" by_kexec
is "kexec: PCRs 0 to 23 are the same" "$(value 2 pcrs)" "$(value 1 pcrs)"
is "  24 of them" "$(value 1 pcrs | wc -w)" 24
is "  of which 16 was extended" "$(pcr 1 16 | tr A-F a-f)" "$(extended "$zero" "$of_16")"
is "kexec: no reset of the TPM" "$(value 2 resets)" "$(value 1 resets)"
is "kexec: the TPM goes on: an extension" "$(value 2 extended | tr A-F a-f)" \
	"$(extended "$(pcr 1 16)" "$of_16")"

is "a reboot after kexec is a first start: PCRs" "$(value 3 first)" "$(value 1 first)"
is "  and one reset more" $((0x$(value 3 resets))) $((0x$(value 2 resets) + 1))

is "panic: PCRs 0 to 23 are the same" "$(value 4 pcrs)" "$(value 3 pcrs)"
is "  24 of them" "$(value 4 pcrs | wc -w)" 24
is "panic: no reset of the TPM" "$(value 4 resets)" "$(value 3 resets)"
is "panic: the TPM goes on: an extension" "$(value 4 extended | tr A-F a-f)" "$(extended "$zero" "$of_16")"
is "panic: the old kernel's memory is there to look at" "$(value 4 core)" ELF

copra "${vm[@]}" --append module_blacklist=svsm_reboot -- sh -c "$script" \
	>"$scratch/out" 2>"$scratch/err" </dev/null
is "without the module: the VM ends" $? 125
is "  with the second kernel" "$(value 1 vmpl) $(value 2 vmpl)" "2 "
ok "  which says why" grep -q 'VMPL2 asked for termination: set 1 (Linux), code 2' "$scratch/err"
sed 's/^/#   /' "$scratch/err"
done_testing

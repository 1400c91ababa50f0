#!/bin/bash
# Every wrong option is refused before anything starts, with a message that names it.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/../guest/lib.sh"

refused() { # PATTERN ARGUMENT...
	local pattern=$1 got=0
	shift
	./copra run "$@" </dev/null >"$scratch/out" 2>"$scratch/err" || got=$?
	is "refused: $*" "$got" 125
	ok "  and says why" grep -qE -- "$pattern" "$scratch/err"
	[[ -s $scratch/out ]] && ok "  and prints nothing else" false
	return 0
}

echo text >"$scratch/text"
: >"$scratch/empty"
cp "$scratch/text" "$scratch/a,b"
refused 'unknown option --nonsense' --nonsense
refused "unexpected argument 'ls'" ls
refused 'option --smp needs a value' --smp
refused '--smp 0: must be a number from 1 to 8' --smp 0
refused '--smp 9' --smp 9
refused '--smp two' --smp=two
refused '--mem 100M: must be 512M to 64G' --mem 100M
refused '--mem lots: must be a size' --mem lots
refused '--mem 513M: must be a multiple of 2M' --mem 513M
refused '--mem 999999999T' --mem 999999999T
refused '--platform tdx: must be one of' --platform tdx
refused '--igvm /nowhere: no such file' --igvm /nowhere
refused 'not an IGVM file' --igvm "$scratch/text"
refused 'is empty' --igvm "$scratch/empty"
refused 'not a firmware image' --ovmf "$scratch/text"
refused 'not a Linux x86 kernel' --kernel "$scratch/text"
refused 'not a file' --initrd "$scratch"
refused 'holds a comma' --initrd "$scratch/a,b"
refused 'no such file' --disk "$scratch/none.qcow2"
refused 'there is no --disk' --boot disk
refused '--boot floppy: must be one of' --boot floppy
refused 'cannot make that folder' --log /dev/null/x
refused '--trace all: must be one of' --trace all
refused '--gdb machine: must be one of' --gdb machine
refused '--timeout soon' --timeout soon
refused '--timeout 0' --timeout 0
refused '--trace needs --platform snp' --platform plain --trace exits
refused 'has no SVSM' --platform plain --gdb svsm
refused 'no COMMAND after' --
refused 'exclude each other' --igvm build/copra.igvm --ovmf build/guest/OVMF.fd
refused '--kernel-elf /nowhere: no such file' --platform native --kernel-elf /nowhere
refused 'not a 64-bit ELF file' --platform native --kernel-elf "$scratch/text"
refused '--kernel-elf needs --platform native' --kernel-elf build/kernel.elf
refused '--igvm needs --platform snp' --platform native --igvm build/copra.igvm
refused '--trace needs --platform snp' --platform native --trace exits
refused '--test needs --igvm or --kernel-elf' --platform native --test
refused 'has no guest to run a COMMAND in' --platform native -- true
refused '--gdb guest: --platform native has no guest' --platform native --gdb guest
refused '--ovmf .*: --platform native has no guest' --platform native --ovmf build/guest/OVMF.fd
refused '--append quiet: --platform native has no guest' --platform native --append quiet
done_testing

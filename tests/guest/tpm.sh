#!/bin/bash
# Debian's own tpm2-tools on the SVSM's TPM, in the guest: what the firmware measured, what a TPM is
# for, and what must not reset it. On a plain machine there is no TPM and nobody speaks of one.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"
initrd=build/guest/initrd-tpm.cpio

# Each line "ok - TEXT" of the guest becomes a result; what else it says, a comment of the log.
take_results() { # FILE
	local line
	while IFS= read -r line; do
		case $line in
		'ok - '*) ok "${line#ok - }" true ;;
		'not ok - '*) ok "${line#not ok - }" false ;;
		*) printf '# %s\n' "$line" ;;
		esac
	done <"$1"
}

# guest_says SCRIPT...: runs the parts one after the other in one VM.
guest_says() {
	(cd tests/guest/tpm && cat lib.sh "$@" && echo 'echo the end') |
		copra --initrd "$initrd" >"$scratch/out"
	is "exit status" $? 0
	take_results "$scratch/out"
	is "the guest came to its end" "$(tail -n 1 "$scratch/out")" "the end"
}

if [[ $platform == plain ]]; then
	guest_says none.sh
else
	guest_says log.sh tools.sh keys.sh reset.sh messages.sh
fi
done_testing

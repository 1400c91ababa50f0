#!/bin/bash
# ksyms.sh ELF: the names of the kernel's functions as assembly, in the form of abi/boot.h (struct
# boot_ksym). The native loader hands them to the kernel as the IGVM builder does on SNP.
set -euo pipefail
export LC_ALL=C
end=$(readelf -sW "$1" | awk '$8 == "kernel_text_end" { print $2 }')
readelf -sW "$1" | awk '$4 == "FUNC" && $7 != "UND" && $2 ~ /^f/ { print $2, $8 }' | sort -u |
	awk -v end="$end" '
	BEGIN { print "\t.section .native.ksyms, \"a\"\ntable:" }
	{
		printf "\t.long 0x%s, name%d - table\n", substr($1, 9), NR
		names = names sprintf("name%d:\t.asciz \"%s\"\n", NR, $2)
	}
	END {
		printf "\t.long 0x%s, 0\n%s", substr(end, 9), names
		print "\t.section .note.GNU-stack, \"\", @progbits"
	}' |
	# offsets from KERNEL_VA, whose lower half is 0x80000000
	sed 's/\.long 0x\([0-9a-f]*\),/.long 0x\1 - 0x80000000,/'

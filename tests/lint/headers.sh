#!/bin/bash
# Each header stands alone, with both compilers, but those of Linux's kernel; and clang takes the whole of kernel and machine.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
flags=(-std=gnu17 -Wall -Wextra -Werror -I. -fsyntax-only -DBARE_IMAGE_GPA=0 -x c)
bare=(-ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -Wshadow -Wmissing-prototypes)
status=0
check() { # COMPILER FILE [FLAG...]
	local compiler=$1 file=$2
	shift 2
	"$compiler" "${flags[@]}" "$@" "$file" || {
		echo "$compiler: $file"
		status=1
	}
}
while read -r header; do
	for compiler in gcc clang; do
		check $compiler "$header" -Wno-unused-function
	done
done < <(git ls-files '*.h' | grep -vE '^(tests/unit|guest/tpm_svsm|guest/svsm_reboot)/')
while read -r source; do
	check clang "$source" "${bare[@]}"
done < <(git ls-files 'kernel/**.c' 'machine/*.c' 'lib/*.c')
exit $status

#!/bin/bash
# Nobody drops a result of kernel or lib: what says whether a call failed is MUST_USE, and both
# compilers refuse a call that does not look.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
status=0
unmarked() { # WHAT, and matches on stdin
	local found
	found=$(grep -v 'MUST_USE') || return
	printf 'MUST_USE is missing, %s:\n%s\n' "$1" "$found"
	status=1
}
mapfile -t headers < <(git ls-files -co --exclude-standard 'kernel/*.h' 'lib/*.h')
grep -nE '^(static |inline |extern |MUST_USE )*(bool|enum error) [a-z0-9_]+\(' "${headers[@]}" |
	unmarked "a declaration"
mapfile -t sources < <(git ls-files -co --exclude-standard 'kernel/*.c')
grep -nE '^static (inline )?(MUST_USE )?enum error [a-z0-9_]+\(' "${sources[@]}" |
	unmarked "a function of one file"

# compiles COMPILER STATEMENT
compiles() {
	printf '#include "kernel/error.h"\nMUST_USE enum error call(void);\nvoid f(void);\nvoid f(void)\n{\n\t%s\n}\n' "$2" |
		"$1" -std=gnu17 -Wall -Wextra -Werror -I. -O1 -c -o /dev/null -x c - 2>/dev/null
}
for compiler in gcc clang; do
	compiles $compiler 'error_ignore(call());' || { echo "$compiler: error_ignore() does not compile"; status=1; }
	if compiles $compiler 'call();'; then
		echo "$compiler: takes a call whose result is dropped"
		status=1
	fi
done
exit $status

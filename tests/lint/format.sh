#!/bin/bash
# The layout of the C sources is clang-format's, by .clang-format.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

wrong_find() { # FILE...: "LINES FILE" for each that is laid out otherwise
	clang-format --style=file --dry-run -Werror "$@" 2>&1 | grep -E 'error: ' | cut -d: -f1 | sort | uniq -c
}

# It must find what is there to be found.
planted=build/lint/format.c
mkdir -p build/lint
printf 'int  planted ;\n' >$planted
[[ $(wrong_find $planted) ]] || { echo "clang-format did not find $planted"; exit 1; }

mapfile -t files < <(git ls-files '*.c' '*.h')
wrong=$(wrong_find "${files[@]}")
[[ ! $wrong ]] || {
	printf 'lines to lay out anew (clang-format -i):\n%s\n' "$wrong"
	exit 1
}

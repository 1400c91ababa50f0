#!/bin/bash
# The layout of the C sources is clang-format's, by .clang-format.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
mapfile -t files < <(git ls-files '*.c' '*.h')
clang-format --dry-run -Werror "${files[@]}" 2>&1 | grep -E 'error: ' | cut -d: -f1 | sort | uniq -c |
	sed 's/^/lines to lay out anew (clang-format -i): /' | tee /dev/stderr | grep -q . && exit 1
exit 0

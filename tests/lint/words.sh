#!/bin/bash
# No path of one computer, no mirror's host name, no lines that only one editor shows well.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
status=0
complain() { # WHAT, and matches on stdin
	local found
	found=$(cat)
	[[ $found ]] || return
	printf '%s:\n%s\n' "$1" "$found"
	status=1
}
files() { git ls-files -co --exclude-standard | while read -r f; do [[ -f $f ]] && echo "$f"; done; }
mapfile -t all < <(files | grep -vE '^tests/(lint/words\.sh$|fuzz/corpus/)')
grep -nIE '/(home|work)/[a-z]' "${all[@]}" | complain "paths of one computer"
grep -nIE '(deb|ftp[.a-z]*|security|snapshot)\.debian\.org' "${all[@]}" | complain "mirror host names"
grep -nIE '[[:blank:]]+$' "${all[@]}" | complain "blanks at the end of a line"
grep -nIE '^(<<<<<<<|>>>>>>>) ' "${all[@]}" | complain "merge conflicts"
exit $status

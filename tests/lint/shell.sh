#!/bin/bash
# Every shell script of the repository passes shellcheck. What passed is not looked at again until
# it, a file that scripts source, or shellcheck changes: build/lint/shell/ keeps that.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/lint/shell
mapfile -t files < <(git ls-files -co --exclude-standard | while read -r file; do [[ ! -f $file ]] || echo "$file"; done)
mapfile -t all < <(LC_ALL=C awk 'FNR == 1 { if (/^#!\/bin\/(ba)?sh/) print FILENAME; nextfile }' "${files[@]}")
mapfile -t scripts < <(printf '%s\n' "${all[@]}" | grep -v '^tools/launch/')
mapfile -t sourced < <(printf '%s\n' "${files[@]}" | grep -E '(\.sh|\.shellcheckrc)$' |
	grep -vxFf <(printf '%s\n' "${all[@]}"))
((${#scripts[@]})) || { echo "no scripts"; exit 1; }
common=$({ shellcheck --version && sha256sum "$0" "${sourced[@]}"; } | sha256sum)

changed=()
for script in "${scripts[@]}"; do
	sum=$common$(sha256sum <"$script")
	[[ -e $out/$script.ok && $(<"$out/$script.ok") == "$sum" ]] && continue
	changed+=("$script")
	mkdir -p "$out/${script%/*}"
	echo "$sum" >"$out/$script.new"
done
((${#changed[@]})) || exit 0
shellcheck -x -a "${changed[@]}"
for script in "${changed[@]}"; do
	mv "$out/$script.new" "$out/$script.ok"
done

#!/bin/bash
# Every shell script of the repository passes shellcheck.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t scripts < <(git ls-files -co --exclude-standard | while read -r file; do
	[[ -f $file && $file != tools/launch/* ]] && head -c 20 "$file" | grep -qaE '^#!/bin/(ba)?sh' && echo "$file"
done)
shellcheck -x -a "${scripts[@]}"

#!/bin/bash
# clang-tidy finds nothing, by .clang-tidy:  tests/lint/tidy.sh [FILE...]
# Each file is looked at with the flags of its own part. What was clean is not looked at again until
# it, a header of its, its flags or the checks change: build/lint/tidy/ keeps that.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/lint/tidy
mkdir -p $out

# Every check that is switched off has its reason above it.
for config in $(git ls-files -co --exclude-standard '*.clang-tidy'); do
	grep -oE '^  -[a-z][A-Za-z.0-9*-]+' "$config" | sed 's/  -//' | while read -r check; do
		grep -qE "^#   ${check/\*/\\*}( |$)" "$config" || { echo "$config: no reason for -$check"; exit 1; }
	done
done

# It must find what is there to be found, in the folders as they are configured.
bad_find() { # FOLDER CHECK: the source is on stdin
	local file=$out/bad/$1/bad.c status
	mkdir -p "$out/bad/$1"
	cp "$1/.clang-tidy" "$out/bad/$1/" 2>/dev/null || true
	cat >"$file"
	clang-tidy --quiet "$file" -- -ffreestanding -std=gnu17 -I. >$out/bad.log 2>&1 && status=0 || status=$?
	if ((status == 0)) || ! grep -qF "[$2,-warnings-as-errors]" $out/bad.log; then
		echo "clang-tidy did not find $2 in $1/:"
		cat $out/bad.log
		exit 1
	fi
}
for folder in kernel machine services; do
	bad_find $folder clang-analyzer-core.NullDereference <<-'C'
	int value(int wanted);
	int value(int wanted)
	{
		int *pointer = 0;

		return wanted > 3 ? *pointer : 1;
	}
	C
done

mapfile -t lines < <(tests/lint/sources.sh)
files=("$@")
for line in "${lines[@]}"; do
	file=${line%%$'\t'*} flags=${line#*$'\t'}
	(($#)) || files+=("$file")
	mkdir -p "$out/${file%/*}"
	[[ -e $out/$file.flags && $(<"$out/$file.flags") == "$flags" ]] || echo "$flags" >"$out/$file.flags"
done
((${#lines[@]})) || exit 1
exec make -s -k -j2 --output-sync=target -f tests/lint/tidy.mk FILES="${files[*]}"

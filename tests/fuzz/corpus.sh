#!/bin/bash
# Keeps what fuzzing found:  tests/fuzz/corpus.sh TARGET...
# Of build/fuzz/found/TARGET/ and the saved inputs, as few and as small ones as reach the same code,
# go to tests/fuzz/corpus/TARGET/.  Inputs called bug-* (each broke something once) and keep-* (at a limit) stay.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
fuzz=${FUZZ:-build/fuzz}
for target; do
	saved=tests/fuzz/corpus/$target new=$fuzz/merged/$target
	rm -rf "$new"
	mkdir -p "$new" "$saved" "$fuzz"/{found,seeds}/"$target"
	# Which edges are taken counts, not how often: a tenth of the inputs.
	"$fuzz"/libfuzzer/"$target" -merge=1 -use_counters=0 -use_value_profile=0 -timeout=10 \
		"$new" "$saved" "$fuzz"/seeds/"$target" "$fuzz"/found/"$target" \
		>"$fuzz"/merged/"$target".log 2>&1 || {
		tail -5 "$fuzz"/merged/"$target".log >&2
		echo "fuzz: $target: the inputs could not be merged; nothing is changed" >&2
		exit 1
	}
	find "$saved" -type f ! -name 'bug-*' ! -name 'keep-*' -delete
	for file in "$new"/*; do
		# Short names: the first digits of the fuzzer's, which are a SHA-1.
		name=${file##*/}
		cp "$file" "$saved/${name:0:10}"
	done
	find "$saved" -type f | wc -l | sed "s/^/fuzz: $target: saved inputs: /"
done

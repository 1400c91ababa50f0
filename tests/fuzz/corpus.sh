#!/bin/bash
# Keeps what fuzzing found:  tests/fuzz/corpus.sh TARGET...
# Of build/fuzz/found/TARGET/ and the saved inputs, as few and as small ones as reach the same code,
# go to tests/fuzz/corpus/TARGET/.  Inputs called bug-* (each broke something once) stay.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
for target; do
	saved=tests/fuzz/corpus/$target new=build/fuzz/merged/$target
	rm -rf "$new"
	mkdir -p "$new" "$saved" build/fuzz/{found,seeds}/"$target"
	# Which edges are taken counts, not how often: a tenth of the inputs.
	build/fuzz/libfuzzer/"$target" -merge=1 -use_counters=0 -use_value_profile=0 -timeout=10 \
		"$new" "$saved" build/fuzz/seeds/"$target" build/fuzz/found/"$target" \
		>build/fuzz/merged/"$target".log 2>&1
	find "$saved" -type f ! -name 'bug-*' -delete
	for file in "$new"/*; do
		# Short names: the first digits of the fuzzer's, which are a SHA-1.
		name=${file##*/}
		cp "$file" "$saved/${name:0:10}"
	done
	find "$saved" -type f | wc -l | sed "s/^/fuzz: $target: saved inputs: /"
done

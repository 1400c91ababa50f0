#!/bin/bash
# Measurements:  tests/bench.sh [NAME...]
#
# Runs the scripts in tests/bench/, each of which prints lines of tab-separated fields: metric,
# value, unit, baseline's name, baseline's value, spread.  Shows them as a table with the ratio, and
# writes build/bench.tsv.  Every metric is measured together with its baseline in this run.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
names=("$@")
((${#names[@]})) || mapfile -t names < <(basename -s .sh -a tests/bench/*.sh)

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
export WITH_BENCH=1
tools/packages.sh check || tools/packages.sh deps || exit 2
make -s -j"$(nproc)" all bench-build || exit 2

table=build/bench.tsv
printf 'metric\tvalue\tunit\tbaseline\tbaseline_value\tratio\tspread\n' >"$table"
failed=0
for name in "${names[@]}"; do
	echo "measuring: $name" >&2
	tests/bench/"$name".sh </dev/null >build/bench.part || {
		echo "bench: $name failed" >&2
		failed=1
	}
	awk -F'\t' 'BEGIN { OFS = FS }
		NF >= 3 { print $1, $2, $3, $4, $5, ($5 + 0) ? sprintf("%.2f", $2 / $5) : "", $6 }' \
		build/bench.part >>"$table"
done
rm -f build/bench.part
awk -F'\t' '{ printf "%-42s %14s %-13s %-26s %14s %7s  %s\n", $1, $2, $3, $4, $5, $6, $7 }' "$table"
exit $failed

#!/bin/bash
# Looks for inputs that break a target:  tests/fuzz/run.sh ENGINE SECONDS TARGET...
#
#   ENGINE   libfuzzer or afl
#   SECONDS  for each target
#
# What is found is kept in build/fuzz/found/TARGET/ and is where the next run starts, besides
# tests/fuzz/corpus/.  An input that breaks something goes to build/fuzz/crashes/TARGET/, with the
# command that shows it.  The table at the end is also in build/fuzz.tsv.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
fuzz=${FUZZ:-build/fuzz}
usage() {
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 2
}
(($# >= 3)) || usage
engine=$1 seconds=$2
shift 2
[[ $engine == libfuzzer || $engine == afl ]] || usage
[[ $seconds =~ ^[1-9][0-9]*$ ]] || usage
for target; do
	[[ -e tests/fuzz/fuzz_$target.c ]] || {
		echo "fuzz: no target $target; there are: $(cd tests/fuzz && echo fuzz_*.c | sed 's/fuzz_//g; s/\.c//g')" >&2
		exit 2
	}
done

# Longest input worth trying; where nothing is said, the fuzzer's own choice.
declare -A max_len=([gdb]=8300 [igvm]=1500 [igvm_tool]=1000 [launch]=1500 [igvm_build]=1200
	[ovmf]=1100 [elf]=1200 [options]=4200 [rle]=1000 [core]=1000
	[vtpm]=1100 [syscall]=900 [load]=2100 [services]=700)

# number NAME FILE: a value out of libFuzzer's "stat::NAME: value" or AFL's "NAME : value".
number() {
	sed -nE "s/^(stat::)?$1 *: *([0-9.]+).*/\2/p" "$2" | tail -1
}

crashes_of() { # TARGET: how many are kept
	find "$fuzz/crashes/$1" -type f ! -name '*.txt' 2>/dev/null | wc -l
}

# How to see a crash again, beside it.
explain() {
	local target=$1 file
	for file in "$fuzz/crashes/$target"/*; do
		[[ -f $file && $file != *.txt ]] || continue
		echo "make $fuzz/replay/$target && $fuzz/replay/$target $file" >"$file.txt"
		echo "fuzz: $target breaks: $(<"$file.txt")" >&2
	done
}

# Each prints: seconds executions exec/s edges inputs
run_libfuzzer() {
	local target=$1 log=$fuzz/log/$1 start=$SECONDS found=$fuzz/found/$1
	local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 -print_final_stats=1
		-artifact_prefix="$fuzz/crashes/$target/" -verbosity=1)
	[[ ${max_len[$target]:-} ]] && options+=(-max_len="${max_len[$target]}")
	[[ -e tests/fuzz/$target.dict ]] && options+=(-dict="tests/fuzz/$target.dict")
	"$fuzz/libfuzzer/$target" "${options[@]}" "$found" "${seeds[@]}" >"$log" 2>&1 </dev/null
	printf '%s\t%s\t%s\t%s\t%s' $((SECONDS - start)) \
		"$(number number_of_executed_units "$log")" "$(number average_exec_per_sec "$log")" \
		"$(sed -nE 's/.* cov: ([0-9]+) .*/\1/p' "$log" | tail -1)" \
		"$(find "$found" -type f | wc -l)"
}

run_afl() {
	local target=$1 log=$fuzz/log/$1 in=$fuzz/afl-in/$1 out=$fuzz/afl-out/$1 file
	local stats=$out/default/fuzzer_stats options=(-V "$seconds" -t 10000 -m none)
	rm -rf "$in" "$out"
	mkdir -p "$in" "$out"
	printf '\0' >"$in/zero" # one at least
	for file in "${seeds[@]}" "$fuzz/found/$target"; do
		find "$file" -type f -exec cp -t "$in" {} +
	done
	[[ -e tests/fuzz/$target.dict ]] && options+=(-x "tests/fuzz/$target.dict")
	AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 \
		AFL_BENCH_UNTIL_CRASH=1 AFL_IGNORE_SEED_PROBLEMS=1 AFL_FAST_CAL=1 \
		afl-fuzz "${options[@]}" -i "$in" -o "$out" -- "$fuzz/afl/$target" >"$log" 2>&1 </dev/null
	[[ -e $stats ]] || {
		tail -20 "$log" >&2
		return 1
	}
	find "$out/default/queue" -maxdepth 1 -type f -name '*+cov*' -exec cp -t "$fuzz/found/$target" {} +
	find "$out/default/crashes" "$out/default/hangs" -type f ! -name 'README*' \
		-exec cp -t "$fuzz/crashes/$target" {} +
	printf '%s\t%s\t%s\t%s\t%s' "$(number run_time "$stats")" "$(number execs_done "$stats")" \
		"$(number execs_per_sec "$stats")" "$(number edges_found "$stats")" \
		"$(number corpus_count "$stats")"
}

run_one() {
	case $engine in
	libfuzzer) run_libfuzzer "$1" ;;
	afl) run_afl "$1" ;;
	esac
}

"$fuzz"/make-seeds "$fuzz"/seeds || exit 1
mkdir -p "$fuzz/log"
table=$(mktemp)
trap 'rm -f "$table"' EXIT
bad=0
for target; do
	mkdir -p "$fuzz"/{found,crashes,seeds}/"$target"
	seeds=("$fuzz/seeds/$target")
	[[ -d tests/fuzz/corpus/$target ]] && seeds+=("tests/fuzz/corpus/$target")
	echo "fuzz: $target, $engine, $seconds s" >&2
	before=$(crashes_of "$target")
	row=$(run_one "$target") || bad=1
	new=$(($(crashes_of "$target") - before))
	((new)) && bad=1 && explain "$target"
	printf '%s\t%s\t%s\t%s\n' "$target" "$engine" "$row" "$new" >>"$table"
done
{
	printf 'target\tengine\tseconds\texecutions\texec/s\tedges\tinputs\tcrashes\n'
	cat "$table"
} | tee "${fuzz%/*}/fuzz.tsv" | awk -F'\t' '{ printf "%-12s %-10s %8s %12s %9s %6s %7s %8s\n", $1, $2, $3, $4, $5, $6, $7, $8 }'
exit $bad

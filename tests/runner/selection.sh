#!/bin/bash
# Which tests run: names, patterns, tiers; and what the runner refuses.
# shellcheck disable=SC2016,SC2119 # the runner expands; it can go without arguments
# shellcheck source=tests/runner/lib.sh
source "$(dirname "$0")/lib.sh"
list="quick one 1 0 60 stop-read   true
full  one 1 0 60 stop-write  true
quick two 1 0 60 memory      true
full  two 1 0 60 memorial    true"

selects() { # TEXT WANTED ARGUMENT...
	local text=$1 wanted=$2
	shift 2
	runner "$@" <<<"$list"
	is "$text" "$(sed -nE 's/^ok [0-9]+ - ([^ ]*) .*/\1/p' "$out" | sort | xargs)" "$wanted"
}
selects "all" "memorial memory stop-read stop-write"
selects "quick" "memory stop-read" --quick
selects "a name" "memory" memory
selects "beginning of names" "stop-read stop-write" stop
selects "tier" "memorial memory" two
selects "pattern" "memorial memory" 'mem*'
selects "two words, one test once" "memory stop-read" memory stop-read memory
selects "quick ones of a tier" "stop-read" --quick one
runner --list <<<"$list"
is "--list: exit status" "$status" 0
has "--list" 'full +one +stop-write +1 +0 +60'
is "--list: nothing else" "$(wc -l <"$out")" 5

refuses() { # TEXT PATTERN ARGUMENT...
	local text=$1 pattern=$2
	shift 2
	runner "$@" <<<"$list"
	is "$text: exit status" "$status" 2
	has "$text: says so" "$pattern" "$err"
	is "$text: runs nothing" "$(grep -c ok "$out")" 0
}
refuses "unknown name" "tests/run.sh: no test 'memroy'; near: memory .*" memroy
refuses "unknown beginning" "tests/run.sh: no test 'stopp'; near: stop-read, stop-write .*" stopp
refuses "part of names" "tests/run.sh: no test 'mem'; near: memory, memorial .*" mem
refuses "nothing like it" "tests/run.sh: no test 'xyz' .*" xyz
refuses "one of two is unknown" "tests/run.sh: no test 'xyz' .*" memory xyz
refuses "unknown option" "tests/run.sh: unknown option --fast .*" --fast
refuses "--jobs" "tests/run.sh: --jobs 0: .*" --jobs 0
refuses "--jobs without a number" "tests/run.sh: --jobs needs a value" --jobs
refuses "--memory" "tests/run.sh: --memory lots: .*" --memory lots
refuses "no list" "tests/run.sh: /nowhere/list: cannot read .*" --list-file /nowhere/list

# Lines that are wrong fail as tests; the others run.
runner <<'LIST'
quick 1 300 old tests/lint/words.sh
quick a 1 0 60 none
often a 1 0 60 when true
quick a 0 0 60 cpus true
quick a 1 0 9s limit true
quick a 1 0 60 na/me true
quick a 1 0 60 good true
quick a 1 0 60 good true
LIST
is "wrong lines: exit status" "$status" 1
last_line "wrong lines: last line" "1 passed, 7 failed"
for pattern in '1: seven columns .*' '2: seven columns .*' "3: WHEN is 'often'.*" '4: CPUS, MEM, .*' \
	'5: CPUS, .*' "6: 'a' or 'na/me' .*" '8: the name good .*'; do
	has "wrong line ${pattern%%:*}" "not ok [0-9]+ - $scratch/list line $pattern"
done
done_testing

#!/bin/bash
# What runs at the same time: as processors and memory allow; and how a run is broken off.
# shellcheck disable=SC2016,SC2119 # the runner expands; it can go without arguments
# shellcheck source=tests/runner/lib.sh
source "$(dirname "$0")/lib.sh"
number=$RANDOM$RANDOM # of seconds: tells our sleeps from others

# meet A B TRIES waits until the other is there, too: A and B only pass when they run at the same time.
meet="meet() { touch $scratch/\$1; for i in \$(seq \$3); do [[ -e $scratch/\$2 ]] && return; sleep 0.1; done; return 1; }"
# alone passes when nothing else runs as "alone".
alone="alone() { mkdir $scratch/alone && sleep 0.3 && rmdir $scratch/alone; }"

runner --jobs 2 <<LIST
quick a 1 0 60 one $meet; meet one two 100
quick a 1 0 60 two $meet; meet two one 100
LIST
last_line "two processors, two tests at a time" "2 passed, 0 failed"
rm -f "$scratch"/{one,two}
runner --jobs 1 <<LIST
quick a 1 0 60 one $meet; meet one two 10
quick a 1 0 60 two $meet; meet two one 10
LIST
last_line "one processor, one at a time: the first does not meet the second" "1 passed, 1 failed"
runner --jobs 3 <<LIST
quick a 2 0 60 one   $alone; alone
quick a 2 0 60 two   $alone; alone
quick a 9 0 60 three $alone; alone
LIST
last_line "tests of two processors and of more than there are: one at a time" "3 passed, 0 failed"
runner --jobs 4 --memory 1000 <<LIST
quick a 1 500 60 one   $alone; alone
quick a 1 500 60 two   $alone; alone
quick a 1 500 60 three $alone; alone
LIST
last_line "tests that need half of the memory and more: one at a time" "3 passed, 0 failed"
runner --memory 1000 <<LIST
quick a 1 1000 60 large exit 1
quick a 1   10 60 small true
LIST
is "too large for the memory: exit status" "$status" 0
has "too large for the memory: skipped" 'ok [0-9]+ - large # SKIP needs 1318 MiB of memory, 1000 are available'
last_line "too large for the memory: the other runs" "1 passed, 0 failed"
runner <<<'quick a 1 99999999 60 large exit 1'
has "larger than any computer" 'ok 1 - large # SKIP needs [0-9]+ MiB of memory, [0-9]+ are available'

order() { # TEXT WANTED
	is "$1" "$(sed -nE 's/^ok [0-9]+ - ([^ ]*) .*/\1/p' "$out" | xargs)" "$2"
}
list="quick a 1 0 100 short sleep 0.1
quick a 1 0 900 middle sleep 0.3
quick a 1 0 500 long sleep 0.7"
rm -f "$scratch/logs.known"
runner --jobs 1 <<<"$list"
order "the first time: by the limits" "middle long short"
runner --jobs 1 <<<"$list"
order "then by what they took" "long middle short"

runner <<'LIST'
quick t 3 128 60 environment echo "$TEST_NAME $TEST_CPUS $TEST_MEM $TEST_SECONDS"; test -d "$TEST_DIR"
quick t 1 0 60 good touch "$TEST_DIR/file"
quick t 1 0 60 bad touch "$TEST_DIR/file"; false
LIST
is "a test's environment" "$(cat "$scratch/logs/environment/log")" "environment 3 128 60"
ok "a passed test's files are removed" test ! -e "$scratch/logs/good/file"
ok "a failed test's files are kept" test -e "$scratch/logs/bad/file"
runner --keep <<<'quick t 1 0 60 good touch "$TEST_DIR/file"'
ok "--keep" test -e "$scratch/logs/good/file"

# Broken off: the tests and what they started end, too.
broken_off() { # SIGNAL STATUS WHOM SIGN: a minus for the whole process group, as a terminal does it
	local text="SIG$1 to the $3" got=0
	number=${number}1
	echo "quick a 1 0 60 endless (sleep $number; true) & sleep $number" >"$scratch/list"
	setsid env --default-signal=INT tests/run.sh --list-file "$scratch/list" --logs "$scratch/logs" \
		>"$scratch/out" 2>&1 </dev/null &
	for _ in {1..50}; do
		left_over "$number" && break
		sleep 0.1
	done
	ok "$text: it ran" left_over "$number"
	kill -s "$1" -- "${4:-}$!"
	wait $! || got=$?
	is "$text: exit status" "$got" "$2"
	ok "$text: nothing remains" eval "! left_over $number"
}
broken_off INT 130 runner
broken_off TERM 143 runner
broken_off INT 130 group -
broken_off HUP 143 group -

# One runner at a time has the folder.
runner <<LIST
quick a 1 0 60 outer tests/run.sh --list-file $scratch/list --logs $scratch/logs
LIST
has "another runner at the same folder" 'not ok 1 - outer # exit status 2, .*'
has "and says so" '# +tests/run.sh: another run writes to .*'
done_testing

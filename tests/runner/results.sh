#!/bin/bash
# The runner reports what fails, however it fails; and nothing that fails is lost in the count.
# shellcheck disable=SC2016,SC2119 # the runner expands; it can go without arguments
# shellcheck source=tests/runner/lib.sh
source "$(dirname "$0")/lib.sh"
number=$RANDOM$RANDOM # of seconds: tells our sleeps from others

runner <<LIST
# a comment, and an empty line

quick a 1 0 60 good        true
quick a 1 0 60 status      exit 3
quick a 1 0 60 signal      kill -SEGV \$\$
quick a 1 0 60 no-line-end printf broken; false
quick a 1 0 60 lost        kill -KILL \$(awk '{ print \$4 }' /proc/\$PPID/stat); exit 0
quick b 1 0 60 unknown     no-such-command-$number
quick b 1 0 60 no-program  /etc/passwd
quick b 1 0  1 hang        sleep $number
quick b 1 0 60 leaves      sleep $number & true
quick c 1 0 60 tap         printf 'ok 1 - one\nok 2 - two # SKIP not here\n1..2\n'
quick c 1 0 60 not-ok      printf '1..2\nok 1 - one\nnot ok 2 - two\n'; exit 1
quick c 1 0 60 no-status   printf '1..1\nnot ok 1 - one\n'
quick c 1 0 60 no-plan     echo 'ok 1 - one'
quick c 1 0 60 plan        printf '1..3\nok 1 - one\n'
quick c 1 0 60 gave-up     printf '1..1\nok 1 - one\nBail out! no more\n'
quick c 1 0 60 late        printf '1..1\nok 1 - one\n'; exit 7
quick c 1 0 60 bytes       printf '\000\377\033[1m\r\nnot ok 1 - one\r\n1..1\n'
quick c 1 0 60 skipped     echo '1..0 # SKIP no such device'
quick c 1 0 60 not-skipped echo '1..0 # SKIP no such device'; exit 1
quick d 1 0 60 end         true
LIST
is "exit status" "$status" 1
has "passes" 'ok [0-9]+ - good # [0-9]+ s'
has "exit status of a test" 'not ok [0-9]+ - status # exit status 3, [0-9]+ s'
has "signal" 'not ok [0-9]+ - signal # killed by signal SEGV, [0-9]+ s'
has "the process that waits is killed" 'not ok [0-9]+ - lost # its status is lost, .*'
has "command that is not there" 'not ok [0-9]+ - unknown # exit status 127: a command was not found, .*'
has "command that is no program" 'not ok [0-9]+ - no-program # exit status 126: the command cannot be run, .*'
has "time-out" 'not ok [0-9]+ - hang # not done after 1 s, 1 s'
has "leaves a process" 'ok [0-9]+ - leaves # [0-9]+ s'
ok "no process remains" eval "! left_over $number"
has "TAP" 'ok [0-9]+ - tap: one'
has "TAP: skip" 'ok [0-9]+ - tap: two # SKIP not here'
has "TAP: not ok" 'not ok [0-9]+ - not-ok: two'
has "TAP: not ok, but exit status 0" 'not ok [0-9]+ - no-status: one'
has "TAP without plan" 'not ok [0-9]+ - no-plan: the plan was not told, the results are 1'
has "TAP, less than planned" 'not ok [0-9]+ - plan: the plan was 3, the results are 1'
has "TAP: Bail out!" 'not ok [0-9]+ - gave-up: gave up: no more'
has "TAP, all ok, but the exit status" 'not ok [0-9]+ - late # exit status 7, [0-9]+ s'
has "TAP beside other bytes" 'not ok [0-9]+ - bytes: one'
has "skipped" 'ok [0-9]+ - skipped # SKIP no such device'
has "skips, but the exit status" 'not ok [0-9]+ - not-skipped # exit status 1, [0-9]+ s'
has "the last test of the list" 'ok [0-9]+ - end # [0-9]+ s'

# The count is that of the lines.
good=$(grep '^ok ' "$out" | grep -vc '# SKIP')
bad=$(grep -c '^not ok ' "$out")
is "failures" "$bad" 15
last_line "last line" "$good passed, $bad failed"
has "skips are told" '# 2 skipped'
has "plan" "1..$((good + bad + 2))"
is "numbers are in order" "$(sed -nE 's/^(not )?ok ([0-9]+) .*/\2/p' "$out")" "$(seq $((good + bad + 2)))"
has "path of the logs of a failure" "# its files are kept: $scratch/logs/status/"
has "what a failed test printed" '# +not ok 2 - two'
has "the same when what it printed ends within a line" "# its files are kept: $scratch/logs/no-line-end/"
ok "log of a passed test" test -e "$scratch/logs/tap/log"
is "times of each" "$(cut -f1 "$scratch/logs/times.tsv" | sort | xargs)" \
	"$(echo test good status signal lost no-line-end unknown no-program hang leaves tap not-ok no-status no-plan plan \
		gave-up late bytes skipped not-skipped end | tr ' ' '\n' | sort | xargs)"
for tier in a:5 b:4 c:10 d:1; do
	has "times of tier ${tier%:*}" "# ${tier%:*} +[0-9.]+ +[0-9.]+ +${tier#*:} .*"
done

runner <<<'quick a 1 0 60 alone true'
is "all good: exit status" "$status" 0
last_line "all good: last line" "1 passed, 0 failed"
printf 'full a 1 0 60 last exit 1' | runner
last_line "a list whose last line does not end" "0 passed, 1 failed"
done_testing

#!/bin/bash
# The launcher's promise for a COMMAND: its input, output and exit status, and nothing else.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"

out=$(copra -- sh -c 'echo to stdout; echo to stderr >&2; exit 7' 2>"$scratch/err" </dev/null)
is "exit status" $? 7
is "standard output" "$out" "to stdout"
is "standard error" "$(cat "$scratch/err")" "to stderr"

head -c 3000000 /dev/urandom >"$scratch/random"
copra -- sh -c 'cat; printf "%s|" "$@" >&2' - 'two words' '' "it's" \
	<"$scratch/random" >"$scratch/out" 2>"$scratch/err"
is "exit status of a filter" $? 0
ok "3 MB of any bytes come back as they went in" cmp "$scratch/random" "$scratch/out"
is "arguments arrive as they are" "$(cat "$scratch/err")" "two words||it's|"

out=$(printf 'cd /tmp\npwd\nid -u\nexit 3\n' | copra)
is "a shell that reads commands: exit status" $? 3
is "a shell that reads commands: output" "$out" $'/tmp\n0'

# shellcheck disable=SC2016 # the guest's shell expands
copra -- sh -c 'kill -9 $$' </dev/null
is "exit status of a killed command" $? 137
done_testing

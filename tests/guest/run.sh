#!/bin/bash
# The launcher's promise for a COMMAND: its input, output and exit status, and nothing else.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"

head -c 3000000 /dev/urandom >"$scratch/random"
copra -- sh -c 'cat; printf "%s|" "$@" >&2; exit 7' - 'two words' '' "it's" \
	<"$scratch/random" >"$scratch/out" 2>"$scratch/err"
is "exit status" $? 7
ok "3 MB of any bytes come back as they went in, on standard output" cmp "$scratch/random" "$scratch/out"
is "arguments arrive as they are; standard error" "$(cat "$scratch/err")" "two words||it's|"

# Exit status 0 is in many other tests; here the shell ends by a signal.
# shellcheck disable=SC2016 # the guest's shell expands
out=$(printf '%s\n' 'cd /tmp' pwd 'id -u' 'cat /sys/devices/system/cpu/sev/vmpl 2>/dev/null || echo none' 'kill -9 $$' | copra)
is "a shell that reads commands: exit status of a killed command" $? 137
is "a shell that reads commands: output, and the VMPL that Linux reports" "$out" \
	"/tmp"$'\n'"0"$'\n'"$([[ $platform == snp ]] && echo 2 || echo none)"
done_testing

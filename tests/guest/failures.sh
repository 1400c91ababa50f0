#!/bin/bash
# A VM that fails: within bounded time, with a status of its own and the logs kept.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"
trace=exits

fails() { # TEXT STATUS PATTERN ARGUMENT...
	local text=$1 status=$2 pattern=$3 got=0
	shift 3
	copra "$@" </dev/null >"$scratch/out" 2>"$scratch/err" || got=$?
	is "$text: exit status" $got "$status"
	ok "$text: says so" grep -qE "$pattern" "$scratch/err"
	sed 's/^/#   /' "$scratch/err"
}

fails "a command that takes too long" 124 'not done after 40 s' --timeout 40 -- sleep 1000
ok "the hang's registers are in the machine's log" grep -qi 'rip' \
	"$(sed -n 's/^copra: the logs are in //p' "$scratch/err")/machine.log"
fails "a kernel panic" 125 'before the command was done' -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60'
fails "a kernel that does not boot" 124 'not ready after 30 s' --append 'init=/nothing panic=0 rdinit=/nothing' \
	--boot-timeout 30 -- true
fails "a restart without the module for it" 125 'before the command was done' \
	--append module_blacklist=svsm_reboot -- reboot -f
fails "a power-off before the command's end" 125 'powered off before' -- poweroff -f

head -c 100000 build/copra.igvm >"$scratch/short.igvm"
fails "an IGVM file that was cut" 125 'IGVM' --igvm "$scratch/short.igvm" -- true
{ head -c 4 build/copra.igvm; head -c 100000 /dev/urandom; } >"$scratch/junk.igvm"
fails "an IGVM file of junk" 125 'IGVM' --igvm "$scratch/junk.igvm" -- true
done_testing

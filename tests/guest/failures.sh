#!/bin/bash
# A VM that fails: within bounded time, with a status of its own and the logs kept.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"

# fails TEXT STATUS PATTERN ARGUMENT...: a VM that ends so.
fails() {
	vm_run "$scratch" "${@:4}"
	vm_judge "$scratch" "$1" "$2" "$3"
}

vm_run() { # FOLDER ARGUMENT...
	local got=0
	copra "${@:2}" </dev/null >"$1/out" 2>"$1/err" || got=$?
	echo "$got" >"$1/status"
}

vm_judge() { # FOLDER TEXT STATUS PATTERN
	is "$2: exit status" "$(cat "$1/status")" "$3"
	ok "$2: says so" grep -qE "$4" "$1/err"
	sed 's/^/#   /' "$1/err"
}

fails "a kernel panic" 125 'before the command was done' -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60'
# While this one waits for its end, long enough to boot on this computer, the others run.
limit=$((10 + 4 * SECONDS))
mkdir "$scratch/long"
vm_run "$scratch/long" --timeout "$limit" -- sleep 1000 &
long=$!
fails "a kernel that does not boot" 124 'not ready after 30 s' --append 'init=/nothing panic=0 rdinit=/nothing' \
	--boot-timeout 30 -- true
fails "a restart without the module for it" 125 'before the command was done' \
	--append module_blacklist=svsm_reboot -- reboot -f
fails "a power-off before the command's end" 125 'powered off before' -- poweroff -f

head -c 100000 build/copra.igvm >"$scratch/short.igvm"
fails "an IGVM file that was cut" 125 'IGVM' --igvm "$scratch/short.igvm" -- true
{ head -c 4 build/copra.igvm; head -c 100000 /dev/urandom; } >"$scratch/junk.igvm"
fails "an IGVM file of junk" 125 'IGVM' --igvm "$scratch/junk.igvm" -- true

wait "$long"
vm_judge "$scratch/long" "a command that takes too long" 124 "not done after $limit s"
ok "the hang's registers are in the machine's log" grep -qi 'rip' \
	"$(sed -n 's/^copra: the logs are in //p' "$scratch/long/err")/machine.log"
done_testing

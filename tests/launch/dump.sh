#!/bin/bash
# The registers of a VM whose time is up: in machine.log in any case, before the trace.
#   tests/launch/dump.sh
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/../guest/lib.sh"
log=$scratch/log

# hangs SECONDS TEXT ARGUMENT...: a run of a VM that does not end, up to its time and not much longer.
hangs() {
	local seconds=$1 text=$2 began=$SECONDS got=0
	shift 2
	./copra run -q --timeout "$seconds" --log "$log" "$@" </dev/null >"$scratch/out" 2>"$scratch/err" || got=$?
	is "$text: exit status" "$got" 124
	ok "$text: ends soon" test $((SECONDS - began)) -le $((seconds + 20))
	sed 's/^/#   /' "$scratch/err"
}

line_of() { # TEXT: the first line of machine.log that has it
	grep -anm1 -- "$1" "$log/machine.log" | cut -d: -f1
}

# Four processors that leave the guest no more, while their trace is kept.
hang() {
	local cpu last=0 line
	hangs 6 "four CPUs with interrupts off" --test --igvm build/test-guest.igvm --smp 4 --trace last \
		--qemu-arg -fw_cfg --qemu-arg name=opt/copra/case,string=hang
	ok "  they did hang" grep -q '4 CPUs spin with interrupts off' "$log/guest.log"
	for cpu in 0 1 2 3; do
		line=$(line_of "CPU $cpu VMPL2: RIP 0x")
		ok "  CPU $cpu: its registers in the guest" test -n "$line"
		ok "  CPU $cpu: and at VMPL0" grep -q "CPU $cpu VMPL0: RIP 0x" "$log/machine.log"
		((${line:-0} > last)) && last=$line
	done
	ok "  all of them before the counts" test "$(line_of ' #VMEXIT 0x')" -gt "$last"
	ok "  and before the end" test "$(line_of 'on request: done')" -gt "$(line_of ' #VMEXIT 0x')"
	is "  one dump" "$(grep -c 'on request: done' "$log/machine.log")" 1
	ok "  then the trace" grep -q 'cpu3 vmpl[02] .* rip 0x' "$log/trace.log"
	ok "  QEMU was not asked" test ! -e "$log/registers.log"
	ok "  the report names where the SVSM is" grep -q 'guest_switch at guest_switch.S' "$scratch/err"
}

# Processors that are in the machine itself, which waits for gdb, have QEMU tell where.
hangs_in_machine() {
	export COPRA_DUMP_SECONDS=4
	hangs 2 "CPUs in the machine" --test --igvm build/test-guest.igvm --smp 2 --gdb guest
	is "  QEMU's own registers" "$(grep -c "^RIP=" "$log/registers.log")" 2
	ok "  the report names where the machine is" grep -q '#0 0x.*, in the machine  wait_window_end' "$scratch/err"
}

# The machine has nothing to say.
stopped() { # TEXT ARGUMENT...
	hangs 1 "$1" --smp 2 --qemu-arg -S "${@:2}"
	is "  QEMU's own registers" "$(grep -c '^EIP=0000fff0' "$log/registers.log")" 2
	ok "  and why" grep -q 'VM status: paused' "$scratch/err"
}

hang
stopped "a machine that does not run" --test --igvm build/test-guest.igvm
stopped "plain QEMU that does not run" --platform plain -- true
hangs_in_machine
done_testing

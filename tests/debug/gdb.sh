#!/bin/bash
# Debian's gdb on the machine's stub: SVSM, guest, a guest that hangs, and a socket that gets rubbish.
#   tests/debug/gdb.sh            the gdb that is tried: GDB=/usr/bin/gdb
# shellcheck disable=SC2016 # gdb numbers its values $1, $2
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/../guest/lib.sh"
guest=build/test-guest.elf noise=build/debug/noise
socket='' launcher='' folder=''

# vm_begin PLANE KEY=VALUE...: the test guest on two processors, stopped before the plane's first
# instruction. The keys are the guest's.
vm_begin() {
	local i key keys=()
	for key in "${@:2}"; do
		keys+=(--qemu-arg -fw_cfg --qemu-arg "name=opt/copra/${key%%=*},string=${key#*=}")
	done
	folder=$(vm_folder)
	./copra run --test --igvm build/test-guest.igvm --smp 2 --trace last --gdb "$1" --log "$folder" \
		--timeout 150 "${keys[@]}" </dev/null >"$folder/out" 2>"$folder/err" &
	launcher=$!
	for ((i = 0; i < 200; i++)); do
		socket=$(sed -n "s/^copra: gdb: .*target remote \([^']*\)'.*/\1/p" "$folder/err")
		[[ ! -S $socket ]] || return 0
		sleep 0.1
	done
	ok "$1: the launcher names a socket" false
	return 1
}

# debug NAME FILE: gdb with the commands on standard input; what it prints is $scratch/NAME.
debug() {
	local status=0
	cat >"$scratch/commands"
	timeout 100 "${GDB:-gdb}" -nx -batch -ex 'set pagination off' -ex 'set width 0' \
		-ex "target remote $socket" -x "$scratch/commands" "$2" >"$scratch/$1" 2>&1 </dev/null || status=$?
	is "$1: gdb's exit status" "$status" 0
	sed 's/^/#   /' "$scratch/$1"
	says "$1" "leaves" 'Inferior 1 \(Remote target\) detached'
}

says() { # NAME TEXT PATTERN
	ok "$1: $2" grep -qE -- "$3" "$scratch/$1"
}

# The VM goes on to its end.
vm_passes() { # TEXT
	local status=0
	wait "$launcher" || status=$?
	is "$1: the VM ends well" "$status" 0
	((status == 0)) || sed 's/^/#   /' "$folder/err"
}

svsm() {
	vm_begin svsm case=busy seconds=2 || return
	debug svsm "${COPRA_BUILD:-build}/kernel.elf" <<-'GDB'
		hbreak core_create_vcpu
		continue
		backtrace
		info threads
		info registers
		set $old = request->rdx
		set var request->rdx = 0x1234567
		print/x request->rdx
		set var request->rdx = $old
		print/x $old == request->rdx
		set $before = $pc
		stepi
		print/x $pc - $before
		delete
		break request_dispatch
		continue

		set $was = *request
		delete
		finish
		detach
	GDB
	says svsm "stops before the first instruction" '^0x0*8000000 in '
	says svsm "hardware breakpoint" 'hit Breakpoint 1, core_create_vcpu \(request=0x[0-9a-f]+\) at kernel/core_vcpu.c:'
	says svsm "the chain has names" '^#[0-9]+ .* request_serve \(.*\) at kernel/request.c:'
	says svsm "up to the start" '^#[0-9]+ .* kernel_main \(\) at kernel/main.c:'
	says svsm "CPU 1 sleeps" '2 +Thread 2 \(CPU 1 VMPL0, halted\) +idle_wait \(\)'
	says svsm "registers" '^rip +0xffffffff8[0-9a-f]+ +0xffffffff8[0-9a-f]+ <core_create_vcpu'
	says svsm "control registers" '^cr3 +0x80[0-9a-f]+ '
	says svsm "memory is written" '^\$1 = 0x1234567$'
	says svsm "and as it was" '^\$2 = 0x1$'
	says svsm "a step" '^\$3 = 0x[1-9a-f]$'
	says svsm "software breakpoint" 'hit Breakpoint 2, '
	says svsm "finish" '^request_run .* at kernel/request.c:'
	vm_passes svsm
}

guest() {
	vm_begin guest case=busy seconds=2 || return
	debug guest "$guest" <<-'GDB'
		hbreak run_busy
		continue
		backtrace
		break cpu_start
		continue
		info registers
		print index
		set $before = $pc
		stepi
		print/x $pc - $before
		set var jobs[1] = 0x55
		print/x jobs[1]
		watch bare_cpus[1].running
		continue
		info threads
		delete
		hbreak busy_job
		continue
		delete
		detach
	GDB
	says guest "stops at the reset vector" '^0x0*fff0 in '
	says guest "hardware breakpoint" 'Breakpoint 1, run_busy \(\) at tests/guest-bare/debugged.c:'
	says guest "the chain has names" '^#[0-9]+ .* test_main \(.*"busy"\) at tests/guest-bare/main.c:'
	says guest "software breakpoint" 'Breakpoint 2, cpu_start \(index=.*1\) at tests/guest-bare/vcpus.c:'
	says guest "registers" '^cpl +0x0 '
	says guest "arguments" '^\$1 = 1$'
	says guest "a step" '^\$2 = 0x[1-9a-f]$'
	says guest "memory is written" '^\$3 = 0x55$'
	says guest "watchpoint, on the other CPU" 'Thread 2 hit Hardware watchpoint 3: bare_cpus\[1\].running'
	says guest "old value" '^Old value = false'
	says guest "new value" '^New value = true'
	says guest "both CPUs" '1 +Thread 1 \(CPU 0 VMPL2, in use\)'
	says guest "breakpoint on the other CPU" 'Thread 2 hit Breakpoint 4, busy_job '
	vm_passes guest
}

# While the guest hangs nobody looks at gdb's words; the monitor's nmi makes the machine do it.
attach_hung() {
	local asking i before
	before=$(grep -c 'gdb: attached' "$folder/machine.log")
	(
		for ((i = 0; i < 40; i++)); do
			sleep 0.3
			(($(grep -c 'gdb: attached' "$folder/machine.log") == before)) || break
			timeout 2 tee "${socket%/gdb}/mon.in" >/dev/null <<<nmi
		done
	) &
	asking=$!
	debug hung "$guest"
	wait "$asking"
}

hung() {
	vm_begin guest case=hang || return
	debug start "$guest" <<<detach
	wait_for "hung: all CPUs" grep -q '2 CPUs spin with interrupts off' "$folder/guest.log"
	attach_hung <<-'GDB'
		thread 1
		backtrace
		info threads
		thread apply all print $eflags
		set $before = hang_turns[0]
		stepi 50
		print hang_turns[0] > $before
		set var over = 1
		detach
	GDB
	says hung "where CPU 0 hangs" '^#0 .*hang_spin \(turns='
	says hung "and how it got there" '^#[0-9]+ .* run_hang \(\) at tests/guest-bare/debugged.c:'
	says hung "where CPU 1 hangs" '2 +Thread 2 \(CPU 1 VMPL2, in use\) .*hang_spin \(turns='
	ok "hung: interrupts are off on both" test "$(grep -E '^\$[0-9]+ = \[' "$scratch/hung" | grep -vc ' IF ')" = 2
	says hung "steps" '^\$[0-9]+ = 1$'
	vm_passes hung
}

wait_for() { # TEXT COMMAND...: up to 20 s
	local i
	for ((i = 0; i < 200; i++)); do
		"${@:2}" && break
		sleep 0.1
	done
	ok "$@"
}

# goes_on TEXT: the guest's clock is seen to go on.
goes_on() {
	local before
	before=$(tail -n 1 "$folder/guest.log")
	wait_for "$1: the guest goes on" log_grew "$before"
}
# shellcheck disable=SC2317 # called by wait_for
log_grew() { [[ $(tail -n 1 "$folder/guest.log") != "$1" ]]; }

noise() {
	local kind
	vm_begin guest case=busy || return
	for kind in random huge checksums part; do
		ok "before gdb, $kind" timeout 20 "$noise" "$socket" "$kind"
	done
	debug after-noise "$guest" <<<detach
	for kind in random huge checksums part breaks requests; do
		ok "the guest runs, $kind" timeout 20 "$noise" "$socket" "$kind"
		goes_on "$kind"
	done
	ok "like a debugger that reads nothing" timeout 20 "$noise" "$socket" unread
	debug noise "$guest" <<-'GDB'
		print over
		set var over = 1
		detach
	GDB
	says noise "is served as ever" '^\$1 = false'
	vm_passes noise
}

svsm
guest
hung
noise
done_testing

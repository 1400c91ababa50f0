#!/bin/bash
# The kernel directly under QEMU, by the launcher and by hand; and what it says when it cannot start.
#   tests/launch/native.sh          with 1, 2 and 4 processors, and what is refused
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/../guest/lib.sh" native
kernel=${COPRA_BUILD:-build}/kernel.elf

# boots TEXT CPUS ARGUMENT...: to the end, with a log that says what it should.
boots() {
	local text=$1 cpus=$2 got=0
	shift 2
	copra --log "$scratch/log" "$@" >"$scratch/out" || got=$?
	is "$text: exit status" "$got" 0
	ok "$text: platform" grep -q 'Copra SVSM .*, platform native$' "$scratch/out"
	ok "$text: $cpus online" grep -q "CPUs: $cpus online\$" "$scratch/out"
	ok "$text: powers off" grep -q 'no guest can run here; powering off$' "$scratch/out"
	is "$text: no warning or error" "$(grep -E ' (warn|error): ' "$scratch/out")" ''
	ok "$text: svsm.log is the output" cmp -s "$scratch/out" "$scratch/log/svsm.log"
}

# by_hand ARGUMENT...: without the launcher, and without a device for the exit status.
by_hand() {
	timeout 60 "${QEMU:-qemu-system-x86_64}" -kernel "$kernel" -display none -serial stdio \
		-no-reboot "$@" </dev/null >"$scratch/out" 2>&1
	echo $?
}

debug_exit=(-device "isa-debug-exit,iobase=0xf4,iosize=4")

for cpus in 1 2 4; do
	boots "$cpus CPUs" "$cpus" --smp "$cpus"
done
boots "icount" 1 --accel icount
boots "2 GiB" 2 --smp 2 --mem 2G
boots "APIC ids with a gap" 6 --qemu-arg -smp --qemu-arg 6,sockets=2,cores=3
boots "places for more CPUs" 2 --qemu-arg -smp --qemu-arg 2,maxcpus=4
is "memory of 2 GiB is in the map" "$(copra --mem 2G | grep -c 'guest memory: 2031 MiB in all')" 1

is "by hand, q35: exit status" "$(by_hand -machine q35 -cpu max -m 256M)" 0
ok "by hand, q35: powers off" grep -q 'powering off$' "$scratch/out"
is "by hand, QEMU's default machine: exit status" "$(by_hand -cpu max -m 512M -smp 2)" 0
ok "by hand, QEMU's default machine: 2 CPUs" grep -q 'CPUs: 2 online$' "$scratch/out"

is "64 MiB: exit status" "$(by_hand -cpu max -m 64M "${debug_exit[@]}")" 69
ok "64 MiB: says what is missing" grep -q 'no usable memory at 0x8000000-0x8ffffff.*give the VM 256 MiB' "$scratch/out"
is "no RDRAND: exit status" "$(by_hand -cpu qemu64 -m 256M "${debug_exit[@]}")" 65
ok "no RDRAND: says so" grep -q 'set 5, reason 21: the processor lacks a feature' "$scratch/out"
is "no 64-bit mode: exit status" "$(by_hand -cpu qemu32 -m 256M "${debug_exit[@]}")" 69
ok "no 64-bit mode: says so" grep -q 'the processor has no 64-bit mode' "$scratch/out"
is "no NX: exit status" "$(by_hand -cpu max,-nx -m 256M "${debug_exit[@]}")" 69
by_hand -cpu qemu64 -m 256M >/dev/null
ok "a failure without the exit device: says that the status tells nothing" \
	grep -q 'exit status does not tell the failure' "$scratch/out"

got=0
copra --timeout 1 --qemu-arg -S >"$scratch/out" 2>"$scratch/err" || got=$?
is "a VM that does not run: exit status" "$got" 124
ok "a VM that does not run: says so" grep -q 'not done after 1 s' "$scratch/err"
got=0
copra --qemu-arg -cpu --qemu-arg qemu64 >"$scratch/out" 2>"$scratch/err" || got=$?
is "a kernel that ends: exit status" "$got" 125
ok "a kernel that ends: the report has its log" grep -q 'svsm.log' "$scratch/err"
done_testing

#!/bin/bash
# What a reboot of the bare guest takes, from its call to the firmware's first instruction by the
# TSC: by memory, all of it valid in 2 MiB pages, and by how the map is split. The baseline is a cold
# start in the same run: QEMU's start to the same instruction.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# run MEMORY KEY=VALUE...: $cold and $reboot (the median) in microseconds
run() {
	local memory=$1 start now line value fw=() tag
	local started=0 second=0 reboots=()
	shift
	for value in "$@"; do
		fw+=(-fw_cfg "name=opt/copra/${value%%=*},string=${value#*=}")
	done
	printf 'mem=%s\ntestdev=1\n' $((memory << 20)) >"$dir/options"
	start=${EPOCHREALTIME/./}
	timeout 300 qemu-system-x86_64 -nodefaults -no-user-config -machine q35 -cpu max -smp 1 \
		-accel tcg,thread=multi -m $((memory + 112)) -bios build/machine.rom \
		-fw_cfg name=opt/copra/igvm,file=build/test-guest.igvm \
		-fw_cfg "name=opt/copra/options,file=$dir/options" \
		-fw_cfg name=opt/copra/case,string=reboot-bench "${fw[@]}" -display none -vga none \
		-no-reboot -serial "file:$dir/guest.log" -serial "file:$dir/svsm.log" \
		-device isa-debug-exit,iobase=0xf4,iosize=4 </dev/null >"$dir/qemu.log" 2>&1 &
	local qemu=$!
	exec 3< <(tail -n +1 -F --pid=$qemu -s 0.01 "$dir/guest.log" 2>/dev/null)
	while IFS=$'\t\r' read -r tag line value <&3; do
		[[ $tag == bench ]] || continue
		case $line in
		started) now=${EPOCHREALTIME/./} started=$value ;;
		reboot) reboots+=("$value") ;;
		second) second=$value ;;
		esac
	done
	wait $qemu
	exec 3<&-
	rm -f "$dir/guest.log"
	((second && ${#reboots[@]} == 3)) || return 1
	cold=$((now - start - started * 1000000 / second))
	reboot=$(printf '%s\n' "${reboots[@]}" | sort -n | sed -n 2p)
	reboot=$((reboot * 1000000 / second))
}

row() { # TEXT MEMORY KEY=VALUE...
	local text=$1
	shift
	run "$@" || {
		cat "$dir/qemu.log" "$dir/svsm.log" >&2
		echo "bench: reboot: no result for: $text" >&2
		exit 1
	}
	awk -v text="$text" -v reboot="$reboot" -v cold="$cold" \
		'BEGIN { printf "%s\t%.1f\tms\tcold start\t%.1f\n", text, reboot / 1000, cold / 1000 }'
}

for memory in 512 1024 2048 4096 8192; do
	row "reboot, $memory MiB valid in 2 MiB pages" $memory mib=$memory
done
for blocks in 0 64 1024 8000; do # the map has room for 8190 or so
	row "reboot, $blocks separate pages" 512 mib=0 blocks=$blocks
done
row "reboot, 400 MiB valid in small pages" 512 mib=400 small=1

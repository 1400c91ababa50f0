#!/bin/bash
# What a call to the SVSM costs, in instructions of the emulated processor: QEMU counts them exactly
# (-icount), the machine's own included. The baseline is an exit that only the host answers.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
memory=256
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

printf 'mem=%s\ntestdev=1\n' $((memory << 20)) >"$dir/options"
timeout 300 qemu-system-x86_64 -nodefaults -no-user-config -machine q35 -cpu max -smp 1 \
	-accel tcg,thread=single -icount shift=0,sleep=off -m $((memory + 112)) \
	-bios build/machine.rom -fw_cfg name=opt/copra/igvm,file=build/test-guest-services.igvm \
	-fw_cfg "name=opt/copra/options,file=$dir/options" \
	-fw_cfg name=opt/copra/case,string=bench -display none -vga none -no-reboot \
	-serial "file:$dir/guest.log" -serial "file:$dir/svsm.log" \
	-device isa-debug-exit,iobase=0xf4,iosize=4 </dev/null >&2
(($? == 33)) || {
	cat "$dir/guest.log" "$dir/svsm.log" >&2
	exit 1
}
sed 's/\r$//' "$dir/guest.log" | awk -F'\t' '$1 == "bench" {
	if ($2 ~ /^exit/) { base = $3; print $2 FS $3 FS $4; next }
	if ($2 ~ /^core call/) {
		call = $3
		print $2 FS $3 FS $4 FS "exit to the host" FS base
	} else if ($2 ~ /^vTPM|^service/) print $2 FS $3 FS $4 FS "core call" FS call
	else print $2 FS $3 FS $4
}'

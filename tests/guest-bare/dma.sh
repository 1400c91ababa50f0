#!/bin/bash
# A reboot with devices at work (reboot_dma.c), which stand where engines.c looks for them.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
options=(--qemu-arg -chardev --qemu-arg 'null,id=nowhere')
for device in edu,addr=4 \
	pcie-root-port,id=express,addr=5,chassis=1 edu,bus=express \
	pci-bridge,id=outer,addr=6,chassis_nr=2 pci-bridge,id=inner,bus=outer,addr=1,chassis_nr=3 edu,bus=inner,addr=2 \
	pci-bridge,id=hidden,addr=7,chassis_nr=4 edu,bus=hidden,addr=2 \
	nvme,addr=8,serial=none pci-serial,addr=9,chardev=nowhere; do
	options+=(--qemu-arg -device --qemu-arg "$device")
done
# By the clock of instructions, so that a reboot takes less than the 100 ms of a device on any computer.
COPRA_ACCEL=icount exec tests/boot.sh build/test-guest.igvm passed case=reboot-dma -- "${options[@]}"

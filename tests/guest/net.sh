#!/bin/bash
# The network cards work: by hand set up at once, by DHCP, and both ways to the host's side; a file
# over TFTP from QEMU's own server by a second card: more than a few packets, with a sum.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"

mkdir "$scratch/tftp"
head -c 1000000 /dev/urandom >"$scratch/tftp/file"
want=$(sha256sum <"$scratch/tftp/file")
out=$(copra --qemu-arg -netdev --qemu-arg "user,id=net1,tftp=$scratch/tftp" \
	--qemu-arg -device \
	--qemu-arg virtio-net-pci,netdev=net1,disable-legacy=on,iommu_platform=on,romfile= -- sh -s <<'GUEST'
set -e
ip -4 addr show dev eth0 | sed -n 's/.*inet \([^ ]*\).*/\1/p'
ping -c 2 -W 5 10.0.2.2 >/dev/null && echo pinged
ip addr flush dev eth0
udhcpc -i eth0 -n -q -t 10 >/dev/null 2>&1
ip -4 addr show dev eth0 | sed -n 's/.*inet \([^ ]*\).*/\1/p'
ping -c 2 -W 5 10.0.2.2 >/dev/null && echo pinged
ip addr flush dev eth0
ip link set eth1 up
ip addr add 10.0.2.16/24 dev eth1
tftp -g -b 1400 -r file -l /tmp/file 10.0.2.2
sha256sum </tmp/file
GUEST
)
is "exit status" $? 0
is "address, ping, leased address, ping" "$(head -n 4 <<<"$out")" \
	$'10.0.2.15/24\npinged\n10.0.2.15/24\npinged'
is "a file by TFTP" "$(tail -n +5 <<<"$out")" "$want"
done_testing

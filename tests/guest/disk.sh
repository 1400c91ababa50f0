#!/bin/bash
# A virtio disk: written and read as data, kept after the run; and booted from by the firmware.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"

image=$scratch/data.qcow2
qemu-img create -q -f qcow2 "$image" 64M
out=$(copra --disk "$image" -- sh -s <<'GUEST'
set -e
cat /sys/block/vda/size
mke2fs -q /dev/vda
mount -t ext4 /dev/vda /mnt
head -c 20000000 /dev/urandom >/mnt/file
sha256sum </mnt/file
umount /mnt
GUEST
)
is "data disk: exit status" $? 0
is "data disk: size" "$(head -1 <<<"$out")" $((64 << 11))
as_before=$platform platform=plain
again=$(copra --disk "$image" -- sh -c 'mount -t ext4 /dev/vda /mnt && sha256sum </mnt/file' </dev/null)
platform=$as_before
is "data disk: the file is there in the next run, on a plain machine" "$again" "$(tail -1 <<<"$out")"

# A disk that boots: a GPT with an EFI system partition, which holds one program: the kernel,
# initrd and command line joined by systemd's stub.
if ! command -v mcopy sfdisk >/dev/null; then
	echo "ok $((++test_number)) - boot disk # SKIP needs mtools and fdisk"
	done_testing
fi
cat >"$scratch/rc" <<'RC'
#!/bin/sh
mount -t devtmpfs dev /dev
mount -t sysfs sys /sys
mount -t proc proc /proc
# Its closing waits until the console has taken the line.
(echo "booted from disk, vmpl $(cat /sys/devices/system/cpu/sev/vmpl 2>/dev/null)") >/dev/ttyS0
echo o >/proc/sysrq-trigger
sleep 30
RC
mkdir -p "$scratch/root/bin" "$scratch/root"/{dev,proc,sys}
cp build/guest/busybox "$scratch/root/bin/"
for applet in sh mount cat echo sleep; do ln -s busybox "$scratch/root/bin/$applet"; done
install -m 755 "$scratch/rc" "$scratch/root/init"
(cd "$scratch/root" && find . | cpio --quiet -o -H newc) >"$scratch/initrd"
printf 'console=ttyS0 quiet panic=-1' >"$scratch/cmdline"
# Sections go behind those of the stub, which are not at the same place in every version.
read -r _ _ size vma _ < <(objdump -h build/guest/efi.stub | grep -E '^ +[0-9]+ ' | sort -k 4 | tail -1)
at() { printf '0x%x' $((((16#$vma + 16#$size + 0xfffff) & ~0xfffff) + ($1 << 20))); }
objcopy --add-section .cmdline="$scratch/cmdline" --change-section-vma .cmdline="$(at 0)" \
	--add-section .linux=build/guest/vmlinuz --change-section-vma .linux="$(at 1)" \
	--add-section .initrd="$scratch/initrd" --change-section-vma .initrd="$(at 64)" \
	build/guest/efi.stub "$scratch/boot.efi"
truncate -s 64M "$scratch/boot.raw"
sfdisk -q "$scratch/boot.raw" <<<$'label: gpt\nstart=2048, size=126976, type=U' >/dev/null
mformat -i "$scratch/boot.raw@@1M" -T 126976 -h 64 -s 32 ::
mmd -i "$scratch/boot.raw@@1M" ::/EFI ::/EFI/BOOT
mcopy -i "$scratch/boot.raw@@1M" "$scratch/boot.efi" ::/EFI/BOOT/BOOTX64.EFI
qemu-img convert -O qcow2 "$scratch/boot.raw" "$scratch/boot.qcow2"
out=$(copra --disk "$scratch/boot.qcow2" --timeout 240 </dev/null)
is "boot disk: exit status" $? 0
vmpl=$([[ $platform == snp ]] && echo 2)
ok "boot disk: its own system ran" grep -q "booted from disk, vmpl $vmpl" <<<"$out"
done_testing

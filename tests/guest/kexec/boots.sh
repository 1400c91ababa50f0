# shellcheck shell=sh
# What each kernel does: it says what it finds, as "NUMBER KEY VALUE", and goes to the next one.
# 1 is the firmware's; 2 comes by kexec, 3 by a reboot, 4 by a panic. /dev/vda is an archive of what
# kexec takes.
cd /tmp || exit 2
say() { echo "$COPRA_BOOT $*"; }

# tpm HEX: a command as it is; the answer.
tpm() {
	echo "$1" | xxd -r -p >command.bin
	exec 5<>/dev/tpm0
	cat command.bin >&5
	dd bs=4096 count=1 <&5 2>/dev/null | xxd -p | tr -d '\n'
	exec 5>&-
}

pcr() { cat "/sys/class/tpm/tpm0/pcr-sha256/$1"; }
pcrs() { for n in $(seq 0 23); do pcr "$n"; done | xargs; }
# TPM2_PCR_Extend of the SHA-256 bank with an empty password: 32 bytes of the PCR's number
extend() {
	set -- "$(printf %08x "$1")" 00000009400000090000000000 "$(printf %064x "$1")"
	tpm "80020000004100000182$1${2}00000001000b$3" >answer
	[ "$(cut -c13-20 answer)" = 00000000 ] || say refused "$1 $(cat answer)"
}

say id "$(cat /proc/sys/kernel/random/boot_id)"
say vmpl "$(cat /sys/devices/system/cpu/sev/vmpl)"
say cpus "$(cat /sys/devices/system/cpu/online)"
say resets "$(tpm 80010000000a00000181 | cut -c53-60)" # TPM2_ReadClock
say complaints "$(dmesg | grep -E 'BUG:|WARNING:|Call Trace|Oops|lockup|stall|not prepared')"
line=$(sed 's/ *initrd=[^ ]*//' /proc/cmdline)

case $COPRA_BOOT in
1)
	say first "$(pcrs)"
	extend 8
	extend 16
	say pcrs "$(pcrs)"
	tar -xf /dev/vda
	./kexec load vmlinuz initrd.cpio "$line by_kexec" && ./kexec start
	;;
2)
	say line "$(grep -o by_kexec /proc/cmdline)"
	say pcrs "$(pcrs)"
	extend 16
	say extended "$(pcr 16)"
	reboot
	sleep 60
	;;
3)
	say first "$(pcrs)"
	extend 8
	say pcrs "$(pcrs)"
	tar -xf /dev/vda
	./kexec crash vmlinuz initrd.cpio "$(echo "$line" | sed 's/crashkernel=[^ ]*//') nr_cpus=1" || exit 1
	cpu=$(($(nproc) - 1))
	say panics on "$cpu"
	sleep 1 # what was said is still on its way
	taskset "$(printf %x $((1 << cpu)))" sh -c 'echo c >/proc/sysrq-trigger'
	sleep 60
	;;
4)
	say pcrs "$(pcrs)"
	extend 16
	say extended "$(pcr 16)"
	say core "$(dd if=/proc/vmcore bs=1 skip=1 count=3 2>/dev/null)"
	exit 7
	;;
esac
exit 1

# shellcheck shell=sh
# What each boot does, after tests/guest/tpm/lib.sh and log.sh: it says what it finds, as "BOOT KEY
# VALUE", and goes to the next one, each time by another way.
say() { echo "$COPRA_BOOT $*"; }
persistent() { tpm2_getcap handles-persistent | grep -ci 0x81000001; }
report=/sys/kernel/config/tsm/report/r
variable=/sys/firmware/efi/efivars/Copra-5f0c8a0e-0d4b-4c65-9c0a-6a3f7a3c1c05

say id "$(cat /proc/sys/kernel/random/boot_id)"
say memory "$(awk '/MemTotal/ { printf "%.0f\n", $2 / 1024 }' /proc/meminfo)"
say cpus "$(cat /sys/devices/system/cpu/online)"
say resets "$(tpm2_readclock | awk '/reset_count/ { print $2 }')"
say restarts "$(tpm2_readclock | awk '/restart_count/ { print $2 }')"
say measured "$(pcrs | awk '$2 == 0 || $2 == 4 || $2 == 9' | sort | sha256sum | cut -c1-16)"
say free "$(pcrs | awk '$1 == "sha256" && ($2 == 15 || $2 == 16 || $2 == 23) { print $3 }' | sort -u)"
say nv "$(tpm2_nvread -C 0x1500001 -P word -s 7 0x1500001 2>/dev/null || echo none)"
say key "$(persistent) $(tpm2_readpublic -c 0x81000001 2>/dev/null | awk '/^name:/ { print $2 }')"
say complaints "$(grep -E 'BUG:|WARNING:|Call Trace|Oops|lockup|stall|blocked for|tpm tpm0' boot.messages)"
modprobe -a efivarfs sev-guest
mount -t efivarfs efivarfs /sys/firmware/efi/efivars
mount -t configfs configfs /sys/kernel/config
say variable "$(tail -c +5 $variable 2>/dev/null || echo none)"

# The secure processor counts the messages of this VMPL's key, over all boots.
mkdir $report && echo 2 >$report/privlevel
head -c 64 /dev/urandom >nonce
dd if=nonce of=$report/inblob bs=64 2>/dev/null
cat $report/outblob >report.bin
say report "$(wc -c <report.bin) $(dd if=report.bin bs=1 skip=80 count=64 2>/dev/null | cmp - nonce && echo nonce)"

first_boot() {
	{
		tpm2_nvdefine -Q -C o -s 7 -p word -a 'authread|authwrite' 0x1500001
		echo of_one >nv
		tpm2_nvwrite -Q -C 0x1500001 -P word -i nv 0x1500001
		tpm2_createprimary -Q -C o -G ecc256 -c ecc.ctx
		tpm2_evictcontrol -Q -C o -c ecc.ctx 0x81000001
		for n in 0 15 16 23; do
			tpm2_pcrextend "$n:sha256=$(echo mine | sha256sum | cut -d' ' -f1)"
		done
		printf '\007\000\000\000of_one' >$variable
	} >said 2>&1 || cat said
	say key-made "$(persistent) $(tpm2_readpublic -c 0x81000001 | awk '/^name:/ { print $2 }')"
}

# The other processors are at work when the kernel has to stop.
spin() {
	for cpu in $(seq $(($(nproc) - 1))); do
		(exec taskset $((1 << cpu)) sh -c 'while :; do :; done') &
	done
}

case $COPRA_BOOT in
1)
	first_boot
	reboot -f
	;;
2)
	spin
	echo 1 >/proc/sys/kernel/panic
	echo c >/proc/sysrq-trigger
	;;
3)
	[ "$(nproc)" -gt 1 ] || exit 7
	spin
	echo b >/proc/sysrq-trigger
	;;
*) exit 7 ;;
esac
sleep 60
exit 1

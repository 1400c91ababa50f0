# shellcheck shell=bash
# QEMU's command line: the accelerator, the software machine, and the guest's devices.

QEMU_BINARY=${QEMU:-qemu-system-x86_64}

# What the software machine takes of QEMU's memory for itself, besides the guest's.
MACHINE_MEM_BASE=$((96 << 20))
MACHINE_MEM_SHARE=16

# KVM is of use only with nested AMD-V, and its device may be there without working at all: try.
kvm_works() {
	local nested
	[[ -r /dev/kvm && -w /dev/kvm ]] || return 1
	grep -qw svm /proc/cpuinfo || return 1
	nested=$(cat /sys/module/kvm_amd/parameters/nested 2>/dev/null) || return 1
	[[ $nested == [1Y] ]] || return 1
	{
		sleep 1
		echo quit
	} | timeout 10 "$QEMU_BINARY" -nodefaults -no-user-config -machine q35 -accel kvm \
		-cpu host,+svm -m 64 -display none -vga none -monitor stdio >/dev/null 2>&1
}

# One thread for all processors of a guest: what QEMU does wrong with several does not happen then, and on
# two cores a boot is faster (docs/caveats.md, "QEMU"). Tests of ours look for races, and get a thread each.
emulation() {
	if ((SMP > 1)) && [[ ! $TEST && $PLATFORM != native ]]; then
		echo tcg-single
	else
		echo tcg
	fi
}

accel_choose() {
	ACCEL=${ACCEL:-${COPRA_ACCEL:-}}
	case $ACCEL in
	'') if kvm_works; then ACCEL=kvm; else ACCEL=$(emulation); fi ;;
	tcg | tcg-single | kvm | icount) ;;
	*) die "COPRA_ACCEL=$ACCEL: must be tcg, tcg-single, kvm or icount" ;;
	esac
}

# The memory of the whole QEMU machine, in MiB: for snp the guest's and the machine's own.
qemu_memory() {
	local bytes=$MEM_BYTES
	if [[ $PLATFORM == snp ]]; then
		bytes=$((bytes + MACHINE_MEM_BASE + bytes / MACHINE_MEM_SHARE))
	fi
	echo $(((bytes + (2 << 20) - 1) >> 21 << 1))
}

qemu_processor() {
	# Devices that no guest of ours needs; firmware and kernel poll them at an exit each time.
	qemu=("$QEMU_BINARY" -nodefaults -no-user-config
		-machine "q35,i8042=off,vmport=off,smbus=off,sata=off" -smp "$SMP"
		-m "$(qemu_memory)M" -display none -vga none -no-reboot)
	if [[ $ACCEL == icount ]]; then
		qemu+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -cpu max)
	elif [[ $ACCEL == kvm ]]; then
		qemu+=(-accel kvm -cpu "host,+svm")
	elif [[ $ACCEL == tcg-single ]]; then
		qemu+=(-accel "tcg,thread=single" -cpu max)
	else
		qemu+=(-accel "tcg,thread=multi" -cpu max)
	fi
}

# The machine's settings, one a line, which it reads by way of fw_cfg.
machine_options() {
	echo "mem=$MEM_BYTES"
	echo "log=$LOG_LEVEL"
	[[ -z $TRACE ]] || echo "trace=$TRACE"
	[[ -z $GDB ]] || echo "gdb=$GDB"
	[[ -z $TEST ]] || echo "testdev=1"
}

qemu_platform() {
	case $PLATFORM in
	snp)
		machine_options >"$TMP/options"
		qemu+=(-bios "$MACHINE_ROM"
			-fw_cfg "name=opt/copra/igvm,file=$IGVM"
			-fw_cfg "name=opt/copra/options,file=$TMP/options")
		;;
	native)
		qemu+=(-kernel "$KERNEL_ELF")
		;;
	plain)
		qemu+=(-bios "$OVMF")
		;;
	esac
}

# Without SNP the SVSM has COM1, and the machine's port for the end.
qemu_native_console() {
	qemu+=(-chardev "file,id=svsm,path=$TMP/out,logfile=$LOGDIR/svsm.log" -serial chardev:svsm
		-device "isa-debug-exit,iobase=0xf4,iosize=4")
}

# COM1 is the guest's console and COM2 the SVSM's; the machine's own log and trace have a port
# each.  The guest's console is the user's terminal when the disk's system is started.
qemu_consoles() {
	if [[ $PLATFORM == native ]]; then
		qemu_native_console
		return
	fi
	if [[ $BOOT == disk ]]; then
		qemu+=(-chardev "pipe,id=com1,path=$TMP/com1,logfile=$LOGDIR/guest.log"
			-serial chardev:com1)
	else
		qemu+=(-serial "file:$LOGDIR/guest.log")
	fi
	[[ $PLATFORM == plain ]] && return
	qemu+=(-serial "file:$LOGDIR/svsm.log"
		-device "isa-debug-exit,iobase=0xf4,iosize=4"
		-chardev "file,id=mlog,path=$LOGDIR/machine.log"
		-device "isa-debugcon,iobase=0xe9,chardev=mlog")
	[[ $TRACE ]] && qemu+=(-chardev "file,id=trace,path=$LOGDIR/trace.log"
		-device "isa-debugcon,iobase=0xe8,chardev=trace")
	return 0
}

# The machine's gdb stub is on COM3; without the machine QEMU has its own.
qemu_gdb() {
	[[ $GDB ]] || return 0
	if [[ $PLATFORM == snp ]]; then
		qemu+=(-chardev "socket,id=gdb,path=$TMP/gdb,server=on,wait=off" -serial chardev:gdb)
	else
		qemu+=(-chardev "socket,id=gdb,path=$TMP/gdb,server=on,wait=off" -gdb chardev:gdb)
		# Nothing runs before gdb says so, as with the machine's stub.
		[[ $PLATFORM != native ]] || qemu+=(-S)
	fi
}

# An SNP guest's devices reach only shared memory: iommu_platform makes the driver bounce.
virtio() { echo "$1,disable-legacy=on,iommu_platform=on${2:+,$2}"; }

qemu_ports() {
	local nr=1 port
	qemu+=(-device "$(virtio virtio-serial-pci id=ports,max_ports=8)"
		-chardev "stdio,id=in,signal=off"
		-chardev "file,id=out,path=$TMP/out"
		-chardev "file,id=err,path=$TMP/err"
		-chardev "file,id=klog,path=$LOGDIR/kernel.log"
		-chardev "pipe,id=ctl,path=$TMP/ctl")
	for port in in out err klog ctl; do
		qemu+=(-device
			"virtserialport,bus=ports.0,nr=$nr,chardev=$port,name=copra.${port/klog/log}")
		((nr++))
	done
}

qemu_devices() {
	qemu+=(-chardev "pipe,id=mon,path=$TMP/mon" -mon "chardev=mon,mode=readline")
	[[ $PLATFORM == native || $TEST ]] && return
	qemu+=(-netdev "user,id=net0"
		-device "$(virtio virtio-net-pci netdev=net0,romfile=)")
	if [[ $DISK ]]; then
		qemu+=(-drive "if=none,id=disk0,file=$DISK,format=$DISK_FORMAT"
			-device "$(virtio virtio-blk-pci drive=disk0,bootindex=1)")
	fi
	[[ $BOOT == disk ]] || qemu_ports
}

# The kernel's messages come by way of copra.log; the console, an exit each character, only has
# what matters when that does not work.
# lastbus: there is one root bus.  Without it Linux looks for others, bus by bus, in half of all the
# exits of a boot.
# nowatchdog: Linux 7.2 compares the TSCs of CPUs with interrupts off, by a clock that is jiffies at
# first and stands still then: where another CPU just stops all to choose a better clock, both wait for
# ever (docs/caveats.md, "CPUs of a booting Linux").
# A panic ends the VM, even where the SVSM could restart the guest: the command would begin again,
# and panic again. --append panic=N with N > 0 has the restarts.
kernel_command_line() {
	local panic="panic=-1 svsm_reboot.panic_at_once=0"
	echo "console=ttyS0 loglevel=4 $panic pci=lastbus=0 tsc=nowatchdog${APPEND:+ $APPEND}"
}

qemu_guest() {
	[[ $PLATFORM == native || $TEST || $BOOT == disk ]] && return
	qemu+=(-kernel "$KERNEL" -initrd "$INITRD" -append "$(kernel_command_line)")
}

qemu_command() {
	qemu_processor
	qemu_platform
	qemu_consoles
	qemu_gdb
	qemu_devices
	qemu_guest
	qemu+=("${QEMU_ARGS[@]}")
}

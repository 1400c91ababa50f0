# shellcheck shell=bash
# The options of `copra run`: reading them, and checking each before anything starts.

usage() {
	cat <<'TEXT'
usage: ./copra run [OPTIONS] [-- COMMAND ARGUMENT...]
       ./copra deps | build | versions | help

Starts the VM: Debian's OVMF and Linux at VMPL2, under Copra at VMPL0, on the software SEV-SNP
machine. Without a COMMAND: a root shell of the guest (Ctrl-] ends the VM). With one: runs it in
the guest as root, passes on its input, output and exit status, and powers the guest off.
When the guest restarts itself (`reboot`, `reboot -f`, a panic with panic=N), the COMMAND or shell
begins afresh, a COMMAND with the environment variable COPRA_BOOT at 2, 3, ...; the exit status is the last
start's. An SVSM without reboots of the guest, or the kernel's option module_blacklist=svsm_reboot,
makes a restart the VM's end.

  --smp N              processors, 1 to 8                                     (1)
  --mem SIZE           the guest's memory, 512M to 64G                        (512M)
  --disk IMAGE         a virtio disk, raw or qcow2; written to
  --boot disk|kernel   what to start when there is a disk: by default the disk
                       when it holds an EFI system partition and there is
                       neither COMMAND nor --kernel
  --platform snp       Copra on the software SEV-SNP machine                  (default)
             native    Copra's kernel directly under QEMU, without SNP and guest: shows its log
             plain     no Copra: the same firmware and guest on plain QEMU
  --igvm FILE          another SVSM's IGVM file
  --kernel-elf FILE    another image of the kernel, for --platform native
  --ovmf FILE          another firmware
  --kernel FILE        another guest kernel (a bzImage)
  --initrd FILE        another initrd; a COMMAND needs the agent of Copra's own
  --append OPTIONS     added to the kernel's command line
  --log DIR            keep the logs in DIR: guest.log (console), kernel.log (the guest
                       kernel's messages), svsm.log, machine.log, trace.log, qemu.log
  --log-level LEVEL    of machine and SVSM: error, warn, info, debug          (info)
  --trace exits|last   trace.log gets every exit of every plane, or the last 4096 when the
                       run ends (which costs little with many processors, too)
  --gdb svsm|guest     open a gdb stub and say how to attach to it
  --timeout SECONDS    for the whole run; none for a shell or with --gdb      (600)
  --boot-timeout SECONDS   to reach the shell; none with --gdb (180, and 60 more
                       for each processor after the first)
  --test               --igvm or --kernel-elf holds a test: no firmware and guest follow, its
                       console is our output, and it ends the VM with success (0) or failure (1)
  --qemu-arg ARG       handed to QEMU as it is; can be repeated
  --accel tcg|tcg-single|kvm|icount
                           processor emulation (with one thread for all CPUs, as a guest with
                           several has by default), or KVM with nested virtualisation
                       (the default is KVM where it works); icount is emulation
                       whose clock counts instructions, one a nanosecond
  -q, --quiet          no progress messages

Exit status: the COMMAND's; 124 after a timeout; 125 when the VM failed or could not start.
TEXT
}

# option_value NAME COUNT VALUE: the value of an option that needs one.
option_value() {
	(($2 > 1)) || die "option $1 needs a value (./copra run --help)"
	printf '%s' "$3"
}

options_read() {
	local value
	while (($#)); do
		case $1 in
		--*=*)
			value=${1#*=}
			set -- "${1%%=*}" "$value" "${@:2}"
			;;
		esac
		case $1 in
		--)
			shift
			COMMAND=("$@")
			((${#COMMAND[@]})) || die "no COMMAND after --"
			return
			;;
		-h | --help)
			usage
			exit 0
			;;
		--test)
			TEST=1
			shift
			continue
			;;
		-q | --quiet)
			QUIET=1
			shift
			continue
			;;
		--smp | --mem | --disk | --boot | --platform | --igvm | --kernel-elf | --ovmf | --kernel | \
			--initrd | --append | --log | --log-level | --trace | --gdb | --timeout | \
			--boot-timeout | --accel | --qemu-arg)
			value=$(option_value "$1" $# "${2:-}") || exit 125
			;;
		-*) die "unknown option $1 (./copra run --help lists them)" ;;
		*) die "unexpected argument '$1': a COMMAND comes after --" ;;
		esac
		case $1 in
		--smp) SMP=$value ;;
		--mem) MEM=$value ;;
		--disk) DISK=$value ;;
		--boot) BOOT=$value ;;
		--platform) PLATFORM=$value ;;
		--igvm) IGVM=$value ;;
		--kernel-elf) IMAGE=$value ;;
		--ovmf) OVMF=$value ;;
		--kernel) KERNEL=$value ;;
		--initrd) INITRD=$value ;;
		--append) APPEND=$value ;;
		--log) LOG=$value ;;
		--log-level) LOG_LEVEL=$value ;;
		--trace) TRACE=$value ;;
		--gdb) GDB=$value ;;
		--timeout) TIMEOUT=$value ;;
		--boot-timeout) BOOT_TIMEOUT=$value ;;
		--accel) ACCEL=$value ;;
		--qemu-arg) QEMU_ARGS+=("$value") ;;
		esac
		shift 2
	done
}

# size_parse TEXT: bytes of a number with K, M, G or T; a bare number is MiB, as QEMU has it.
size_parse() {
	local number unit
	[[ $1 =~ ^([0-9]{1,9})([kKmMgGtT]?)([iI]?[bB])?$ ]] || return 1
	number=$((10#${BASH_REMATCH[1]}))
	unit=${BASH_REMATCH[2]:-M}
	case ${unit^} in
	K) echo $((number << 10)) ;;
	M) echo $((number << 20)) ;;
	G) echo $((number << 30)) ;;
	T) echo $((number << 40)) ;;
	esac
}

check_number() { # NAME VALUE LOW HIGH
	if ! [[ $2 =~ ^[0-9]{1,7}$ ]] || ((10#$2 < $3 || 10#$2 > $4)); then
		die "$1 $2: must be a number from $3 to $4"
	fi
}

check_choice() { # NAME VALUE CHOICE...
	local name=$1 value=$2 choice
	shift 2
	for choice; do
		[[ $value == "$choice" ]] && return
	done
	die "$name $value: must be one of: $*"
}

check_file() { # NAME FILE
	[[ -e $2 ]] || die "$1 $2: no such file"
	[[ -f $2 || -b $2 ]] || die "$1 $2: not a file"
	[[ -r $2 ]] || die "$1 $2: not readable"
	[[ -s $2 || -b $2 ]] || die "$1 $2: is empty"
	# QEMU's options are lists with commas.
	[[ $2 != *,* ]] || die "$1 $2: the path holds a comma, which QEMU does not take"
}

# bytes_at FILE OFFSET COUNT: as hexadecimal digits.
bytes_at() { od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }

options_check() {
	check_number --smp "$SMP" 1 8
	SMP=$((10#$SMP))
	MEM_BYTES=$(size_parse "$MEM") || die "--mem $MEM: must be a size such as 512M or 4G"
	((MEM_BYTES >= 512 << 20 && MEM_BYTES <= 64 << 30)) || die "--mem $MEM: must be 512M to 64G"
	((MEM_BYTES % (2 << 20) == 0)) || die "--mem $MEM: must be a multiple of 2M"
	check_choice --platform "$PLATFORM" snp native plain
	check_choice --log-level "$LOG_LEVEL" error warn info debug
	[[ -z $TIMEOUT ]] || check_number --timeout "$TIMEOUT" 1 604800
	[[ -z $BOOT_TIMEOUT ]] || check_number --boot-timeout "$BOOT_TIMEOUT" 1 604800
	[[ -z $TRACE ]] || check_choice --trace "$TRACE" exits last
	[[ -z $GDB ]] || check_choice --gdb "$GDB" svsm guest
	[[ -z $BOOT ]] || check_choice --boot "$BOOT" disk kernel
	[[ -z $ACCEL ]] || check_choice --accel "$ACCEL" tcg tcg-single kvm icount
	[[ $ACCEL != icount || $SMP == 1 ]] || die "--accel icount: counts the instructions of one processor: --smp $SMP"
	check_files
	check_platform
}

check_files() {
	if [[ $IMAGE ]]; then
		check_file --kernel-elf "$IMAGE"
		[[ $(bytes_at "$IMAGE" 0 5) == 7f454c4602 ]] ||
			die "--kernel-elf $IMAGE: not a 64-bit ELF file"
	fi
	if [[ $IGVM ]]; then
		check_file --igvm "$IGVM"
		[[ $(bytes_at "$IGVM" 0 4) == 4947564d ]] ||
			die "--igvm $IGVM: not an IGVM file (it does not begin with IGVM)"
	fi
	if [[ $OVMF ]]; then
		check_file --ovmf "$OVMF"
		(($(stat -Lc %s "$OVMF") % 4096 == 0)) ||
			die "--ovmf $OVMF: not a firmware image (its size is no multiple of 4096)"
	fi
	if [[ $KERNEL ]]; then
		check_file --kernel "$KERNEL"
		[[ $(bytes_at "$KERNEL" 514 4) == 48647253 ]] ||
			die "--kernel $KERNEL: not a Linux x86 kernel (no HdrS at offset 0x202)"
	fi
	[[ -z $INITRD ]] || check_file --initrd "$INITRD"
	[[ -z $DISK ]] || check_file --disk "$DISK"
	[[ -z $DISK || -w $DISK ]] || die "--disk $DISK: not writable"
	[[ $BOOT != disk || $DISK ]] || die "--boot disk: there is no --disk to start from"
	if [[ $LOG ]]; then
		mkdir -p "$LOG" 2>/dev/null || die "--log $LOG: cannot make that folder"
		[[ -w $LOG ]] || die "--log $LOG: not writable"
		[[ $LOG != *,* ]] || die "--log $LOG: the path holds a comma, which QEMU does not take"
	fi
}

check_platform() {
	if [[ $TEST ]]; then
		[[ $IGVM || $IMAGE ]] || die "--test needs --igvm or --kernel-elf: the file that holds the test"
		((${#COMMAND[@]} == 0)) || die "--test has no guest to run a COMMAND in"
	fi
	if [[ $PLATFORM != snp ]]; then
		[[ -z $IGVM ]] || die "--igvm needs --platform snp: $PLATFORM has no IGVM loader"
		[[ -z $TRACE ]] || die "--trace needs --platform snp: $PLATFORM has no machine to trace"
		[[ $GDB != svsm || $PLATFORM == native ]] || die "--gdb svsm: --platform plain has no SVSM"
	fi
	[[ -z $IGVM || -z $OVMF ]] ||
		die "--igvm and --ovmf exclude each other: the IGVM file holds the firmware"
	if [[ $PLATFORM == native ]]; then
		check_native
	elif [[ $IMAGE ]]; then
		die "--kernel-elf needs --platform native: $PLATFORM does not start the kernel itself"
	fi
}

# There is no guest, so nothing of a guest's.
check_native() {
	local name
	((${#COMMAND[@]} == 0)) || die "--platform native has no guest to run a COMMAND in"
	[[ $GDB != guest ]] || die "--gdb guest: --platform native has no guest"
	for name in DISK BOOT OVMF KERNEL INITRD APPEND; do
		[[ -z ${!name} ]] || die "--${name,,} ${!name}: --platform native has no guest"
	done
}

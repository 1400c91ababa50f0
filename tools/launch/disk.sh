# shellcheck shell=bash
# Disk images: their format, and whether firmware can boot from them.

disk_format() { # IMAGE
	local format
	format=$(qemu-img info -U "$1" 2>/dev/null | sed -n 's/^file format: //p')
	case $format in
	raw | qcow2) echo "$format" ;;
	'') die "--disk $1: qemu-img cannot read it" ;;
	*) die "--disk $1: has the format $format; raw and qcow2 are taken (qemu-img convert makes one)" ;;
	esac
}

# True when the partition table, GPT or MBR, holds an EFI system partition.
disk_is_bootable() { # IMAGE FORMAT HEAD-FILE
	local image=$1 format=$2 head=$3 type
	qemu-img dd -U -f "$format" -O raw bs=64k count=1 if="$image" of="$head" 2>/dev/null || return 1
	[[ $(bytes_at "$head" 510 2) == 55aa ]] || return 1
	if [[ $(bytes_at "$head" 512 8) == 4546492050415254 ]]; then
		# The type GUID begins each 128-byte entry; the table follows its header.
		od -An -v -tx1 -w128 -j 1024 -N 16384 "$head" | tr -d ' ' |
			grep '^28732ac11ff8d211ba4b00a0c93ec93b' >/dev/null # -q would break the pipe
		return
	fi
	for type in 450 466 482 498; do
		[[ $(bytes_at "$head" "$type" 1) == ef ]] && return
	done
	return 1
}

# Decides what starts: sets BOOT to kernel or disk.
boot_choose() { # HEAD-FILE
	[[ $DISK ]] && DISK_FORMAT=$(disk_format "$DISK")
	if [[ -z $BOOT ]]; then
		BOOT=kernel
		if [[ $DISK && -z $KERNEL && ${#COMMAND[@]} -eq 0 ]] &&
			disk_is_bootable "$DISK" "$DISK_FORMAT" "$1"; then
			BOOT=disk
			say "the disk has an EFI system partition: starting from it (--boot kernel does not)"
		fi
	fi
}

#!/bin/bash
# Sizes: what is launched and measured, what the SVSM takes of the VM's memory, and what of all that
# each service costs. Its memory at the start and at its peak is the kernel's word (svsm.log) in VMs
# whose guest uses it (the vTPM: 2000 random commands); page tables are in it, the pages of its
# program are not. Services that are not in the image are there as examples.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
MiB=1048576
export COPRA_NO_BUILD=1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

die() { printf 'bench: error: %s\n' "$*" >&2; exit 1; }
value() { awk -v k="$1" '$1 == k { print $2 }' "${2:-build/copra.igvm.digest}"; }

# The same image without services
build/copra-igvm build --kernel build/kernel.elf --firmware build/guest/OVMF.fd -o "$dir/none.igvm" >&2 &&
	build/copra-igvm measure "$dir/none.igvm" >"$dir/none" || exit 1

# shellcheck disable=SC2016 # make's own variable
in_image=$(make -s --eval='in-image: ; @echo $(IGVM_SERVICES)' in-image)

# VMs whose guest uses services; what their SVSMs say comes together in one file.
boot() { # IMAGE NAME=VALUE...
	local image=$1 value options=()
	shift
	for value; do
		options+=(--qemu-arg -fw_cfg --qemu-arg "name=opt/copra/${value/=/,string=}")
	done
	./copra run -q --test --igvm "build/$image.igvm" --log "$dir/logs" "${options[@]}" \
		</dev/null >"$dir/output" ||
		die "the test guest of $image ends with status $?: $(tail -n 3 "$dir/output")"
	cat "$dir/logs/svsm.log" >>"$dir/log"
}
boot test-guest-vtpm case=vtpm-fuzz commands=2000 seed=1
boot test-guest-services case=services
log=$dir/log

heap_after() { # WORDS: KiB free in the first line that has them
	sed -nE "s/.*heap: ([0-9]+) .*$1.*/\1/p" "$log" | head -n 1
}

# "service NAME: protocol N, program N KiB, uses A of B KiB", and later "NAME: has used up to P KiB"
service_memory() { # NAME
	local name=$1 start room peak
	read -r start room < <(sed -nE "s/.*service $name: .* uses ([0-9]+) of ([0-9]+) KiB.*/\1 \2/p" "$log")
	[[ ${start:-} ]] || die "$name: nothing of it in the log of a VM"
	peak=$(sed -nE "s/.*info: $name: has used up to ([0-9]+) KiB.*/\1/p" "$log" | tail -n 1)
	printf 'service %s, memory after its start\t%d\tKiB\tgranted\t%d\n' "$name" "$start" "$room"
	printf 'service %s, memory at its peak\t%d\tKiB\tgranted\t%d\n' "$name" "${peak:-$start}" "$room"
}

printf 'IGVM file\t%d\tbytes\twithout services\t%d\n' "$(stat -c %s build/copra.igvm)" \
	"$(stat -c %s "$dir/none.igvm")"
printf 'measured pages\t%d\tpages\twithout services\t%d\n' "$(value measured_pages)" \
	"$(value measured_pages "$dir/none")"
for program in build/services/*.image; do
	[[ -e $program ]] || continue
	size=$(stat -c %s "$program") name=$(basename "$program" .image)
	pages=$(((size + 4095) / 4096))
	all=('in the image' "$(value measured_pages)")
	[[ " $in_image " == *" $name "* ]] || all=('not in the image' 0)
	printf 'service %s, program\t%d\tbytes\n' "$name" "$size"
	printf 'service %s, measured pages\t%d\tpages\t%s\t%d\n' "$name" $pages "${all[@]}"
	service_memory "$name"
done
printf 'measured besides firmware and services\t%d\tbytes\taim: at most 1 MiB\t%d\n' \
	"$(value measured_bytes_besides_firmware "$dir/none")" $MiB
printf 'heap of the SVSM, free for the guest'"'"'s calls\t%d\tKiB\tbefore the services\t%d\n' \
	"$(heap_after 'KiB free, guest')" "$(heap_after 'of [0-9]+ KiB free')"
required=$(build/copra-igvm show build/copra.igvm |
	sed -n 's/^ *REQUIRED_MEMORY .*\(0x[0-9a-f]*\)-\(0x[0-9a-f]*\).*/\1 \2/p')
if [[ $required ]]; then
	read -r first last <<<"$required"
	printf 'memory of the SVSM\t%d\tbytes\taim: at most 16 MiB\t%d\n' \
		$((last - first)) $((16 * MiB))
fi

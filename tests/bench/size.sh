#!/bin/bash
# Sizes: what is launched and measured, what the SVSM takes of the VM's memory, and what of all that
# each service costs. Its memory at the start and at its peak is the kernel's word (svsm.log), after the
# commands of the bench `calls`; page tables are in it, the pages of its program are not.
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

# A VM whose guest uses the vTPM
./copra run -q --test --igvm build/test-guest-vtpm.igvm --log "$dir/logs" --qemu-arg -fw_cfg \
	--qemu-arg name=opt/copra/case,string=bench </dev/null >"$dir/output" ||
	die "the test guest ends with status $?: $(tail -n 3 "$dir/output")"
log=$dir/logs/svsm.log

heap_after() { # WORDS: KiB free in the first line that has them
	sed -nE "s/.*heap: ([0-9]+) .*$1.*/\1/p" "$log" | head -n 1
}

# "service NAME: protocol N, program N KiB, uses A of B KiB", and later "NAME: has used up to P KiB"
service_memory() { # NAME
	local name=$1 start room peak
	read -r start room < <(sed -nE "s/.*service $name: .* uses ([0-9]+) of ([0-9]+) KiB.*/\1 \2/p" "$log")
	[[ ${start:-} ]] || return 0 # it is not in that VM
	peak=$(sed -nE "s/.*info: $name: has used up to ([0-9]+) KiB.*/\1/p" "$log" | tail -n 1)
	printf 'service %s, memory after its start\t%d\tKiB\tgranted\t%d\n' "$name" "$start" "$room"
	printf 'service %s, memory at its peak\t%d\tKiB\tgranted\t%d\n' "$name" "${peak:-$start}" "$room"
}

printf 'IGVM file\t%d\tbytes\twithout services\t%d\n' "$(stat -c %s build/copra.igvm)" \
	"$(stat -c %s "$dir/none.igvm")"
printf 'measured pages\t%d\tpages\twithout services\t%d\n' "$(value measured_pages)" \
	"$(value measured_pages "$dir/none")"
# A service costs the pages of its program; the table of services is one more.
services=0
for program in build/services/*.image; do
	[[ -e $program ]] || continue
	size=$(stat -c %s "$program") name=$(basename "$program" .image)
	pages=$(((size + 4095) / 4096))
	services=$((services + pages * 4096))
	printf 'service %s, program\t%d\tbytes\n' "$name" "$size"
	printf 'service %s, measured pages\t%d\tpages\tall\t%d\n' "$name" $pages "$(value measured_pages)"
	service_memory "$name"
done
((services)) && services=$((services + 4096))
printf 'measured besides firmware and services\t%d\tbytes\taim: at most 1 MiB\t%d\n' \
	$(($(value measured_bytes_besides_firmware) - services)) $MiB
printf 'heap of the SVSM, free for the guest'"'"'s calls\t%d\tKiB\tbefore the services\t%d\n' \
	"$(heap_after 'KiB free, guest')" "$(heap_after 'of [0-9]+ KiB free')"
required=$(build/copra-igvm show build/copra.igvm |
	sed -n 's/^ *REQUIRED_MEMORY .*\(0x[0-9a-f]*\)-\(0x[0-9a-f]*\).*/\1 \2/p')
if [[ $required ]]; then
	read -r first last <<<"$required"
	printf 'memory of the SVSM\t%d\tbytes\taim: at most 16 MiB\t%d\n' \
		$((last - first)) $((16 * MiB))
fi

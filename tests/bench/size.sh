#!/bin/bash
# Sizes: what is launched and measured, and what the SVSM takes of the VM's memory.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
value() { awk -v k="$1" '$1 == k { print $2 }' build/copra.igvm.digest; }
MiB=1048576

printf 'IGVM file\t%d\tbytes\n' "$(stat -c %s build/copra.igvm)"
printf 'measured pages\t%d\tpages\n' "$(value measured_pages)"
# A service costs the pages of its program; the table of services is one more.
services=0
for program in build/services/*.image; do
	[[ -e $program ]] || continue
	pages=$((($(stat -c %s "$program") + 4095) / 4096))
	services=$((services + pages * 4096))
	name=$(basename "$program" .image)
	printf 'measured for the service %s\t%d\tbytes\n' "$name" $((pages * 4096))
done
((services)) && services=$((services + 4096))
printf 'measured besides firmware and services\t%d\tbytes\taim: at most 1 MiB\t%d\n' \
	$(($(value measured_bytes_besides_firmware) - services)) $MiB
required=$(build/copra-igvm show build/copra.igvm |
	sed -n 's/^ *REQUIRED_MEMORY .*\(0x[0-9a-f]*\)-\(0x[0-9a-f]*\).*/\1 \2/p')
if [[ $required ]]; then
	read -r first last <<<"$required"
	printf 'memory of the SVSM\t%d\tbytes\taim: at most 16 MiB\t%d\n' \
		$((last - first)) $((16 * MiB))
fi

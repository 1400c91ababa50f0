#!/bin/bash
# Time from QEMU's start to the guest's root shell, under Copra and the machine, and of the same
# firmware, kernel and initrd on plain QEMU.  The two take turns, and the median counts.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
rounds=${ROUNDS:-5}
export COPRA_NO_BUILD=1
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# A boot that QEMU's own fault ended (docs/caveats.md, "QEMU") is made again.
boot_ms() { # PLATFORM SMP
	local try
	for try in 1 2 3; do
		if ./copra run -q --platform "$1" --smp "$2" --log "$logs" -- true; then
			sed -n 's/^ready_ms //p' "$logs/times"
			return
		fi
		grep -qa 'Oops: int3' "$logs"/{guest,kernel}.log || return 1
		echo "try $try: QEMU's fault, again" >&2
	done
	return 1
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
spread() { sort -n | awk '{ v[NR] = $1 } END { print v[1] "-" v[NR] }'; }

for smp in 1 4; do
	: >"$logs/snp"
	: >"$logs/plain"
	for ((i = 0; i < rounds; i++)); do
		for platform in snp plain; do
			boot_ms $platform $smp >>"$logs/$platform" || exit 1
		done
	done
	printf 'boot to shell, %d CPU\t%d\tms\tplain QEMU\t%d\t%s (%s)\n' $smp \
		"$(median <"$logs/snp")" "$(median <"$logs/plain")" "$(spread <"$logs/snp")" \
		"$(spread <"$logs/plain")"
done

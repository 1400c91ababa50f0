#!/bin/bash
# SPDX-License-Identifier: MIT
# How long commands of the TPM take in Linux: Copra's, against QEMU's TPM with swtpm on plain QEMU, with the
# same kernel, initrd and program. The machines take turns; the median of the rounds' medians counts,
# and the spread is that of the medians.
#
#   ROUNDS=5   boots of each machine
#   SECONDS_EACH=2   how long each command is repeated in a boot
#
# The guests measure with their own clock. Its length of the whole measurement is compared with this
# machine's: a clock that is wrong by more than a hundredth fails.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-2}
program=build/bench/tpm-latency
export COPRA_NO_BUILD=1
dir=$(mktemp -d)
swtpm_pid=''
trap '[[ -z $swtpm_pid ]] || kill "$swtpm_pid" 2>/dev/null; rm -rf "$dir"' EXIT

die() { printf 'bench: error: %s\n' "$*" >&2; exit 1; }

# A new TPM for each boot. It ends with QEMU's connection.
swtpm_start() {
	rm -rf "$dir/tpm"
	mkdir "$dir/tpm"
	swtpm socket --tpm2 --tpmstate "dir=$dir/tpm" --ctrl "type=unixio,path=$dir/tpm/socket" \
		--terminate >"$dir/swtpm.log" 2>&1 &
	swtpm_pid=$!
	for ((try = 0; try < 100; try++)); do
		[[ -S $dir/tpm/socket ]] && return
		sleep 0.05
	done
	die "swtpm does not start: $(<"$dir/swtpm.log")"
}

# The program comes by standard input, so that both guests have the initrd of ./copra run.
run() { # COPRA-OPTION...
	./copra run -q --log "$dir/logs" "$@" -- \
		sh -c "cat >/tmp/latency && chmod +x /tmp/latency && exec /tmp/latency $seconds" <$program
}

run_copra() { run; }
run_qemu() { # DEVICE
	swtpm_start
	run --platform plain --qemu-arg -chardev --qemu-arg "socket,id=tpm,path=$dir/tpm/socket" \
		--qemu-arg -tpmdev --qemu-arg emulator,id=tpm0,chardev=tpm \
		--qemu-arg -device --qemu-arg "$1,tpmdev=tpm0" || return
	wait "$swtpm_pid"
	swtpm_pid=''
}

# The lines of one boot into a file, without those that have the guest's clock.
measure() { # NAME COMMAND...
	local name=$1 began=0 ended=0 guest_began=0 guest_ended=0 text rest
	shift
	while IFS=$'\t' read -r text rest; do
		case $text in
		begin) began=${EPOCHREALTIME/./} guest_began=$rest ;;
		end) ended=${EPOCHREALTIME/./} guest_ended=$rest ;;
		*) printf '%s\t%s\n' "$text" "$rest" >>"$dir/$name" ;;
		esac
	done < <("$@" || echo failed)
	! grep -q '^failed' "$dir/$name" || die "$name: the run failed"
	((ended)) || die "$name: the program did not come to its end"
	check_clock "$name" $(((guest_ended - guest_began) / 1000)) $((ended - began))
}

check_clock() { # NAME GUEST HOST (microseconds)
	local off=$((($2 - $3) * 1000 / $3))
	((off >= -10 && off <= 10)) ||
		die "$1: the guest's clock says $2 us where this machine's says $3: no figure of it counts"
}

# Median, least and most of a command's medians, in microseconds.
summary() { # NAME COMMAND
	awk -F'\t' -v c="$2" '$1 == c { print $3 }' "$dir/$1" | sort -n |
		awk '{ v[NR] = $1 / 1000 } END { printf "%.0f\t%.0f-%.0f", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

for ((i = 0; i < rounds; i++)); do
	measure copra run_copra
	measure tpm-crb run_qemu tpm-crb
	measure tpm-tis run_qemu tpm-tis
done
while IFS=$'\t' read -r command _; do
	own=$(summary copra "$command")
	for device in tpm-crb tpm-tis; do
		other=$(summary $device "$command")
		printf '/dev/tpm0 %s\t%s\tus\tQEMU %s, swtpm\t%s\t%s (%s)\n' "$command" \
			"${own%$'\t'*}" $device "${other%$'\t'*}" "${own#*$'\t'}" "${other#*$'\t'}"
	done
done < <(head -n 5 "$dir/copra")

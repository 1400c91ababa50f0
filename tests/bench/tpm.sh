#!/bin/bash
# SPDX-License-Identifier: MIT
# How long commands of the TPM take in Linux: Copra's, against QEMU's TPM with swtpm on plain QEMU, with the
# same kernel, initrd and program. The machines take turns; the median of the rounds' medians counts,
# and the spread is that of the medians; "least" is the shortest single command.
#
#   ROUNDS=5   boots of each machine
#   SECONDS_EACH=2   how long each command is repeated in a boot
#
# The guests measure with their own clock. Its length of the whole measurement is compared with this
# machine's: a boot in which they differ by more than a hundredth does not count, and the third such one
# in a row fails.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-2}
program=build/bench/tpm-latency
export COPRA_NO_BUILD=1
dir=$(mktemp -d)
trap '[[ ! -s $dir/swtpm.pid ]] || kill "$(<"$dir/swtpm.pid")"; rm -rf "$dir"' EXIT

die() { printf 'bench: error: %s\n' "$*" >&2; exit 1; }

# A new TPM for each boot. It ends with QEMU's connection.
swtpm_start() {
	rm -rf "$dir/tpm"
	mkdir "$dir/tpm"
	swtpm socket --tpm2 --tpmstate "dir=$dir/tpm" --ctrl "type=unixio,path=$dir/tpm/socket" \
		--pid "file=$dir/swtpm.pid" --terminate >"$dir/swtpm.log" 2>&1 &
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
	wait
}

# The lines of one boot, the machine's time of "begin" and "end" behind the guest's
boot_lines() { # COMMAND...
	local line
	"$@" | while IFS= read -r line; do
		case $line in
		begin* | end*) printf '%s\t%s\n' "$line" "${EPOCHREALTIME/./}" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
	return "${PIPESTATUS[0]}"
}

# By how many thousandths the guest's clock was wrong
clock_error() { # FILE
	awk -F'\t' '$1 == "begin" || $1 == "end" { guest = $2 / 1000 - guest; host = $3 - host; n++ }
		END { print n == 2 ? int((guest - host) * 1000 / host) : "none" }' "$1"
}

measure() { # NAME COMMAND...
	local name=$1 off try
	shift
	for try in 1 2 3; do
		boot_lines "$@" >"$dir/boot" || die "$name: the run failed"
		off=$(clock_error "$dir/boot")
		[[ $off != none ]] || die "$name: the program did not come to its end"
		if ((off >= -10 && off <= 10)); then
			grep -Ev '^(begin|end)' "$dir/boot" >>"$dir/$name"
			return
		fi
		echo "bench: $name: the guest's clock differs by $off thousandths, try $try" >&2
	done
	die "$name: the guest's clock is not to be trusted"
}

# Median of a command's medians, in microseconds; and their spread, with the shortest command of all
summary() { # NAME COMMAND
	awk -F'\t' -v c="$2" '$1 == c { print $3 / 1000, $4 / 1000 }' "$dir/$1" | sort -n | awk '
		{ v[NR] = $1; least = NR == 1 || $2 < least ? $2 : least }
		END { printf "%.0f\t%.0f-%.0f, least %.0f", v[int((NR + 1) / 2)], v[1], v[NR], least }'
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

#!/bin/sh
# The guest's half of tests/guest/tpm.sh: results, one a line, and short words.
cd /tmp || exit 2
dmesg -c >boot.messages

now() { cut -d' ' -f1 /proc/uptime; }

# ok TEXT COMMAND...: whether the command succeeds, and how long it took.
ok() {
	text=$1
	shift
	began=$(now)
	if "$@" >said 2>&1; then
		echo "ok - $text"
	else
		echo "not ok - $text"
		cut -c1-300 said
	fi
	echo "$began $(now)" | awk '$2 - $1 >= 0.2 { printf "took %.1f s\n", $2 - $1 }'
}

# is TEXT GOT WANTED
is() {
	ok "$1" test "$2" = "$3"
	[ "$2" = "$3" ] || printf 'got:    %s\nwanted: %s\n' "$2" "$3"
}

refused() { ! "$@"; }
bytes() { xxd -r -p; } # of hexadecimal digits

# Lines "BANK NUMBER VALUE" of what pcrread or eventlog printed.
pcr_lines() {
	awk '/^ *sha[0-9]+:$/ { bank = $1; sub(":", "", bank); next }
		bank != "" && /: 0x/ { split($0, f, ":"); gsub(/ /, "", f[1]); gsub(/ /, "", f[2])
			print bank, f[1], toupper(substr(f[2], 3)) }'
}

pcrs() { tpm2_pcrread | pcr_lines; } # all of them
pcr() { tpm2_pcrread "$1:$2" | pcr_lines | cut -d' ' -f3; }

# raw HEX: a command as it is, past the tools and Linux's resource manager; the answer's code.
raw() {
	echo "$1" | bytes >command.bin
	exec 5<>/dev/tpm0
	cat command.bin >&5
	dd bs=4096 count=1 <&5 2>/dev/null | xxd -p | cut -c13-20
	exec 5>&-
}

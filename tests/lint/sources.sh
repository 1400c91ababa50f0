#!/bin/bash
# Each C file that the build compiles, and the flags it is compiled with by clang: "FILE<tab>FLAGS",
# a file that several parts compile once. They are taken from make, which only says what it would
# do. Fails when a C file of the repository is compiled by nothing: nobody tests such a file.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/lint/none # nothing is written there
targets=(all unit-build fuzz-replay-build "$out"/fuzz/make-seeds "$out"/guest/obj/tests/guest/{gap,kexec/kexec}.o
	"$out"/kernel-obj/tests/coverage/{dump,serve}.o)

list=$(make --no-print-directory -nB V=1 CC=clang B="$out" "${targets[@]}" | awk '
	/\\$/ { sub(/\\$/, " "); line = line $0; next }
	{ $0 = line $0; line = "" }
	$1 != "clang" { next }
	{
		flags = ""; count = 0
		for (i = 2; i <= NF; i++) {
			if ($i ~ /\.c$/)
				files[count++] = $i
			else if ($i == "-o")
				i++
			else if ($i !~ /^(-c|-s|-static|-no-pie|-Wl,.*|-MMD|-MP|-l.*)$/ && $i !~ /\.[aoS]$/)
				flags = flags " " $i
		}
		for (i = 0; i < count; i++)
			if (!seen[files[i]]++)
				print files[i] "\t" substr(flags, 2)
	}' | sort)
# The guest's kernel modules are kbuild's to compile (guest/module.sh).
missing=$(comm -13 <(cut -f 1 <<<"$list") <(git ls-files -co --exclude-standard '*.c' |
	grep -vE '^guest/(tpm_svsm|svsm_reboot)/' | sort))
if [[ $missing ]]; then
	echo "compiled by nothing that 'make ${targets[*]}' builds (more targets: $0):"
	echo "$missing"
	exit 1
fi >&2
# Counters as gcc 12 lays them out: no other compiler takes this one.
grep -v "^tests/coverage/dump.c" <<<"$list"

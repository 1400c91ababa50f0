#!/bin/bash
# SPDX-License-Identifier: MIT
# `make audit` with archives that are made here: what they offer does not change from one day to the
# next, and no network is needed. apt itself reads them, as it reads the real ones.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
export SUPPLY_DIR=$scratch/supply
number=0 failed=0

# offer ARCHIVE PACKAGE VERSION [SOURCE]: a record in one of the archives.
offer() {
	mkdir -p "$scratch/$1"
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\n%sFilename: ./x.deb\nSize: 1\nSHA256: %064d\n\n' \
		"$2" "$3" "${4:+Source: $4$'\n'}" 0 >>"$scratch/$1/Packages"
	touch "$scratch/$1.list"
	grep -q . "$scratch/$1.list" ||
		echo "deb [trusted=yes] file:$scratch/$1 ./" >"$scratch/$1.list"
}

used() { # OUTPUT ROLE KIND ORIGIN PACKAGE VERSION [CARRIER]
	local IFS=$'\t'
	echo "$1	$2	$3	$4	$5	$6	amd64	$5	$6	-	${7:--}" >>"$scratch/inventory"
}

# audit STATUS PATTERN TEXT: the audit of what used() named ends so and prints that.
audit() {
	local status=0
	tools/supply/audit.sh --inventory "$scratch/inventory" --host-sources "$scratch/host.list" \
		--guest-sources "$scratch/guest.list" >"$scratch/out" 2>&1 || status=$?
	number=$((number + 1))
	if ((status == $1)) && grep -qE -- "$2" "$scratch/out"; then
		echo "ok $number - $3"
	else
		echo "not ok $number - $3"
		echo "# status $status instead of $1, or no line like: $2"
		sed 's/^/# /' "$scratch/out"
		failed=1
	fi
	rm -f "$scratch/inventory"
}

offer host libone 1.2-3+deb12u1
offer host libepoch 1:1.0-1
offer host builder 5.0-1
offer guest firmware 2026.08+ds-2
offer guest shell 1.38-3+b1 'shell (1.38-3)'
offer guest libbase6 2.43-7 base

used a image static host libone 1.2-3+deb12u1
used a image file guest firmware 2026.08+ds-2
used b tool static host libepoch 1:1.0-1
audit 0 '^libone +1.2-3\+deb12u1 +1.2-3\+deb12u1 .*current$' "everything is the newest"
used a image static host libone 1.2-3
used b tool static host libepoch 1:1.0-1
audit 1 '^libone +1.2-3 +1.2-3\+deb12u1 .* OLD$' "a library of the machine is older"
used a image static host libone 1.2-3~rc1
audit 1 'only-upgrade libone$' "what to do about it"
used a image static host libone 1.10-1
audit 0 ' current$' "newer than offered: versions are Debian's, not text"
used b tool static host libepoch 2.0-1
audit 1 ' OLD$' "an epoch counts more than the number"
used a image file guest firmware 2026.02-1
audit 1 'COPRA_UPDATE=1 make deps' "a file of the guest's packages is older"
used c guest file guest gone 1.0-1
audit 1 'NOT OFFERED$' "a package that is not offered any more"
used c guest inside guest base 2.43-3 shell
audit 0 '^base in shell +2.43-3 +2.43-7 .*old \(note\)$' "an older part of the guest's package is noted"
used a image inside guest base 2.43-3 shell
audit 1 '^base in shell .* OLD$' "the same in the image fails"
used - build tool host builder 4.9-1
audit 0 '^builder .*old \(note\)$' "an older compiler is noted"

offer security libone 1.2-3+deb12u2
cat "$scratch/security.list" >>"$scratch/host.list"
used a image static host libone 1.2-3+deb12u1
audit 1 '^libone +1.2-3\+deb12u1 +1.2-3\+deb12u2 .*OLD$' "a second archive has a security update"

: >"$scratch/inventory"
audit 2 'names no package' "an empty inventory is no success"
used a image static host libone 1.2-3+deb12u2
echo 'deb [trusted=yes] http://127.0.0.1:9/debian nowhere main' >>"$scratch/host.list"
audit 2 'Nothing was compared' "an archive that does not answer"
audit 2 'make sbom' "no inventory"
echo "1..$number"
exit "$failed"

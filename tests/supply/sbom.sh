#!/bin/bash
# SPDX-License-Identifier: MIT
# The list of packages: all that was linked is in the table that was reviewed, the list is SPDX, and
# both checks find what is wrong.
# shellcheck disable=SC2317 # functions that ok calls
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
[[ ${COPRA_BUILD:-build} == build ]] || { echo "1..0 # SKIP the list is of build/ alone"; exit 0; }
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
export SUPPLY_DIR=$scratch/supply
reviewed=tools/supply/parts list=$scratch/list.spdx
number=0 failed=0

ok() { # TEXT COMMAND...
	local text=$1 log
	shift
	number=$((number + 1))
	if log=$("$@" 2>&1); then
		echo "ok $number - $text"
	else
		echo "not ok $number - $text"
		echo "# ${log//$'\n'/$'\n'# }"
		failed=1
	fi
}

# complains PATTERN COMMAND...: it fails and says why.
complains() {
	local out status=0
	out=$("${@:2}" 2>&1) || status=$?
	((status == 1)) && grep -q -- "$1" <<<"$out" && return
	printf 'status %s, and not a word of "%s":\n%s\n' "$status" "$1" "$out"
	return 1
}

# table_with SED: the inventory with a changed table.
table_with() {
	sed -E "$1" "$reviewed" >"$scratch/parts"
	SUPPLY_PARTS=$scratch/parts tools/supply/inventory.sh
}

# list_with SED: the checker on a changed list.
list_with() {
	sed -E "$1" "$list" >"$scratch/changed.spdx"
	cmp -s "$list" "$scratch/changed.spdx" && return 3
	tools/supply/check-spdx.sh "$scratch/changed.spdx"
}

same() { tools/supply/sbom.sh "$scratch/again.spdx" && cmp "$list" "$scratch/again.spdx"; }
has() { grep -qxF -- "$1" "$list"; }
sum() { sha256sum <"build/$1" | cut -d' ' -f1; }

# A program linked with an archive that is of no package.
foreign() (
	source tools/supply/host.sh
	: >"$scratch/libforeign.a"
	printf 'Archive member included to satisfy reference by file (symbol)\n\n%s(x.o)\n\n' \
		"$scratch/libforeign.a" >"$scratch/map"
	[[ $(map_files <<<"$scratch/map") == "$scratch/libforeign.a" ]] || return
	host_files() { echo "$scratch/libforeign.a"; command -v make; }
	host_index
	owner "$(command -v make)" && ! owner "$scratch/libforeign.a"
)

ok "what the build shows is what $reviewed says" tools/supply/inventory.sh
ok "a list, valid SPDX" tools/supply/sbom.sh "$list"
((failed == 0)) || { echo "Bail out! there is no list to look at"; exit 1; }
ok "made twice, the same" same
ok "it has the image's SHA-256" has "FileChecksum: SHA256: $(sum copra.igvm)"
ok "it has the firmware's package" has 'PackageName: ovmf-generic'
ok "it has the machine's cryptography" has 'PackageName: libbearssl-dev'
ok "it has what is built into busybox" has 'PackageName: glibc'

ok "the table lacks a library" complains 'machine.elf has host:libbearssl-dev in it' \
	table_with '/^machine.elf/s/host:.*/none/'
ok "the table lacks the firmware" complains 'copra.igvm has guest/OVMF.fd in it' \
	table_with 's!^(copra.igvm .*) guest/OVMF.fd!\1!'
ok "the table lacks what is in the initrd" complains 'initrd.cpio has guest:busybox-static in it' \
	table_with 's/ guest:busybox-static//'
ok "the table has too much" complains 'kernel.elf has host:libgcc-12-dev in it, which the build' \
	table_with '/^kernel.elf/s/none/host:libgcc-12-dev/'
ok "a program with a library has no line" complains 'machine.elf has host:libbearssl-dev in it' \
	table_with '/^machine.elf/d'
ok "a file of a package has no line" complains 'guest/efi.stub has guest:systemd-boot-efi in it' \
	table_with 's/^(guest.efi.stub +test) .*/\1 own/'
ok "a program of tests needs no line" table_with '/^svsm-test.elf/d'
ok "a part of the image that does not say so" complains 'its role in .* has to be image' \
	table_with 's/^(kernel.elf +)image/\1test/'
ok "an archive of no package is seen" foreign

ok "no version of SPDX" complains 'without SPDXVersion' list_with '/^SPDXVersion/d'
ok "a package without its place" complains 'without PackageDownloadLocation' \
	list_with '0,/^PackageDownloadLocation/{/^PackageDownloadLocation/d}'
ok "a file without SHA1" complains 'without a SHA1' list_with '0,/SHA1:/{/SHA1:/d}'
ok "a checksum that is too short" complains 'not a checksum' list_with 's/(SHA256: .*).$/\1/'
ok "an identifier twice" complains 'the identifier .* twice' \
	list_with 's/^SPDXID: SPDXRef-file-.*/SPDXID: SPDXRef-file-x/'
ok "a relationship to nothing" complains 'which is not there' \
	list_with '/^SPDXID: SPDXRef-package-host-libbearssl/s/$/x/'
ok "a relationship of no kind" complains 'not what Relationship may be' list_with 's/STATIC_LINK/LINKED/'
ok "nothing described" complains 'DESCRIBES' list_with '/ DESCRIBES /d'
ok "a date of no form" complains 'not what Created may be' list_with 's/^(Created: .*)Z/\1/'
ok "no verification code" complains 'without PackageVerificationCode' \
	list_with '/^PackageVerificationCode/d'
ok "a tag that is none" complains 'unknown tag' list_with 's/^PackageVersion/PackageVersions/'
echo "1..$number"
exit "$failed"

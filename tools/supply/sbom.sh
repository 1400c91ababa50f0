#!/bin/bash
# SPDX-License-Identifier: MIT
# Writes the list of all packages whose code is in the build's outputs: SPDX 2.3 in its tag-value
# form, from the inventory. The same tree, packages and outputs give the same list.
#   tools/supply/sbom.sh [FILE]   build/copra.spdx, unless another one is named
#   SOURCE_DATE_EPOCH   its date, in seconds; the last commit's otherwise
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tools/supply/lib.sh
inventory=$supply/inventory list=${1:-build/copra.spdx}
[[ -r $inventory ]] || die "there is no $inventory: make sbom"

version=$(git describe --always --tags --dirty 2>/dev/null) || version=unknown
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null)} ||
	die "this is no git work tree: give the list's date in SOURCE_DATE_EPOCH"
# shellcheck source=/dev/null
host_suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
guest_suite=$(cat build/guest/suite)

# An identifier may have letters, digits, dots and hyphens.
id() { local text=${*//+/-plus-}; echo "SPDXRef-${text//[^A-Za-z0-9.-]/-}"; }

package_id() { id package "$@"; } # ORIGIN NAME VERSION: the two suites may have the same name
file_id() { id file "$1"; }

outputs() { table_lines | awk '{ print $1 }' | LC_ALL=C sort; }

relationship() { # FROM HOW TO [COMMENT]
	echo "Relationship: $1 $2 $3"
	[[ ! ${4:-} ]] || echo "RelationshipComment: <text>$4</text>"
}

# A number for the files as a whole, as the specification's 7.9 has it.
verification_code() {
	local output
	for output in $(outputs); do
		sha1sum <"build/$output" | cut -d' ' -f1
	done | LC_ALL=C sort | tr -d '\n' | sha1sum | cut -d' ' -f1
}

write_copra() {
	cat <<-TAGS

	PackageName: copra
	SPDXID: SPDXRef-copra
	PackageVersion: $version
	PackageDownloadLocation: NOASSERTION
	FilesAnalyzed: true
	PackageVerificationCode: $(verification_code)
	PackageLicenseConcluded: NOASSERTION
	PackageLicenseInfoFromFiles: NOASSERTION
	PackageLicenseDeclared: MIT
	PackageCopyrightText: NOASSERTION
	PrimaryPackagePurpose: FIRMWARE
	PackageComment: <text>The files are below build/. The licence is that of what was compiled from this repository; the relationships name what else is in each file.</text>
	TAGS
	relationship SPDXRef-DOCUMENT DESCRIBES SPDXRef-copra
	awk -F'\t' '$3 == "tool" { print $4, $5, $6 }' "$inventory" | sort -u | while read -r key; do
		# shellcheck disable=SC2086 # three words
		relationship "$(package_id $key)" BUILD_TOOL_OF SPDXRef-copra
	done
}

write_file() { # OUTPUT ROLE
	local file=build/$1 type=BINARY
	[[ $1 != *.cpio ]] || type=ARCHIVE
	cat <<-TAGS

	FileName: ./$1
	SPDXID: $(file_id "$1")
	FileType: $type
	FileChecksum: SHA1: $(sha1sum <"$file" | cut -d' ' -f1)
	FileChecksum: SHA256: $(sha256sum <"$file" | cut -d' ' -f1)
	LicenseConcluded: NOASSERTION
	LicenseInfoInFile: NOASSERTION
	FileCopyrightText: NOASSERTION
	FileComment: <text>$(file_comment "$@")</text>
	TAGS
	file_relationships "$1"
}

file_comment() { # OUTPUT ROLE
	case $2 in
	image) printf 'measured at launch' ;;
	service) printf 'a program for ring 3 of the SVSM, not in the image' ;;
	machine) printf 'the software machine, which stands for hardware' ;;
	tool) printf 'a program of the build machine' ;;
	guest) printf "the tests' Linux" ;;
	*) printf 'of a test' ;;
	esac
	[[ $1 != *.igvm ]] || "build/copra-igvm" measure "build/$1" |
		awk '$1 == "launch_digest" { printf "; launch digest %s", $2 }'
}

file_relationships() { # OUTPUT
	local from kind origin name version detail to
	from=$(file_id "$1")
	grep -q "^$1"$'\t' "$inventory" || relationship "$from" STATIC_LINK NONE
	awk -F'\t' -v o="$1" '$1 == o { print $3, $4, $5, $6, $11 }' "$inventory" |
		while read -r kind origin name version detail; do
			to=$(package_id "$origin" "$name" "$version")
			case $kind in
			part) relationship "$from" CONTAINS "$(file_id "$name")" ;;
			static) relationship "$from" STATIC_LINK "$to" "$detail" ;;
			dynamic) relationship "$from" DYNAMIC_LINK "$to" "$detail" ;;
			file)
				if [[ $1 == *.cpio ]]; then
					relationship "$from" CONTAINS "$to" "$detail"
				else
					relationship "$from" EXPANDED_FROM_ARCHIVE "$to"
				fi
				;;
			esac
		done
}

# A package's place among all: "purl" is pkg:TYPE/NAMESPACE/NAME@VERSION, the plus sign encoded.
write_package() { # ORIGIN NAME VERSION ARCH SOURCE SOURCE-VERSION SHA256
	local suite=$guest_suite
	[[ $1 == guest ]] || suite=$host_suite
	cat <<-TAGS

	PackageName: $2
	SPDXID: $(package_id "$1" "$2" "$3")
	PackageVersion: $3
	PackageSupplier: Organization: Debian
	PackageDownloadLocation: NOASSERTION
	FilesAnalyzed: false
	TAGS
	[[ $7 == - ]] || echo "PackageChecksum: SHA256: $7"
	cat <<-TAGS
	PackageSourceInfo: <text>Debian source package $5 $6</text>
	PackageLicenseConcluded: NOASSERTION
	PackageLicenseDeclared: NOASSERTION
	PackageLicenseComments: <text>usr/share/doc/$2/copyright in the package</text>
	PackageCopyrightText: NOASSERTION
	ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/${2//+/%2B}@${3//+/%2B}?arch=$4&distro=$suite
	TAGS
}

write_packages() {
	local fields
	cut -f3-10 "$inventory" | awk -F'\t' -v OFS='\t' '$1 != "part" { $1 = ""; print substr($0, 2) }' |
		LC_ALL=C sort -u | while IFS=$'\t' read -r -a fields; do
		write_package "${fields[@]}"
	done
	awk -F'\t' '$3 == "inside" { print $4, $5, $6, $11 }' "$inventory" | sort -u |
		while read -r origin name version carrier; do
			carrier=$(awk -F'\t' -v p="$carrier" -v o="$origin" \
				'$4 == o && $5 == p { print $5, $6; exit }' "$inventory")
			# shellcheck disable=SC2086 # name and version
			relationship "$(package_id "$origin" $carrier)" CONTAINS \
				"$(package_id "$origin" "$name" "$version")" "Built-Using, by Debian's build"
		done
}

body() {
	local output role
	write_copra
	while read -r output role _; do
		write_file "$output" "$role"
	done < <(table_lines | LC_ALL=C sort)
	write_packages
}

# The name of a document is its own for ever: it is made of what the document says.
header() {
	local sum
	sum=$({ echo "$epoch"; cat "$supply/spdx.body"; } | sha256sum)
	cat <<-TAGS
	SPDXVersion: SPDX-2.3
	DataLicense: CC0-1.0
	SPDXID: SPDXRef-DOCUMENT
	DocumentName: copra-$version
	DocumentNamespace: https://spdx.org/spdxdocs/copra-$version-${sum:0:8}-${sum:8:4}-${sum:12:4}-${sum:16:4}-${sum:20:12}
	Creator: Tool: copra-sbom-$version
	Created: $(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
	TAGS
}

body >"$supply/spdx.body"
{ header; cat "$supply/spdx.body"; } >"$supply/copra.spdx"
rm "$supply/spdx.body"
tools/supply/check-spdx.sh "$supply/copra.spdx" >&2 || die "the list that was made is not valid SPDX"
mv "$supply/copra.spdx" "$list"
say "$list: $(grep -c '^FileName:' "$list") files, $(grep -c '^PackageName:' "$list") packages"

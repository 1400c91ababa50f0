#!/bin/bash
# SPDX-License-Identifier: MIT
# Checks an SPDX 2.3 document in tag-value form:  tools/supply/check-spdx.sh FILE
# The fields that the specification demands, each as often as it may stand and in its form;
# identifiers that are unique, and relationships between those that are there. Prints what is wrong.
set -euo pipefail
[[ $# == 1 && -r $1 ]] || { echo "check-spdx.sh: a file, please" >&2; exit 2; }
awk '
function wrong(text) { printf "%s:%d: %s\n", FILENAME, start ? start : FNR, text; bad = 1 }

# Clause numbers are those of the specification: 6 document, 7 package, 8 file.
BEGIN {
	hex = "[0-9a-f]"
	form["SPDXVersion"] = "^SPDX-2\\.3$"                                              # 6.1
	form["DataLicense"] = "^CC0-1\\.0$"                                               # 6.2
	form["SPDXID"] = "^SPDXRef-[A-Za-z0-9.-]+$"                                       # 6.3, 7.2, 8.2
	form["DocumentNamespace"] = "^[a-z][a-z0-9+.-]*:[^# ]+$"                          # 6.5
	form["Creator"] = "^(Person|Organization|Tool): [^ ]"                             # 6.8
	form["Created"] = "^[0-9]+-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z$" # 6.9
	form["PackageSupplier"] = "^(NOASSERTION|(Person|Organization): [^ ].*)$"         # 7.5
	form["PackageDownloadLocation"] = "^(NONE|NOASSERTION|[a-z+]+:[^ ]+)$"            # 7.7
	form["FilesAnalyzed"] = "^(true|false)$"                                          # 7.8
	form["ExternalRef"] = "^(SECURITY|PACKAGE-MANAGER|PERSISTENT-ID|OTHER) [^ ]+ [^ ]+$" # 7.21
	form["FileName"] = "^\\./[^ ]+$"                                                  # 8.1
	form["FileType"] = "^(SOURCE|BINARY|ARCHIVE|APPLICATION|TEXT|DOCUMENTATION|SPDX|OTHER)$" # 8.3
	form["Relationship"] = "^[^ ]+ (DESCRIBES|CONTAINS|STATIC_LINK|DYNAMIC_LINK|BUILD_TOOL_OF|" \
		"EXPANDED_FROM_ARCHIVE) [^ ]+$"                                               # 11.1
	must["document"] = "SPDXVersion DataLicense SPDXID DocumentName DocumentNamespace Creator Created"
	must["package"] = "PackageName SPDXID PackageDownloadLocation"
	must["file"] = "FileName SPDXID FileChecksum"
	many = " Creator Relationship RelationshipComment FileChecksum PackageChecksum ExternalRef" \
		" FileType LicenseInfoInFile PackageLicenseInfoFromFiles "
	known = many " PackageVersion PackageSupplier FilesAnalyzed PackageVerificationCode" \
		" PackageSourceInfo PackageLicenseConcluded PackageLicenseDeclared" \
		" PackageLicenseComments PackageCopyrightText PackageComment PrimaryPackagePurpose" \
		" LicenseConcluded FileCopyrightText FileComment " \
		must["document"] " " must["package"] " " must["file"] " "
	digits["SHA1"] = 40; digits["SHA256"] = 64
	open_section("document")
}

function open_section(kind) { section = kind; start = FNR + (kind == "document"); delete count }

function close_section(   names, n, i) {
	n = split(must[section], names, " ")
	for (i = 1; i <= n; i++)
		if (!count[names[i]]) wrong("a " section " without " names[i])
	if (section == "file" && !sha1) wrong("a file without a SHA1")                    # 8.4
	if (section == "package") close_package()
	sha1 = 0; analyzed = "true"; code = 0
}

# A verification code stands for the files, and only where there are some (7.8, 7.9).
function close_package() {
	if (analyzed == "true" && !code) wrong("a package whose files were analyzed without PackageVerificationCode")
	if (analyzed == "false" && code) wrong("PackageVerificationCode with FilesAnalyzed: false")
	with_files = analyzed == "true"
}

function checksum(value,   f) {
	split(value, f, ": ")
	if (!(f[1] in digits) || length(f[2]) != digits[f[1]] || f[2] !~ "^" hex "+$") wrong("not a checksum: " value)
	if (f[1] == "SHA1") sha1 = 1
}

{ sub(/\r$/, "") }
/^$/ || /^#/ { next }
!/^[A-Za-z]+: ./ { start = 0; wrong("not a tag with its value: " $0); next }
{
	tag = $0; sub(/:.*/, "", tag)
	value = $0; sub(/^[A-Za-z]+: */, "", value)
	if (tag == "PackageName" || tag == "FileName") {
		close_section()
		open_section(tag == "PackageName" ? "package" : "file")
		if (tag == "FileName" && !with_files) wrong("a file in a package with FilesAnalyzed: false")
	}
	if (index(known, " " tag " ") == 0) wrong("unknown tag " tag)
	if (tag in form && value !~ form[tag]) wrong("not what " tag " may be: " value)
	if (count[tag]++ && index(many, " " tag " ") == 0) wrong(tag " twice")
	if (value ~ /<text>/ && value !~ /^<text>[^<]*<\/text>$/) wrong("text that does not end: " value)
}
tag == "SPDXID" { if (value in ids) wrong("the identifier " value " twice"); ids[value] = 1 }
tag == "FileChecksum" || tag == "PackageChecksum" { checksum(value) }
tag == "FilesAnalyzed" { analyzed = value }
tag == "PackageVerificationCode" { code = 1; if (value !~ "^" hex "+$" || length(value) != 40) wrong("not a verification code") }
tag == "Relationship" { related[++relations] = value; line[relations] = FNR }
END {
	close_section()
	for (i = 1; i <= relations; i++) {
		start = line[i]; split(related[i], f, " ")
		if (!(f[1] in ids)) wrong("a relationship of " f[1] ", which is not there")
		if (!(f[3] in ids) && f[3] !~ /^(NONE|NOASSERTION)$/) wrong("a relationship to " f[3] ", which is not there")
		if (f[1] == "SPDXRef-DOCUMENT" && f[2] == "DESCRIBES") described = 1
	}
	start = 0
	if (!described) wrong("nothing that SPDXRef-DOCUMENT DESCRIBES")                  # 11.1
	exit bad
}' "$1"

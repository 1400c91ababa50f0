#!/bin/bash
# SPDX-License-Identifier: MIT
# Compares the packages whose code is in the outputs with the newest ones that the configured suites
# offer, security updates included: this machine's apt sources and the guest's suite. Nothing of the
# system is changed, and no root is needed.
#
#   tools/supply/audit.sh [--inventory FILE] [--host-sources FILE] [--guest-sources FILE]
#
# The last two name files like apt's sources.list, to be read instead of the configured ones.
# Exit status: 0 nothing is older; 1 something is; 2 it could not be found out (no network).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
source tools/supply/lib.sh
source tools/supply/offers.sh

inventory=$supply/inventory host_sources='' guest_sources=''
while (($#)); do
	case $1 in
	--inventory) inventory=${2:-} ;;
	--host-sources) host_sources=$(<"${2:-}") || exit 2 ;;
	--guest-sources) guest_sources=$(<"${2:-}") || exit 2 ;;
	*)
		sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
		exit 2
		;;
	esac
	shift 2 || die "an option needs a file"
done
[[ -r $inventory ]] || die "there is no $inventory: make sbom"
mkdir -p "$supply"
# The suite that was built with, whatever COPRA_SUITE says now.
[[ $guest_sources ]] ||
	guest_sources=$(COPRA_SUITE=$(<build/guest/suite) tools/packages.sh sources) || exit 2

offers() { # ORIGIN SOURCES
	read_offers "$1" "$2" ||
		die "could not read what the suites offer ($1): see above and $supply/apt-$1/log.
Nothing was compared. This needs the network, or another mirror: COPRA_MIRROR, apt's sources."
	[[ $(suites_read "$1") == *-security* ]] ||
		say "note: no security archive among the sources of the $1's packages: $(suites_read "$1")"
}

# Package rows without outputs: origin kind package version role[,role...] carrier. Kinds: inside,
# tool, direct.
packages() {
	awk -F'\t' -v OFS='\t' '
	$3 != "part" {
		kind = $3 == "inside" || $3 == "tool" ? $3 : "direct"
		key = $4 OFS kind OFS $5 OFS $6
		if (!((key, $2) in seen)) roles[key] = roles[key] (roles[key] == "" ? "" : ",") $2
		seen[key, $2] = 1
		carrier[key] = kind == "inside" ? $11 : "-"
	}
	END { for (key in roles) print key, roles[key], carrier[key] }' "$inventory" | LC_ALL=C sort
}

# verdict KIND USED NEWEST ROLES: a word, and status 1 when the audit fails by it.
#   Debian builds a package anew when what is built into it changes, or not; nobody else can. That
#   fails for the image alone. A tool leaves no code in it.
verdict() {
	if [[ -z $3 && $1 == tool ]]; then
		echo "not offered (note)"
	elif [[ -z $3 ]]; then
		echo "NOT OFFERED"
		return 1
	elif dpkg --compare-versions "$2" ge "$3"; then
		echo current
	elif [[ $1 == direct || $1 == inside && ,$4, == *,image,* ]]; then
		echo OLD
		return 1
	else
		echo "old (note)"
	fi
}

audit_line() { # ORIGIN KIND PACKAGE USED ROLES CARRIER
	local newest='' offered=$3 label=$3 name=$3 word
	if [[ $2 == inside ]]; then
		label="$3 in $6" name=$6
		IFS=$'\t' read -r newest offered < <(newest_source "$1" "$3")
	else
		newest=$(newest "$1" "$3")
	fi
	word=$(verdict "$2" "$4" "$newest" "$5") || old+=("$1:$name")
	[[ $word != *note* ]] || notes=$((notes + 1))
	line "$label" "$4" "${newest:--}" "$(suite_of "$1" "$offered")" "$5" "$word"
	count=$((count + 1))
}

line() { printf '%-46s %-24s %-24s %-23s %-13s %s\n' "$@"; }

advise() {
	local name host=() guest=()
	for name in "${old[@]}"; do
		if [[ $name == host:* ]]; then host+=("${name#*:}"); else guest+=("${name#*:}"); fi
	done
	if ((${#host[@]})); then
		say "of this machine: ${host[*]}
  as root: apt-get update && apt-get install --only-upgrade ${host[*]}
  then: make clean && make audit"
	fi
	if ((${#guest[@]})); then
		say "of the guest's: ${guest[*]}
  COPRA_UPDATE=1 make deps && make audit
  Where the suite has nothing newer, name another one: COPRA_SUITE"
	fi
}

offers host "$host_sources"
offers guest "$guest_sources"
count=0 notes=0 old=()
line package used newest suite role verdict
while IFS=$'\t' read -r origin kind package used roles carrier; do
	audit_line "$origin" "$kind" "$package" "$used" "$roles" "$carrier"
done < <(packages)
((count > 0)) || die "$inventory names no package"
((notes == 0)) || say "notes: a build tool, or a part of another package that only Debian can renew"
if ((${#old[@]})); then
	say "$count packages compared, ${#old[@]} older than what is offered, or not offered any more"
	advise
	exit 1
fi
say "$count packages compared, none older than what is offered"

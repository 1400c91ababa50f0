#!/bin/bash
# SPDX-License-Identifier: MIT
# Finds out what is in each output of the build, compares that with tools/supply/parts, and writes
# the inventory:  tools/supply/inventory.sh
# Exit status 1 when the table and the build differ, 2 when it could not be found out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tools/supply/lib.sh
source tools/supply/host.sh
source tools/supply/guest.sh
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
bad=0
complain() { printf 'copra: error: %s\n' "$*" >&2; bad=1; }

make_() { make -s ${OVMF:+OVMF="$OVMF"} "$@"; }

# What make makes each output of: other outputs but tools, "/path" for a file from elsewhere, "via
# FILE" for what is made on the way, "partial FILE" for objects of objects. Reads make's rules.
walk_rules() {
	awk -v B=build/ -v table="$supply/parts" '
	# Made of one output alone: without its symbols, or in another format.
	function copied(file,   words) {
		return split(rule[file], words, " ") == 1 && (substr(words[1], length(B) + 1) in role)
	}
	function walk(output, file, n, words, i, p) {
		n = split(rule[file], words, " ")
		for (i = 1; i <= n; i++) {
			p = words[i]
			if (seen[output, p]++) continue
			if (index(p, B) == 1 && (substr(p, length(B) + 1) in role)) {
				if (role[substr(p, length(B) + 1)] != "tool") print output, substr(p, length(B) + 1)
			} else if (p in rule) {
				if (index(p, B) == 1 && p !~ /\.o$/ && !copied(p)) print output, "via", p
				else if (rule[p] ~ /\.o( |$)/) print output, "partial", p
				walk(output, p)
			} else if (p ~ /^\//) print output, p
		}
	}
	BEGIN { while ((getline line < table) > 0) {
		split(line, f, " ")
		role[f[1]] = f[2]
	} }
	/^# Files/ { files = 1 }
	files && /^[^#\t .][^:=]*:( |$)/ {
		target = $1; sub(/:$/, "", target); sub(/^[^:]*: */, ""); sub(/\|.*/, "")
		rule[target] = rule[target] " " $0
	}
	END { for (output in role) walk(output, B output) }'
}

# add_lines FILE...: those without a line get one by which no package's code may be in them.
add_lines() {
	local file
	for file; do
		awk -v o="${file#build/}" '$1 == o { found = 1 } END { exit !found }' "$supply/parts" ||
			echo "${file#build/} test own" >>"$supply/parts"
	done
}

# The reviewed table, all outputs, and the programs that are linked on the way there.
effective_table() {
	local programs before
	sed -E 's/#.*//; /^[[:space:]]*$/d' "$table" >"$supply/parts"
	# shellcheck disable=SC2046 # names of files without blanks
	add_lines $(make_ outputs)
	while :; do
		before=$(wc -l <"$supply/parts")
		walk_rules <"$supply/make" >"$supply/rules"
		mapfile -t programs < <(awk '$2 == "via" { print $3 }' "$supply/rules" | sort -u |
			while read -r file; do if [[ -f $file ]] && is_linked_elf "$file"; then echo "$file"; fi; done)
		add_lines "${programs[@]}"
		(($(wc -l <"$supply/parts") > before)) || break
	done
}

part_rows() { # OUTPUT ROLE
	local what file
	while read -r what file; do
		case $what in
		via) ;;
		partial) [[ -f $file.map ]] || complain "$1 has $file in it, which is linked without \$(LINK_MAP)" ;;
		/*) complain "$1 is made of $what, which is no file of this repository and of no package" ;;
		*) row "$1" "$2" part - "$what" - - - - - - ;;
		esac
	done < <(awk -v o="$1" '$1 == o { print $2, $3 }' "$supply/rules")
}

# What is in the image is of the image: the audit looks at it more strictly.
compare_roles() {
	local image part
	while read -r image part; do
		complain "$part is in $image: its role in $table has to be image"
	done < <(awk -F'\t' 'NR == FNR { if ($3 == "part" && $2 == "image") part[$5] = $1; next }
		$1 in part && $2 != "image" && !seen[$1]++ { print part[$1], $1 }' \
		"$supply/inventory.new" <(table_lines | tr -s ' ' '\t'))
}

# All rows of one output.
output_rows() { # OUTPUT ROLE
	local file=build/$1 deb
	[[ -f $file ]] || { complain "$table has $1, but there is no $file"; return; }
	part_rows "$@"
	if [[ -f $file.map ]]; then
		linked_rows "$@"
	elif [[ -f $file.sources ]]; then
		module_rows "$@"
	elif deb=$(guest_deb "$file"); then
		guest_row "$@" "$deb" "${file##*/}"
	elif [[ $file == *.cpio ]]; then
		archive_rows "$@"
	elif is_linked_elf "$file"; then
		complain "$1 has no link map: its rule needs \$(LINK_MAP), see the Makefile"
	fi
}

# compare OUTPUT PART...: what was found against what the table says.
compare() {
	local output=$1 found declared known
	shift
	mapfile -t found < <(awk -F'\t' -v o="$output" '$1 == o && $3 != "inside" {
		print ($3 == "part" ? "" : $4 ":") $5 }' "$supply/inventory.new" | sort -u)
	for known in "${found[@]}"; do
		for declared; do
			[[ $declared == own && $known != *:* ]] && continue 2
			# shellcheck disable=SC2053 # a pattern
			[[ $known == $declared ]] && continue 2
		done
		complain "$output has $known in it, which its line in $table does not name"
	done
	for declared; do
		[[ $declared == own || $declared == none && ${#found[@]} == 0 ]] && continue
		for known in "${found[@]}"; do
			# shellcheck disable=SC2053
			[[ $known == $declared ]] && continue 2
		done
		complain "$table says that $output has $declared in it, which the build does not show"
	done
}

mkdir -p "$supply"
# Status 1 is that something is to be made.
make_ -pq all >"$supply/make" 2>&1 || (($? == 1)) || die "make does not work: $(tail -3 "$supply/make")"
effective_table
host_index
guest_index
: >"$supply/inventory.new"
while read -r output role _; do
	output_rows "$output" "$role" >>"$supply/inventory.new"
done < <(table_lines)
while read -r output role parts; do
	read -r -a parts <<<"$parts"
	compare "$output" "${parts[@]}"
done < <(table_lines)
compare_roles
tool_rows >>"$supply/inventory.new"
((bad == 0)) || exit 1
LC_ALL=C sort -u "$supply/inventory.new" >"$supply/inventory"
rm -f "$supply/inventory.new"

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Which of this machine's packages a program was linked from: the link map names the files, dpkg
# whose they are.
source tools/supply/lib.sh

# maps OUTPUT: its link map, and those of the objects that were linked before.
maps() {
	echo "build/$1.map"
	awk -v o="$1" '$1 == o && $2 == "partial" { print $3 ".map" }' "$supply/rules"
}

# Of the maps that stdin names: archives of which a member was taken, and objects, that are not of
# this build.
map_files() {
	xargs cat | awk '
	/^Archive member included/ { members = 1; blank = 0; next }
	members && /^$/ && blank++ { members = 0 }
	members && match($0, /^[^ (]+\.a\(/) { print substr($0, 1, RLENGTH - 1) }
	$1 == "LOAD" && $2 ~ /\.o$/ { print $2 }
	' | sed "\\|^build/|d" | LC_ALL=C sort -u
}

# Every file that the outputs have of this machine, and the programs that made them.
host_files() {
	local output
	while read -r output _; do
		if [[ -f build/$output.map ]]; then
			maps "$output" | map_files
			dynamic_files "build/$output"
		fi
	done < <(table_lines)
	tool_files
}

# Writes the index: file, and the installed package that has it, with its architecture where dpkg
# wants it. dpkg may know a file with /usr or without. One question for all: each takes long.
host_index() {
	local file path
	host_files | sort -u | while read -r file; do
		path=$(realpath -e "$file") || continue
		row "$file" "$path" "${path#/usr}" "/usr$path"
	done >"$supply/host-files"
	# It complains of names that are nobody's: of three, two are.
	cut -f2- "$supply/host-files" | tr '\t' '\n' | xargs -r dpkg-query -S 2>/dev/null |
		awk -F': ' -v OFS='\t' -v files="$supply/host-files" '
		!/^diversion / { sub(/,.*/, "", $1); package[$2] = $1 }
		END { FS = "\t"; while ((getline < files) > 0)
			for (i = 2; i <= 4; i++) if ($i in package) { print $1, package[$i]; break } }' \
		>"$supply/host-index" || true
}

# owner FILE: the package of an indexed file.
owner() {
	awk -F'\t' -v f="$1" '$1 == f { print $2; found = 1; exit } END { exit !found }' "$supply/host-index"
}

declare -A INSTALLED=() # by file of a package: when it came, seconds

# Stops when the file is not what its package brought.
check_installed() { # FILE PACKAGE
	local path sum wanted
	[[ ${INSTALLED[$1]:-} ]] && return
	path=$(realpath -e "$1")
	sum=$(md5sum <"$path" | cut -d' ' -f1)
	wanted=$(dpkg-query --control-show "$2" md5sums 2>/dev/null |
		awk -v p="${path#/}" -v q="${path#/usr/}" '$2 == p || $2 == q { print $1; exit }')
	[[ -z $wanted || $wanted == "$sum" ]] ||
		die "$path is not as package $2 has it; reinstall that package, and build again"
	INSTALLED[$1]=$(stat -c %Z "$path")
}

# Or came after the link.
check_host_file() { # FILE PACKAGE MAP
	check_installed "$1" "$2"
	((INSTALLED[$1] <= $(stat -c %Y "$3"))) ||
		die "package $2 was installed after ${3%.map} was linked: make clean, then make again"
}

# host_row OUTPUT ROLE KIND PACKAGE DETAIL
host_row() {
	local fields
	# shellcheck disable=SC2016 # dpkg's own variables
	IFS=$'\t' read -r -a fields < <(dpkg-query -W -f \
		'${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n' "$4")
	row "$1" "$2" "$3" host "${fields[@]}" - "$5"
	# shellcheck disable=SC2016
	inside_rows "$1" "$2" host "${fields[0]}" \
		"$(dpkg-query -W -f '${Built-Using}, ${Static-Built-Using}' "$4")"
}

# inside_rows OUTPUT ROLE ORIGIN CARRIER "source (= version), ...": what Debian says that it built in.
inside_rows() {
	local source version
	while read -r source version; do
		row "$1" "$2" inside "$3" "$source" "$version" source "$source" "$version" - "$4"
	done < <(tr ',' '\n' <<<"$5" | sed -nE 's/^ *([a-z0-9][^ ]*) \(= ([^)]*)\).*/\1 \2/p' | sort -u)
}

# linked_rows OUTPUT ROLE: statically from the map, dynamically as the loader would do it.
linked_rows() {
	local file package
	declare -A files=()
	while read -r file; do
		package=$(owner "$file") || die "$1 was linked with $file, which is of no package"
		check_host_file "$file" "$package" "build/$1.map"
		files[$package]+="${file##*/} SHA-256 $(sha256sum <"$file" | cut -d' ' -f1); "
	done < <(maps "$1" | map_files)
	for package in "${!files[@]}"; do
		host_row "$1" "$2" static "$package" "${files[$package]%; }"
	done
	while read -r file; do
		package=$(owner "$file") || die "$1 loads $file, which is of no package"
		host_row "$1" "$2" dynamic "$package" "${file##*/}"
	done < <(dynamic_files "build/$1")
}

# Only those for the build machine name libraries. The loader itself is the C library's.
dynamic_files() {
	if readelf -d "$1" 2>/dev/null | grep -q '(NEEDED)'; then
		ldd "$1" | awk '$2 == "=>" { print $3 == "not" ? $1 : $3 }'
	fi
}

# The programs that make the outputs.
tool_files() {
	local program
	for program in "${CC:-gcc}" "$("${CC:-gcc}" -print-prog-name=cc1 2>/dev/null)" as "${LD:-ld}" \
		"${OBJCOPY:-objcopy}" make bash cpio xz sed awk; do
		command -v "${program%% *}" || true
	done
}

tool_rows() {
	local path package
	for path in $(tool_files); do
		package=$(owner "$path") || continue
		host_row - build tool "$package" "${path##*/}"
	done | awk -F'\t' '$3 == "tool" && !seen[$5]++'
}

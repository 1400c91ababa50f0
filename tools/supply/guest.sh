# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Which of the guest's packages a file is from: by its content, since that is what ends up in an
# output, not by where it lies.

source tools/supply/lib.sh
guest_suite=$(cat build/guest/suite 2>/dev/null || echo testing)
guest_pkg=build/pkg/$guest_suite
declare -A OWN=() # by SHA-256: outputs and sources

# Writes the index: MD5, package file, path; for every file of every fetched package. What there is of the
# same package files stays.
guest_index() {
	local deb debs
	compgen -G "$guest_pkg/debs/*.deb" >/dev/null ||
		die "the guest's packages are not in $guest_pkg: make deps"
	debs=$(stat -c '%n %s %y' "$guest_pkg"/debs/*.deb)
	[[ -f $supply/guest-index && $(cat "$supply/guest-debs" 2>/dev/null) == "$debs" ]] && return
	for deb in "$guest_pkg"/debs/*.deb; do
		dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./md5sums 2>/dev/null |
			awk -v OFS='\t' -v deb="$deb" '{ sum = $1; sub(/^[^ ]+ +/, ""); print sum, deb, $0 }'
	done >"$supply/guest-index"
	echo "$debs" >"$supply/guest-debs"
}

# guest_deb FILE: the package file that brought this content.
guest_deb() {
	awk -F'\t' -v sum="$(md5sum <"$1" | cut -d' ' -f1)" '$1 == sum { print $2; found = 1; exit }
		END { exit !found }' "$supply/guest-index"
}

# guest_row OUTPUT ROLE DEB DETAIL
guest_row() {
	local name version arch source source_version
	name=$(dpkg-deb -f "$3" Package)
	version=$(dpkg-deb -f "$3" Version)
	arch=$(dpkg-deb -f "$3" Architecture)
	# "name (version)" when they differ from the package's own.
	read -r source source_version < <(dpkg-deb -f "$3" Source | tr -d '()')
	row "$1" "$2" file guest "$name" "$version" "$arch" "${source:-$name}" \
		"${source_version:-$version}" "$(sha256sum <"$3" | cut -d' ' -f1)" "$4"
	inside_rows "$1" "$2" guest "$name" \
		"$(dpkg-deb -f "$3" Built-Using), $(dpkg-deb -f "$3" Static-Built-Using)"
}

# module_deb FILE.ko: unpacked from the package's compressed one.
module_deb() {
	local packed deb
	packed=$(find "$guest_pkg/root" -name "${1##*/}*" | head -1)
	[[ $packed ]] || return 1
	deb=$(guest_deb "$packed") || return 1
	case $packed in
	*.xz) xz -dc "$packed" ;;
	*.zst) zstd -qdc "$packed" ;;
	*.gz) gzip -dc "$packed" ;;
	*) cat "$packed" ;;
	esac | cmp -s - "$1" && echo "$deb"
}

# module_rows OUTPUT ROLE: a module of ours has code of the kernel's headers and of its build system in
# it. The build wrote down of which files.
module_rows() {
	local deb count sums
	sums=$(realpath "$supply/guest-index")
	while IFS=$'\t' read -r deb count; do
		[[ $deb != - ]] || die "$1 is made of $count files that are of none of the guest's packages"
		guest_row "$1" "$2" "$deb" "$count files" | awk -F'\t' -v OFS='\t' '$3 == "file" { $3 = "static" } 1'
	done < <(cd "$guest_pkg/root" && xargs md5sum <"$OLDPWD/build/$1.sources" | awk -v OFS='\t' \
		-v sums="$sums" '
		BEGIN { FS = "\t"; while ((getline < sums) > 0) deb[$1] = $2; FS = " " }
		{ count[$1 in deb ? deb[$1] : "-"]++ }
		END { for (name in count) print name, count[name] }')
}

# archive_rows OUTPUT ROLE: every program, module and script in an initrd has to be from somewhere.
archive_rows() {
	local root file deb
	root=$(mktemp -d "$supply/cpio.XXXXXX")
	cpio -idm --quiet --no-absolute-filenames -D "$root" <"build/$1" || die "cannot unpack build/$1"
	declare -A files=()
	while IFS= read -r file; do
		if is_own_file "$file"; then
			continue
		elif [[ $file == *.ko ]]; then
			deb=$(module_deb "$file") || die "$1: ${file#"$root"} is no module of the kernel's package"
		elif ! deb=$(guest_deb "$file"); then
			die "$1: ${file#"$root"} is of no package, of no output and not of this repository"
		fi
		files[$deb]+="${file##*/} "
	done < <(code_files "$root")
	rm -rf "$root"
	for deb in "${!files[@]}"; do
		guest_row "$1" "$2" "$deb" "${files[$deb]% }"
	done
}

code_files() { # FOLDER
	local file
	find "$1" -type f | LC_ALL=C sort | while IFS= read -r file; do
		if is_code "$file"; then echo "$file"; fi
	done
}

is_code() { is_elf "$1" || [[ $(head -c 2 "$1" | tr -d '\0') == '#!' ]]; }

# Another output (make tells that it is used), or one of the sources.
is_own_file() {
	local sum path
	if ((${#OWN[@]} == 0)); then
		while read -r sum path; do OWN[$sum]=$path; done < <(
			{ table_lines | awk '{ print "build/" $1 }' && printf '%s\n' guest/*; } |
				while IFS= read -r path; do [[ ! -f $path ]] || echo "$path"; done | xargs sha256sum)
	fi
	sum=$(sha256sum <"$1")
	[[ ${OWN[${sum%% *}]:-} ]]
}

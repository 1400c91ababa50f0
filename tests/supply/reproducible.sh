#!/bin/bash
# SPDX-License-Identifier: MIT
# Two builds of this tree give the same files, whatever the folder, the locale, the time zone, the
# umask, the file times and the number of jobs are. Every file of `make all` is compared.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
one=$scratch/a two=$scratch/another/folder/with/a-much-longer-name
number=0 failed=0

# copy_tree TO: the sources, and the guest's packages as they were fetched.
copy_tree() {
	local file
	mkdir -p "$1/build/guest"
	git ls-files -co --exclude-standard -z | while IFS= read -r -d '' file; do
		[[ ! -f $file ]] || printf '%s\0' "$file"
	done | tar --null -T - -cf - | tar -xmf - -C "$1"
	ln -s "$PWD/build/pkg" "$1/build/pkg"
	for file in OVMF.fd vmlinuz busybox efi.stub modules root kernel-release suite versions; do
		cp -P "build/guest/$file" "$1/build/guest/" || exit 2
	done
}

# build FOLDER JOBS UMASK NAME=VALUE...: nothing else of the environment but what finds programs.
build() (
	cd "$1" && umask "$3" || exit 2
	env -i PATH="$PATH" HOME="$1" "${@:4}" make -s -j"$2" all igvm >make.out 2>make.err
)

result() { # STATUS TEXT
	number=$((number + 1))
	if (($1 == 0)); then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

# Where two files differ; for ELF files, in which sections.
show_difference() { # FILE
	cmp "$one/$1" "$two/$1"
	cmp -l "$one/$1" "$two/$1" 2>/dev/null | wc -l | sed 's/$/ bytes differ/'
	diff <(sections "$one/$1") <(sections "$two/$1")
	diff <(strings -n 8 "$one/$1") <(strings -n 8 "$two/$1") | head -20
}

sections() { # FILE
	local name
	readelf -SW "$1" 2>/dev/null | sed -nE 's/^ *\[ *[0-9]+\] (\.[^ ]+).*/\1/p' | while read -r name; do
		echo "section $name $(readelf -x "$name" "$1" 2>/dev/null | sha256sum)"
	done
}

compare() { # FILE
	local sums
	mapfile -t sums < <(cd "$one" && sha256sum "$1"; cd "$two" && sha256sum "$1")
	test "${#sums[@]}" = 2 -a "${sums[0]}" = "${sums[1]:-}"
	result $? "the same ${sums[0]:-$1}"
	[[ ${sums[0]:-} == "${sums[1]:-}" ]] || show_difference "$1" 2>&1 | sed 's/^/# /'
}

copy_tree "$one"
copy_tree "$two"
find "$two" -not -path '*/build/*' -type f -exec touch -d 2001-02-03 {} +
build "$one" 1 022 LC_ALL=C TZ=UTC &
build "$two" 2 077 LC_ALL=C.UTF-8 TZ=JST-9 SOURCE_DATE_EPOCH=1
second=$?
wait $!
result $? "builds"
result $second "builds in a longer path, in another locale, time zone and umask, in parallel"
((failed)) && sed 's/^/# /' "$one/make.err" "$two/make.err"

for file in $(make -s outputs) build/kernel.elf build/machine.elf build/guest/agent; do
	echo "$file"
done | sort -u >"$scratch/files"
while read -r file; do
	compare "$file"
done <"$scratch/files"

grep -q '^launch_digest' "$one/make.out" && cmp -s "$one/make.out" "$two/make.out"
result $? "make igvm prints the same: $(grep -m1 '^launch_digest' "$one/make.out")"
echo "1..$number"
exit "$failed"

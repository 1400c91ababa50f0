#!/bin/bash
# Which lines of kernel, lib and tools the tests run:  make coverage
# Leaves build/coverage/table.txt, which is also printed, and build/coverage/html/index.html.
set -euo pipefail
cd "$(dirname "$0")/../.."
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
export COPRA_NO_BUILD=1
out=build/coverage
host=$out/host # programs of the build machine, built with counters
boots=$out/boots

say() { printf 'coverage: %s\n' "$*" >&2; }
die() {
	say "$@"
	exit 1
}

WITH_COVERAGE=1 tools/packages.sh host
say "building"
make -s -j"$(nproc)" coverage-build all
make -s -j"$(nproc)" B=$host UNIT_SANITIZE=--coverage unit-build
rm -rf "$boots" "$out"/*.info "$out/html" "$out/merged"
find $host $out/kernel-obj -name '*.gcda' -delete 2>/dev/null || true

# boot NAME CPUS IMAGE END [ARGUMENT...]: a run of tests/list, with an image that counts.
boot() {
	local name=$1 cpus=$2 image=$3 end=$4
	shift 4
	say "boot: $name"
	TEST_CPUS=$cpus TEST_SECONDS=300 TEST_DIR=$boots/$name tests/boot.sh "$image" "$end" "$@" \
		>"$boots/$name.tap" 2>&1 || {
		tail -n 20 "$boots/$name.tap" >&2
		die "the boot $name failed: $boots/$name.tap"
	}
	gcda_extract "$boots/$name/svsm.log" "$boots/$name/gcda"
}

# gcda_extract LOG FOLDER: the files that tests/coverage/dump.c wrote to the console. A later file of
# the same name has counted on.
gcda_extract() {
	local log=$1 to=$2 hex
	mkdir -p "$to"
	tr -d '\r' <"$log" | sed -E 's/^\[ *[0-9]+\.[0-9]+\] //' | awk -v to="$to" '
		$1 == "gcda-file" {
			name = $2
			sub(/.*\/kernel-obj\//, "", name)
			gsub(/\//, "#", name)
			name = to "/" name ".hex"
			printf "" >name
		}
		$1 == "gcda" { print $2 >>name }
		$1 == "gcda-end" { close(name) }'
	for hex in "$to"/*.hex; do
		[[ -e $hex ]] || die "$log holds no counters"
		tr -d '\n' <"$hex" | basenc --base16 -d >"${hex%.hex}" || die "$hex is damaged"
		rm "$hex"
	done
}

# All boots together, beside the compiler's own files.
gcda_merge() {
	local merged=$out/merged folder name
	for folder in "$boots"/*/gcda; do
		if [[ ! -e $merged ]]; then
			cp -r "$folder" "$merged"
			continue
		fi
		gcov-tool merge -o "$merged.new" "$merged" "$folder" >/dev/null
		rm -rf "$merged"
		mv "$merged.new" "$merged"
	done
	for name in "$merged"/*.gcda; do
		folder=${name##*/}
		cp "$name" "$out/kernel-obj/${folder//#//}"
	done
}

# capture NAME FOLDER: what gcov says of it, without what is not ours.
capture() {
	lcov -q --capture --directory "$2" --output-file "$out/$1.all.info" 2> >(grep -v "^Subroutine" >&2)
	lcov -q --extract "$out/$1.all.info" "$PWD/kernel/*" "$PWD/lib/*" "$PWD/tools/*" \
		--output-file "$out/$1.info"
}

mkdir -p "$boots"
say "unit tests"
make -s B=$host UNIT_SANITIZE=--coverage unit >"$out/unit.tap" 2>&1 ||
	die "the unit tests failed: $out/unit.tap"
for cpus in 1 4; do
	boot suite-snp-$cpus $cpus $out/svsm-test.igvm passed
	boot suite-native-$cpus $cpus $out/svsm-test.elf passed
	boot calls-$cpus $cpus $out/test-guest.igvm passed
done
for end in assert trap stack-overflow terminate; do
	boot end-$end 1 $out/svsm-test.igvm passed case=ends.$end
done
gcda_merge
say "report"
capture host $host
capture svsm $out/kernel-obj
lcov -q -a "$out/host.info" -a "$out/svsm.info" --output-file "$out/all.info"
genhtml -q --prefix "$PWD" --title Copra --output-directory "$out/html" "$out/all.info"
tests/coverage/table.sh "$out" | tee "$out/table.txt"
say "$out/table.txt, $out/html/index.html"

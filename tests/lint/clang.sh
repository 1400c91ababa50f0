#!/bin/bash
# Everything with the other compiler, in a folder of its own:  tests/lint/clang.sh COMMAND...
# What is not built yet is built first; the command finds the folder in COPRA_BUILD.
set -euo pipefail
cd "$(dirname "$0")/../.."
export COPRA_BUILD=build/clang
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
mkdir -p $COPRA_BUILD
flock $COPRA_BUILD/.lock make -s -j2 CC=clang B=$COPRA_BUILD all unit-build 2>&1
for output in kernel.elf machine.rom; do
	grep -qF 'clang version' <(readelf -p .debug_str ${COPRA_BUILD}/${output/.rom/.elf}) ||
		{ echo "$COPRA_BUILD/$output: not by clang"; exit 1; }
done
exec "$@"

#!/bin/bash
# Each header stands alone, with both compilers, but those of Linux's kernel; and clang takes the whole of kernel and machine.
# What was right is not looked at again until it, a header of its, the flags or a compiler change:
# build/lint/headers/ keeps that.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/lint/headers
mapfile -t headers < <(git ls-files '*.h' | grep -vE '^(tests/unit|guest/tpm_svsm|guest/svsm_reboot)/')
mapfile -t sources < <(git ls-files 'kernel/**.c' 'machine/*.c' 'lib/*.c')
((${#headers[@]} && ${#sources[@]})) || { echo "no headers or no sources"; exit 1; }
mkdir -p $out
sum=$({ cat "$0" tests/lint/headers.mk && gcc -v && clang -v; } 2>&1 | sha256sum)
[[ -e $out/sum && $(<$out/sum) == "$sum" ]] || rm -rf "${out:?}"/*
echo "$sum" >$out/sum
exec make -s -k --output-sync=target -f tests/lint/headers.mk HEADERS="${headers[*]}" SOURCES="${sources[*]}"

#!/bin/bash
# SPDX-License-Identifier: MIT
# The machine's gcc as the compiler of a module for the guest's kernel, which another gcc built:
# -f options that this one does not know are left out. They align functions, zero padding and the
# like; what changes how code calls code (-m...) has to be known.
#   KERNEL_CC=gcc  the compiler
set -uo pipefail
cc=${KERNEL_CC:-gcc}
known=() options=()
for word; do
	[[ $word != -f* ]] || options+=("$word")
done
unknown=$(LC_ALL=C $cc "${options[@]}" -x c -S -o /dev/null /dev/null 2>&1 |
	sed -nE "s/.*unrecognized command-line option '(-f[^']*)'.*/\1/p")
for word; do
	[[ $'\n'$unknown$'\n' == *$'\n'$word$'\n'* ]] || known+=("$word")
done
exec $cc "${known[@]}"

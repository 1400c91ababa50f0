# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the scripts of tools/supply share. SUPPLY_DIR is another place for what they write.
#
# The inventory, build/supply/inventory, has tab-separated columns:
#   output role kind origin package version architecture source source-version sha256 detail
#   kind    static, dynamic: linked; file: copied from the package; part: another output;
#           inside: a source package that is built into a package (Built-Using); tool: builds
#   origin  host: a package of this machine; guest: one of those that tools/packages.sh fetched
#   sha256  of the package's file, where it is there; detail: the files, or who carries the source
# shellcheck disable=SC2034 # for those who source this
supply=${SUPPLY_DIR:-build/supply}
table=${SUPPLY_PARTS:-tools/supply/parts}

say() { printf 'copra: %s\n' "$*" >&2; }
die() { printf 'copra: error: %s\n' "$*" >&2; exit 2; }

# The table's lines without comments, and those that inventory.sh adds for outputs without a line.
table_lines() { cat "$supply/parts"; }

row() { local IFS=$'\t'; printf '%s\n' "$*"; }

is_elf() { [[ $(head -c 4 "$1" | od -An -tx1) == ' 7f 45 4c 46' ]]; }

# A program or library, not an object file: ET_EXEC or ET_DYN in the ELF header.
is_linked_elf() { is_elf "$1" && [[ $(od -An -tu1 -j16 -N1 "$1") =~ [23] ]]; }

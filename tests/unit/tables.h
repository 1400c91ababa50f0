// SPDX-License-Identifier: MIT
// The page tables that are made for the sample kernel (kernel_sample.h), as abi/boot.h promises
// them.
#ifndef TESTS_UNIT_TABLES_H
#define TESTS_UNIT_TABLES_H

#include "abi/boot.h"
#include "tests/unit/unit.h"

#define LEAF_RX 0x21ull
#define LEAF_R	(0x21ull | BIT(63))
#define LEAF_RW (0x63ull | BIT(63))

// The eight bytes of guest memory there
typedef uint64_t (*tables_read)(void *memory, uint64_t gpa);

// The leaf entry for an address, as a processor finds it; 0: not mapped. Tables must lie in their
// range.
uint64_t tables_walk(const struct boot_info *info, uint64_t va, tables_read read, void *memory);

// Entries that are present, of all tables
uint64_t tables_count_present(const struct boot_info *info, tables_read read, void *memory);

// What the leaf entry of an address in the kernel's region has to be
uint64_t tables_expected_leaf(const struct boot_info *info, uint64_t va);

#endif

// SPDX-License-Identifier: MIT
#include "tests/unit/tables.h"

#define PRESENT	 0x1ull
#define ACCESSED 0x20ull

uint64_t tables_walk(const struct boot_info *info, uint64_t va, tables_read read, void *memory)
{
	uint64_t table = info->page_root_gpa;
	uint64_t entry = 0;

	for (int shift = 39; shift >= 12; shift -= 9) {
		assert_true(table >= info->tables_gpa && table < info->tables_end_gpa);
		entry = read(memory, table + (va >> shift) % 512 * 8);
		if ((entry & PRESENT) == 0) {
			assert_int_equal(entry, 0);
			return 0;
		}
		assert_int_equal(entry & ACCESSED, ACCESSED);
		table = entry & 0x000ffffffffff000;
	}
	return entry;
}

uint64_t tables_count_present(const struct boot_info *info, tables_read read, void *memory)
{
	uint64_t count = 0;

	for (uint64_t gpa = info->tables_gpa; gpa < info->tables_end_gpa; gpa += 8)
		count += read(memory, gpa) & PRESENT;
	return count;
}

uint64_t tables_expected_leaf(const struct boot_info *info, uint64_t va)
{
	uint64_t gpa = va - KERNEL_VA + KERNEL_GPA;

	if (va < KERNEL_VA + 0x2000)
		return LEAF_RX | gpa;
	if (va < KERNEL_VA + 0x3000)
		return LEAF_R | gpa;
	if (va < KERNEL_VA + 0x4000 || va == info->stack_guard_va)
		return 0;
	if (va < KERNEL_VA + 0x7000 || gpa == info->cpuid_gpa || gpa == info->secrets_gpa ||
		va > info->stack_guard_va)
		return LEAF_RW | gpa;
	return LEAF_R | gpa;
}

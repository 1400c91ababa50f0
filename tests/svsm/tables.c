// SPDX-License-Identifier: MIT
#include "tests/svsm/tables.h"

#include "kernel/bootinfo.h"
#include "kernel/pagetable.h"
#include "kernel/percpu.h"

// Ends with the tables' fourth level.
// NOLINTNEXTLINE(misc-no-recursion)
static bool walk(const uint64_t *table, unsigned int shift, uint64_t base, entry_check check)
{
	for (uint64_t i = 0; i < 512; i++) {
		uint64_t entry = table[i];
		uint64_t va = base + (i << shift);
		bool leaf = shift == PAGE_SHIFT || (entry & PTE_PS) != 0;

		if ((entry & PTE_P) == 0)
			continue;
		if (shift == 39 && i >= 256)
			va |= 0xffffull << 48;
		if (!check(va, entry, leaf))
			return false;
		if (!leaf && !walk(bootinfo_ptr(entry & PTE_ADDR_MASK & ~pagetable_cbit()),
				     shift - 9, va, check))
			return false;
	}
	return true;
}

void tables_walk(entry_check check)
{
	ignore_result(walk(kernel_ptr(this_cpu()->root), 39, 0, check));
}

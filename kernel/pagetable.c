// SPDX-License-Identifier: MIT
#include "kernel/pagetable.h"

#include "kernel/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/section.h"

extern uint8_t ro_after_init_start[];
extern uint8_t ro_after_init_end[];

static uint64_t cbit RO_AFTER_INIT;

void pagetable_init(uint64_t mask)
{
	cbit = mask;
}

uint64_t pagetable_cbit(void)
{
	return cbit;
}

uint64_t pagetable_address_end(void)
{
	return cbit != 0 ? cbit : PTE_ADDR_MASK + PAGE_SIZE;
}

uint64_t pagetable_entry(gpa_t page, uint64_t flags)
{
	return gpa_value(page) | cbit | flags;
}

uint64_t pagetable_entry_shared(gpa_t page)
{
	return gpa_value(page) | PTE_DATA;
}

uint64_t pagetable_entry_device(gpa_t page)
{
	return gpa_value(page) | PTE_DATA | PTE_PCD | PTE_PWT;
}

static uint64_t *table_of(uint64_t entry)
{
	return bootinfo_ptr(entry & PTE_ADDR_MASK & ~cbit);
}

uint64_t *pagetable_find(uint64_t va)
{
	uint64_t *table = bootinfo_ptr(bootinfo()->page_root_gpa);

	for (unsigned int shift = 39; shift > 12; shift -= 9) {
		uint64_t entry = table[va >> shift & 511];

		if ((entry & PTE_P) == 0 || (entry & PTE_PS) != 0)
			return NULL;
		table = table_of(entry);
	}
	return &table[va >> 12 & 511];
}

static void pagetable_change(uint64_t va, uint64_t keep)
{
	uint64_t *entry = pagetable_find(va);

	KERNEL_ASSERT(entry != NULL);
	*entry &= keep;
	cpu_invlpg(va);
}

void pagetable_unmap(void *page)
{
	pagetable_change((uint64_t)page, 0);
}

void pagetable_seal(void)
{
	for (uint8_t *p = ro_after_init_start; p < ro_after_init_end; p += PAGE_SIZE)
		pagetable_change((uint64_t)p, ~(uint64_t)PTE_W);
}

uint64_t pagetable_translate(uint64_t va, gpa_t *gpa)
{
	const uint64_t *table = kernel_ptr(this_cpu()->root);

	for (unsigned int shift = 39;; shift -= 9) {
		uint64_t entry = table[va >> shift & 511];

		if ((entry & PTE_P) == 0)
			return 0;
		if (shift == PAGE_SHIFT || (entry & PTE_PS) != 0) {
			uint64_t in_page = MASK(shift);

			*gpa = gpa_make(
				(entry & PTE_ADDR_MASK & ~cbit & ~in_page) | (va & in_page));
			return entry;
		}
		table = table_of(entry);
	}
}

// SPDX-License-Identifier: MIT
#include "kernel/tempmap.h"

#include "kernel/cpu.h"
#include "kernel/pagetable.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"

static uint64_t slot_va(enum temp_slot slot)
{
	return TEMP_VA + (uint64_t)slot * PAGE_SIZE;
}

static vaddr_t slot_fill(enum temp_slot slot, uint64_t value)
{
	uint64_t *entry = &this_cpu()->pt[TEMP_PAGE + slot];

	KERNEL_ASSERT(*entry == 0);
	*entry = value;
	return vaddr_make(slot_va(slot));
}

vaddr_t tempmap_page(enum temp_slot slot, gpa_t page)
{
	KERNEL_ASSERT(gpa_is_aligned(page, PAGE_SIZE));
	return slot_fill(slot, pagetable_entry(page, PTE_DATA));
}

vaddr_t tempmap_device(gpa_t page)
{
	KERNEL_ASSERT(gpa_is_aligned(page, PAGE_SIZE));
	return slot_fill(TEMP_DEVICE, pagetable_entry_device(page));
}

void tempmap_unmap(enum temp_slot slot)
{
	this_cpu()->pt[TEMP_PAGE + slot] = 0;
	cpu_invlpg(slot_va(slot));
}

vaddr_t tempmap_huge(gpa_t page)
{
	uint64_t *entry = &this_cpu()->pd[1];

	KERNEL_ASSERT(*entry == 0 && gpa_is_aligned(page, HUGE_PAGE_SIZE));
	*entry = pagetable_entry(page, PTE_DATA | PTE_PS);
	return vaddr_make(TEMP_HUGE_VA);
}

void tempmap_unmap_huge(void)
{
	this_cpu()->pd[1] = 0;
	cpu_invlpg(TEMP_HUGE_VA);
}

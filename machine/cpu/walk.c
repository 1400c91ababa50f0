// SPDX-License-Identifier: MIT
// The guest's linear addresses, translated as its processor would. Source: APM volume 2 chapter 5;
// that page-table accesses are always private: section 15.34.5.
#include "hw/x86.h"
#include "lib/string.h"
#include "machine/cpu/processor.h"
#include "machine/host/npt.h"

// Memory behind a guest-physical address in one of the two views; NULL where the view has none.
static void *view_ptr(uint64_t gpa, bool encrypted)
{
	struct npt_mapping map = host_npt_walk(gpa & PAGE_MASK);
	struct rmp_entry *rmp = rmp_entry_locked(map.spa);

	if (map.kind != NPT_RAM || !rmp)
		return NULL;
	if (encrypted) {
		if (!rmp->assigned || !rmp->validated || rmp->gfn != gpa >> PAGE_SHIFT)
			return NULL;
		npt_settle(map.spa & PAGE_MASK, 1);
	} else if (rmp->assigned) {
		return NULL;
	}
	return spa_ptr((map.spa & PAGE_MASK) | (gpa & ~PAGE_MASK));
}

static bool entry_read(uint64_t gpa, bool wide, uint64_t *entry)
{
	void *ptr = view_ptr(gpa & (CBIT - 1), true);

	if (!ptr)
		return false;
	*entry = wide ? *(uint64_t *)ptr : *(uint32_t *)ptr;
	return true;
}

static void leaf_set(
	struct guest_page *page, uint64_t entry, uint64_t linear, uint64_t size, uint64_t flags)
{
	uint64_t base = entry & PTE_ADDR_MASK & ~(size - 1);

	page->encrypted = base & CBIT;
	page->gpa = (base & (CBIT - 1)) | (linear & (size - 1) & PAGE_MASK);
	page->large = size > PAGE_SIZE;
	page->pte = flags;
}

// Levels with 9 index bits: long mode (4 or 5) and PAE (3, the top one with 2 bits and no flags).
static bool walk_wide(uint64_t cr3, unsigned levels, uint64_t linear, struct guest_page *page)
{
	uint64_t table = cr3 & PTE_ADDR_MASK, entry, flags = PTE_W | PTE_U;

	if (levels == 3)
		table = cr3 & 0xffffffe0;
	for (unsigned level = levels; level > 0; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t index = linear >> shift & (levels == 3 && level == 3 ? 3 : 511);

		if (!entry_read(table + index * 8, true, &entry) || !(entry & PTE_P))
			return false;
		if (levels != 3 || level != 3)
			flags = (flags & entry & (PTE_W | PTE_U)) | ((flags | entry) & PTE_NX);
		if (level == 1 || (level <= 3 && (entry & PTE_PS) && levels != level)) {
			leaf_set(page, entry, linear, 1ull << shift, flags);
			return true;
		}
		table = entry & PTE_ADDR_MASK;
	}
	return false;
}

static bool walk_narrow(uint64_t cr3, uint64_t linear, bool pse, struct guest_page *page)
{
	uint64_t entry;

	if (!entry_read((cr3 & 0xfffff000) + (linear >> 22 & 1023) * 4, false, &entry) ||
		!(entry & PTE_P))
		return false;
	if ((entry & PTE_PS) && pse) {
		leaf_set(page, entry & 0xffc00000, linear, 1ull << 22, entry & (PTE_W | PTE_U));
	} else {
		if (!entry_read((entry & 0xfffff000) + (linear >> 12 & 1023) * 4, false, &entry) ||
			!(entry & PTE_P))
			return false;
		leaf_set(page, entry & 0xfffff000, linear, PAGE_SIZE, entry & (PTE_W | PTE_U));
	}
	page->encrypted = true;
	return true;
}

bool walk_translate(struct plane *plane, uint64_t linear, struct guest_page *page)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;

	if (!(save->cr0 & CR0_PG)) {
		*page = (struct guest_page){
			.gpa = linear & 0xfffff000, .encrypted = true, .pte = PTE_W | PTE_U};
		return true;
	}
	if (save->efer & EFER_LMA)
		return walk_wide(save->cr3, save->cr4 & CR4_LA57 ? 5 : 4, linear, page);
	linear &= 0xffffffff;
	if (save->cr4 & CR4_PAE)
		return walk_wide(save->cr3, 3, linear, page);
	return walk_narrow(save->cr3, linear, save->cr4 & CR4_PSE, page);
}

enum walk_kind { WALK_READ, WALK_WRITE, WALK_FETCH };

static bool walk_copy(
	struct plane *plane, uint64_t linear, uint8_t *bytes, size_t size, enum walk_kind kind)
{
	while (size) {
		struct guest_page page;
		size_t part = PAGE_SIZE - (linear & (PAGE_SIZE - 1));
		uint8_t *ptr;

		part = part < size ? part : size;
		if (!walk_translate(plane, linear, &page))
			return false;
		ptr = view_ptr(page.gpa | (linear & (PAGE_SIZE - 1)),
			page.encrypted || kind == WALK_FETCH);
		if (!ptr)
			return false;
		if (kind == WALK_WRITE)
			memcpy(ptr, bytes, part);
		else
			memcpy(bytes, ptr, part);
		linear += part;
		bytes += part;
		size -= part;
	}
	return true;
}

bool walk_read(struct plane *plane, uint64_t linear, void *to, size_t size)
{
	return walk_copy(plane, linear, to, size, WALK_READ);
}

bool walk_write(struct plane *plane, uint64_t linear, const void *from, size_t size)
{
	return walk_copy(plane, linear, (uint8_t *)(uintptr_t)from, size, WALK_WRITE);
}

bool walk_fetch(struct plane *plane, uint64_t linear, void *to, size_t size)
{
	return walk_copy(plane, linear, to, size, WALK_FETCH);
}

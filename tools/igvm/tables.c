// SPDX-License-Identifier: MIT
// The kernel's first page tables: its region at KERNEL_VA, and the 32-bit entry at VA == GPA.
#include "tools/igvm/region.h"

// Page-table entries: APM volume 2, section 5.3.
#define PTE_PRESENT   BIT(0)
#define PTE_WRITE     BIT(1)
#define PTE_ACCESSED  BIT(5)
#define PTE_DIRTY     BIT(6)
#define PTE_NX	      BIT(63)
#define PTE_ADDRESS   0x000ffffffffff000ull

#define TABLE_ENTRIES 512
#define PAGE	      ((uint64_t)IGVM_PAGE_SIZE)

static uint64_t *table_at(struct region *region, uint64_t gpa)
{
	return (uint64_t *)(region->bytes + (gpa - KERNEL_GPA));
}

static uint64_t take_table(struct region *region)
{
	uint64_t offset = region_take(region, PAGE, PAGE_DATA, BOOT_SEGMENT_R | BOOT_SEGMENT_W);

	region->info.tables_end_gpa = region_gpa(offset) + PAGE;
	return region_gpa(offset);
}

// The entry that maps va in the last level; makes the tables above it.
static uint64_t *leaf_entry(struct region *region, uint64_t va)
{
	uint64_t gpa = region->info.page_root_gpa;

	for (unsigned int shift = 39; shift > 12; shift -= 9) {
		uint64_t *entry = &table_at(region, gpa)[(va >> shift) % TABLE_ENTRIES];

		if (*entry == 0)
			*entry = take_table(region) | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
		gpa = *entry & PTE_ADDRESS;
	}
	return &table_at(region, gpa)[(va >> 12) % TABLE_ENTRIES];
}

static void map_page(struct region *region, uint64_t va, uint64_t gpa, uint8_t access)
{
	uint64_t entry = gpa | PTE_PRESENT | PTE_ACCESSED;

	if ((access & BOOT_SEGMENT_W) != 0)
		entry |= PTE_WRITE | PTE_DIRTY;
	if ((access & BOOT_SEGMENT_X) == 0)
		entry |= PTE_NX;
	*leaf_entry(region, va) = entry;
}

static uint64_t symbol_offset(const struct elf_file *elf, const char *name)
{
	struct elf_symbol symbol;

	if (!elf_find_symbol(elf, name, &symbol))
		die("kernel: no symbol %s", name);
	if (symbol.value < KERNEL_VA || symbol.value - KERNEL_VA > KERNEL_REGION_SIZE)
		die("kernel: symbol %s lies outside the kernel region", name);
	return symbol.value - KERNEL_VA;
}

static void map_entry32(struct region *region, const struct elf_file *elf)
{
	const uint8_t executable = BOOT_SEGMENT_R | BOOT_SEGMENT_X;
	uint64_t start = symbol_offset(elf, "entry32_start");
	uint64_t end = symbol_offset(elf, "entry32_end");
	uint64_t entry = symbol_offset(elf, "entry32");

	if (start >= end || entry < start || entry >= end || end - start > 16 * PAGE)
		die("kernel: entry32_start, entry32 and entry32_end are out of order or far "
		    "apart");
	region->entry_gpa = region_gpa(entry);
	for (uint64_t offset = ALIGN_DOWN(start, PAGE); offset < end; offset += PAGE) {
		if (region->access[offset / PAGE] != executable)
			die("kernel: the 32-bit entry is not in a read-execute segment");
		map_page(region, region_gpa(offset), region_gpa(offset), executable);
	}
}

void region_add_tables(struct region *region, const struct elf_file *elf)
{
	const uint8_t heap_access = BOOT_SEGMENT_R | BOOT_SEGMENT_W;

	region->info.page_root_gpa = take_table(region);
	region->info.tables_gpa = region->info.page_root_gpa;
	map_entry32(region, elf);
	// All tables first: each that is taken becomes a page to be mapped.
	for (uint64_t offset = 0; offset < KERNEL_REGION_SIZE; offset += PAGE * TABLE_ENTRIES)
		leaf_entry(region, region_va(offset));
	for (uint64_t page = 0; page < REGION_PAGES; page++) {
		uint64_t offset = page * PAGE;
		uint8_t access = region->access[page];

		if (offset >= region->used)
			access = heap_access;
		if (access != 0)
			map_page(region, region_va(offset), region_gpa(offset), access);
	}
	region->info.heap_gpa = region_gpa(region->used);
}

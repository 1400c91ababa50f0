// SPDX-License-Identifier: MIT
// The layout that tools/igvm makes of an IGVM file, made in memory.
#include "hw/x86.h"
#include "kernel/native/loader/loader.h"
#include "kernel/native/start_cpu.h"

#define TABLE_ENTRIES 512

void region_init(struct region *region)
{
	struct boot_info *info = &region->info;

	memset(region, 0, sizeof(*region));
	info->magic = BOOT_INFO_MAGIC;
	info->version = BOOT_INFO_VERSION;
	info->size = sizeof(*info);
	info->region = (struct boot_range){KERNEL_GPA, KERNEL_REGION_SIZE};
	for (size_t i = 0; i < LOADER_SEGMENT_COUNT; i++) {
		const struct loader_segment *from = &loader_segments[i];
		uint64_t size = ALIGN_UP(from->end - from->start, PAGE);
		uint64_t first = (from->start - KERNEL_VA) / PAGE;

		info->segments[i] = (struct boot_segment){from->start, size, from->flags};
		memset(&region->access[first], (int)from->flags, size / PAGE);
		region->used = from->start - KERNEL_VA + size;
	}
	info->segment_count = LOADER_SEGMENT_COUNT;
}

uint64_t region_take(struct region *region, uint64_t size, uint8_t access)
{
	uint64_t offset = region->used;

	size = ALIGN_UP(size, PAGE);
	if (!range_fits(offset, size, KERNEL_REGION_SIZE))
		loader_fail("the kernel's region of %llu bytes is too small", KERNEL_REGION_SIZE);
	memset(memory_at(KERNEL_GPA + offset), 0, size);
	memset(&region->access[offset / PAGE], access, size / PAGE);
	region->used = offset + size;
	return KERNEL_GPA + offset;
}

static uint64_t take_table(struct region *region)
{
	uint64_t table = region_take(region, PAGE, BOOT_SEGMENT_R | BOOT_SEGMENT_W);

	region->info.tables_end_gpa = table + PAGE;
	return table;
}

// The entry that maps va in the last level; makes the tables above it.
static uint64_t *leaf_entry(struct region *region, uint64_t va)
{
	uint64_t *table = memory_at(region->info.page_root_gpa);

	for (unsigned int shift = 39; shift > 12; shift -= 9) {
		uint64_t *entry = &table[(va >> shift) % TABLE_ENTRIES];

		if (*entry == 0)
			*entry = take_table(region) | PTE_P | PTE_W | PTE_A;
		table = memory_at(*entry & PTE_ADDR_MASK);
	}
	return &table[(va >> 12) % TABLE_ENTRIES];
}

static void map_page(struct region *region, uint64_t va, uint64_t gpa, uint8_t access)
{
	uint64_t entry = gpa | PTE_P | PTE_A;

	if ((access & BOOT_SEGMENT_W) != 0)
		entry |= PTE_W | PTE_D;
	if ((access & BOOT_SEGMENT_X) == 0)
		entry |= PTE_NX;
	*leaf_entry(region, va) = entry;
}

// Code that runs while tables are changed: the loader's first page (start.S) and the page where
// other CPUs start.
static void map_low_code(struct region *region)
{
	const uint8_t executable = BOOT_SEGMENT_R | BOOT_SEGMENT_X;

	map_page(region, NATIVE_LOADER_GPA, NATIVE_LOADER_GPA, executable);
	map_page(region, TRAMPOLINE_GPA, TRAMPOLINE_GPA, executable);
}

void region_add_tables(struct region *region)
{
	const uint8_t heap_access = BOOT_SEGMENT_R | BOOT_SEGMENT_W;

	region->info.page_root_gpa = take_table(region);
	region->info.tables_gpa = region->info.page_root_gpa;
	map_low_code(region);
	// All tables first: each that is taken becomes a page to be mapped.
	for (uint64_t offset = 0; offset < KERNEL_REGION_SIZE; offset += PAGE * TABLE_ENTRIES)
		leaf_entry(region, KERNEL_VA + offset);
	for (uint64_t offset = 0; offset < KERNEL_REGION_SIZE; offset += PAGE) {
		uint8_t access = region->access[offset / PAGE];

		if (offset >= region->used)
			access = heap_access;
		if (access != 0)
			map_page(region, KERNEL_VA + offset, KERNEL_GPA + offset, access);
	}
	region->info.heap_gpa = KERNEL_GPA + region->used;
}

// SPDX-License-Identifier: MIT
#include "tools/igvm/region.h"

#include <stdlib.h>

#define PAGE ((uint64_t)IGVM_PAGE_SIZE)

uint64_t region_take(struct region *region, uint64_t size, enum page_kind kind, uint8_t access)
{
	uint64_t offset = region->used;
	uint64_t end = 0;

	if (!align_up_checked(size, PAGE, &size) || !add_checked(offset, size, &end) ||
		end > KERNEL_REGION_SIZE)
		die("the kernel region of %llu bytes is too small", KERNEL_REGION_SIZE);
	for (uint64_t page = offset / PAGE; page < end / PAGE; page++) {
		region->kind[page] = kind;
		region->access[page] = access;
	}
	region->used = end;
	return offset;
}

static void load_segment(struct region *region, const struct elf_segment *segment)
{
	struct boot_info *info = &region->info;
	uint64_t offset = segment->va - KERNEL_VA;
	uint64_t size = 0;

	if (segment->va < KERNEL_VA || !range_fits(offset, segment->size, KERNEL_REGION_SIZE) ||
		!align_up_checked(segment->size, PAGE, &size))
		die("kernel: a segment at 0x%llx lies outside the kernel region",
			(unsigned long long)segment->va);
	if (!IS_ALIGNED(offset, PAGE))
		die("kernel: the segment at 0x%llx does not start on a page",
			(unsigned long long)segment->va);
	if (offset < region->used)
		die("kernel: the segment at 0x%llx shares a page with another one, or is out of "
		    "order",
			(unsigned long long)segment->va);
	if ((segment->flags & ELF_PF_W) != 0 && (segment->flags & ELF_PF_X) != 0)
		die("kernel: the segment at 0x%llx is writable and executable",
			(unsigned long long)segment->va);
	if (info->segment_count == BOOT_SEGMENTS_MAX)
		die("kernel: more than %d segments", BOOT_SEGMENTS_MAX);
	region->used = offset;
	region_take(region, size, PAGE_DATA, (uint8_t)(segment->flags & 7));
	if (segment->data.size > 0)
		memcpy(region->bytes + offset, segment->data.data, segment->data.size);
	info->segments[info->segment_count++] = (struct boot_segment){
		.va = segment->va,
		.size = size,
		.flags = segment->flags & 7,
	};
}

// The native loader is not for SNP (abi/boot.h).
static bool is_native_loader(const struct elf_segment *segment)
{
	return range_contains(NATIVE_LOADER_GPA, NATIVE_LOADER_SIZE, segment->va, segment->size);
}

void region_load_kernel(struct region *region, const struct elf_file *elf)
{
	struct elf_segment segment;

	for (size_t i = 0; elf_segment(elf, i, &segment); i++) {
		if (segment.type == ELF_PT_LOAD && segment.size > 0 && !is_native_loader(&segment))
			load_segment(region, &segment);
	}
	if (region->info.segment_count == 0)
		die("kernel: no loadable segment");
}

// Functions in rising order of address.
static int compare_symbols(const void *a, const void *b)
{
	const struct elf_symbol *x = a;
	const struct elf_symbol *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return strcmp(x->name, y->name);
}

// The end of the last executable segment.
static uint64_t code_end(const struct boot_info *info)
{
	uint64_t end = KERNEL_VA;

	for (uint64_t i = 0; i < info->segment_count; i++) {
		if ((info->segments[i].flags & BOOT_SEGMENT_X) != 0)
			end = info->segments[i].va + info->segments[i].size;
	}
	return end;
}

static size_t collect_functions(
	const struct region *region, const struct elf_file *elf, struct elf_symbol *list)
{
	uint64_t end = code_end(&region->info);
	struct elf_symbol symbol;
	size_t count = 0;

	for (size_t i = 0; elf_symbol(elf, i, &symbol); i++) {
		if (symbol.type == ELF_STT_FUNC && symbol.section != ELF_SHN_UNDEF &&
			symbol.name[0] != '\0' && symbol.value >= KERNEL_VA && symbol.value < end)
			list[count++] = symbol;
	}
	qsort(list, count, sizeof(*list), compare_symbols);
	return count;
}

void region_add_ksyms(struct region *region, const struct elf_file *elf)
{
	struct elf_symbol *list = allocate(elf->symbol_count, sizeof(*list));
	size_t count = collect_functions(region, elf, list);
	size_t names = (count + 1) * sizeof(struct boot_ksym);
	struct boot_ksym *table = NULL;
	size_t size = names;
	uint64_t offset = 0;

	for (size_t i = 0; i < count; i++)
		size += strlen(list[i].name) + 1;
	if (count > 0) {
		offset = region_take(region, size, PAGE_DATA, BOOT_SEGMENT_R);
		table = (struct boot_ksym *)(region->bytes + offset);
		for (size_t i = 0; i < count; i++) {
			size_t length = strlen(list[i].name) + 1;

			table[i].offset = (uint32_t)(list[i].value - KERNEL_VA);
			table[i].name_offset = (uint32_t)names;
			memcpy((char *)table + names, list[i].name, length);
			names += length;
		}
		table[count].offset = (uint32_t)(code_end(&region->info) - KERNEL_VA);
		region->info.ksyms = (struct boot_range){region_gpa(offset), size};
	}
	free(list);
}

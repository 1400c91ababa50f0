// SPDX-License-Identifier: MIT
#include "hw/igvm.h"
#include "kernel/native/loader/loader.h"

#define ENTRIES_MAX 128 // as many as QEMU's loader can find

static struct bytes memmap;
static size_t entry_count;

struct bytes memory_span(uint64_t address, uint64_t size, const char *what)
{
	if (address == 0 || !range_fits(address, size, GIB(4)))
		loader_fail("%s: %llu bytes at 0x%llx: not an address below 4 GiB", what,
			(unsigned long long)size, (unsigned long long)address);
	return bytes_make(memory_at(address), size);
}

void memory_init(const struct pvh_start_info *start)
{
	if (start->version < 1 || start->memmap_count == 0 || start->memmap_count > ENTRIES_MAX)
		loader_fail(
			"no usable memory map in the start information (version %u, %u entries)",
			start->version, start->memmap_count);
	entry_count = start->memmap_count;
	memmap = memory_span(
		start->memmap, entry_count * sizeof(struct pvh_memmap_entry), "memory map");
}

// The whole pages of an entry; false: it is not usable memory.
static bool entry_pages(size_t index, uint64_t *first, uint64_t *end)
{
	struct pvh_memmap_entry entry = {0};
	uint64_t last = 0;

	if (!bytes_read(memmap, index * sizeof(entry), &entry, sizeof(entry)) ||
		entry.type != PVH_MEMORY_USABLE || !add_checked(entry.start, entry.size, &last) ||
		!align_up_checked(entry.start, PAGE, first))
		return false;
	*first /= PAGE;
	*end = last / PAGE;
	return *first < *end;
}

void memory_require(uint64_t address, uint64_t size, const char *what)
{
	uint64_t first = 0;
	uint64_t end = 0;

	for (size_t i = 0; i < entry_count; i++) {
		if (entry_pages(i, &first, &end) && first * PAGE <= address &&
			address + size <= end * PAGE)
			return;
	}
	loader_fail("no usable memory at 0x%llx-0x%llx, which the kernel needs for %s: "
		    "give the VM 256 MiB or more (QEMU's -m)",
		(unsigned long long)address, (unsigned long long)(address + size - 1), what);
}

void memory_write_map(uint8_t *area, size_t size)
{
	size_t room = size / sizeof(struct igvm_memory_map_entry);
	size_t count = 0;

	for (size_t i = 0; i < entry_count; i++) {
		uint64_t first = 0;
		uint64_t end = 0;

		if (!entry_pages(i, &first, &end))
			continue;
		if (count + 1 >= room)
			loader_fail("the memory map has more than %zu entries", room);
		struct igvm_memory_map_entry entry = {
			.starting_gpa_page_number = first,
			.number_of_pages = end - first,
			.entry_type = IGVM_MEMORY_NORMAL,
		};

		memcpy(area + count * sizeof(entry), &entry, sizeof(entry));
		count++;
	}
}

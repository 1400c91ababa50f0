// SPDX-License-Identifier: MIT
#include "kernel/memmap.h"

#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/pagetable.h"
#include "kernel/section.h"
#include "kernel/terminate.h"
#include "lib/bytes.h"

#define RANGES_MAX 32

// The VGA window: hosts leave it inside the first piece of memory in their maps, but what is there
// is a device.
#define VGA_START 0xa0000
#define VGA_END	  0xc0000

_Static_assert(VGA_END <= KERNEL_GPA, "range_add_guest cuts it from what is below the kernel");

struct range {
	uint64_t start;
	uint64_t end;
};

// Sorted, without overlap, and none touches the next.
static struct range ranges[RANGES_MAX] RO_AFTER_INIT;
static size_t range_count RO_AFTER_INIT;

// The host's entries, copied once
static struct igvm_memory_map_entry host_map[RANGES_MAX] RO_AFTER_INIT;
static size_t host_map_count RO_AFTER_INIT;

static MUST_USE enum error range_add(uint64_t start, uint64_t end)
{
	size_t first = 0;

	if (start >= end)
		return OK;
	while (first < range_count && ranges[first].end < start)
		first++;
	size_t last = first;

	// first .. last - 1 touch the new one, and become part of it
	while (last < range_count && ranges[last].start <= end) {
		start = MIN(start, ranges[last].start);
		end = MAX(end, ranges[last].end);
		last++;
	}
	if (range_count - (last - first) == RANGES_MAX)
		return ERR_LIMIT;
	memmove(&ranges[first + 1], &ranges[last], (range_count - last) * sizeof(ranges[0]));
	range_count = range_count - (last - first) + 1;
	ranges[first] = (struct range){start, end};
	return OK;
}

// What is left of a range without another one.
static MUST_USE enum error range_add_without(
	uint64_t start, uint64_t end, uint64_t hole_start, uint64_t hole_end)
{
	enum error err = range_add(start, MIN(end, hole_start));

	if (err != OK)
		return err;
	return range_add(MAX(start, hole_end), end);
}

static MUST_USE enum error range_add_guest(uint64_t start, uint64_t end)
{
	uint64_t kernel_start = bootinfo()->region.gpa;
	uint64_t kernel_end = kernel_start + bootinfo()->region.size;

	// The window lies below the kernel's region, so each hole is cut from its own part.
	enum error err = range_add_without(start, MIN(end, kernel_start), VGA_START, VGA_END);

	if (err != OK)
		return err;
	return range_add(MAX(start, kernel_end), end);
}

static MUST_USE enum error entry_check(const struct igvm_memory_map_entry *entry)
{
	uint64_t limit = pagetable_address_end() >> PAGE_SHIFT;

	if (entry->starting_gpa_page_number >= limit ||
		entry->number_of_pages > limit - entry->starting_gpa_page_number)
		return ERR_FORMAT;
	return OK;
}

static MUST_USE enum error memmap_read(void)
{
	const struct boot_range *map = &bootinfo()->memory_map;
	struct bytes bytes = bytes_make(bootinfo_ptr(map->gpa), map->size);

	for (uint64_t offset = 0;; offset += sizeof(struct igvm_memory_map_entry)) {
		struct igvm_memory_map_entry entry = {0};

		if (!bytes_read(bytes, offset, &entry, sizeof(entry)) || entry.number_of_pages == 0)
			return OK;
		enum error err = entry_check(&entry);

		if (err != OK)
			return err;
		if (host_map_count == RANGES_MAX)
			return ERR_LIMIT;
		host_map[host_map_count++] = entry;
		if (entry.entry_type != IGVM_MEMORY_NORMAL)
			continue;
		err = range_add_guest(entry.starting_gpa_page_number << PAGE_SHIFT,
			(entry.starting_gpa_page_number + entry.number_of_pages) << PAGE_SHIFT);
		if (err != OK)
			return err;
	}
}

void memmap_init(void)
{
	const struct boot_range *image = &bootinfo()->firmware.image;
	enum error err = memmap_read();

	if (err == OK)
		err = range_add_guest(image->gpa, image->gpa + image->size);
	if (err != OK || range_count == 0) {
		log_error("memory map from the host: error %d, %lu entries", err, host_map_count);
		terminate(TERMINATE_MEMORY_MAP);
	}
}

bool memmap_is_guest(gpa_t start, uint64_t size)
{
	for (size_t i = 0; i < range_count; i++) {
		if (range_contains(ranges[i].start, ranges[i].end - ranges[i].start,
			    gpa_value(start), size))
			return true;
	}
	return false;
}

bool memmap_range(size_t index, gpa_t *start, uint64_t *size)
{
	if (index >= range_count)
		return false;
	*start = gpa_make(ranges[index].start);
	*size = ranges[index].end - ranges[index].start;
	return true;
}

bool memmap_has_memory(uint64_t start, uint64_t size)
{
	const struct boot_range *region = &bootinfo()->region;
	const struct boot_range *image = &bootinfo()->firmware.image;

	if (ranges_overlap(start, size, region->gpa, region->size) ||
		ranges_overlap(start, size, image->gpa, image->size))
		return true;
	for (size_t i = 0; i < host_map_count; i++) {
		if (ranges_overlap(start, size, host_map[i].starting_gpa_page_number << PAGE_SHIFT,
			    host_map[i].number_of_pages << PAGE_SHIFT))
			return true;
	}
	return false;
}

gpa_t memmap_end(void)
{
	return gpa_make(ranges[range_count - 1].end);
}

static MUST_USE enum error firmware_add(struct igvm_memory_map_entry *entries, size_t max,
	size_t *count, const struct igvm_memory_map_entry *from, uint64_t first, uint64_t end)
{
	if (first >= end)
		return OK;
	// one place is the terminator's
	if (*count + 1 >= max)
		return ERR_LIMIT;
	entries[*count] = *from;
	entries[*count].starting_gpa_page_number = first;
	entries[*count].number_of_pages = end - first;
	(*count)++;
	return OK;
}

enum error memmap_for_firmware(struct igvm_memory_map_entry *entries, size_t max, size_t *count)
{
	uint64_t kernel_first = bootinfo()->region.gpa >> PAGE_SHIFT;
	uint64_t kernel_end = kernel_first + (bootinfo()->region.size >> PAGE_SHIFT);

	*count = 0;
	for (size_t i = 0; i < host_map_count; i++) {
		const struct igvm_memory_map_entry *e = &host_map[i];
		uint64_t end = e->starting_gpa_page_number + e->number_of_pages;
		enum error err = firmware_add(entries, max, count, e, e->starting_gpa_page_number,
			MIN(end, kernel_first));

		if (err == OK)
			err = firmware_add(entries, max, count, e,
				MAX(e->starting_gpa_page_number, kernel_end), end);
		if (err != OK)
			return err;
	}
	if (*count == max)
		return ERR_LIMIT;
	entries[(*count)++] = (struct igvm_memory_map_entry){0};
	return OK;
}

void memmap_log(void)
{
	uint64_t size = 0;

	for (size_t i = 0; i < range_count; i++) {
		log_info("guest memory: 0x%010lx-0x%010lx", ranges[i].start, ranges[i].end - 1);
		size += ranges[i].end - ranges[i].start;
	}
	log_info("guest memory: %lu MiB in all", TO_KIB(size) / 1024);
}

// SPDX-License-Identifier: MIT
// The memory map that an IGVM file can ask for: guest RAM, and as reserved what the file itself put
// elsewhere (firmware below 4 GiB). Sorted by address, ended by an entry of zeros.
#include "machine/host/launch.h"

struct map_writer {
	uint8_t *out;
	size_t room, used;
	bool full;
};

static void map_add(struct map_writer *map, uint64_t first, uint64_t count, uint16_t type)
{
	struct igvm_memory_map_entry entry = {
		.starting_gpa_page_number = first,
		.number_of_pages = count,
		.entry_type = type,
	};

	map->full |= map->room - map->used < sizeof(entry);
	if (map->full)
		return;
	memcpy(map->out + map->used, &entry, sizeof(entry));
	map->used += sizeof(entry);
}

// Pages of the file from `from` up to `to`, none of which is RAM
static void map_add_reserved(
	struct map_writer *map, const struct launch *launch, uint64_t from, uint64_t to)
{
	struct rle_run run = {0};

	for (uint64_t at = from; at < to && rle_next(&launch->pages, at, true, &run);
		at = run.start + run.size) {
		uint64_t end = MIN(run.start + run.size, to);

		if (run.start < end)
			map_add(map, run.start, end - run.start, IGVM_MEMORY_RESERVED);
	}
}

size_t memory_map(const struct launch *launch, uint8_t *out, size_t room)
{
	struct map_writer map = {.out = out, .room = room};
	uint64_t at = 0;

	for (uint32_t i = 0; i < memory.guest_count; i++) { // in rising order
		uint64_t first = memory.guest[i].base >> PAGE_SHIFT;
		uint64_t count = memory.guest[i].size >> PAGE_SHIFT;

		map_add_reserved(&map, launch, at, first);
		map_add(&map, first, count, IGVM_MEMORY_NORMAL);
		at = first + count;
	}
	// The boot CPU's VMSA page above is the host's own, not part of the map.
	map_add_reserved(&map, launch, at, CBIT >> PAGE_SHIFT);
	map_add(&map, 0, 0, 0);
	return map.full ? 0 : map.used;
}

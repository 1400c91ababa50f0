// SPDX-License-Identifier: MIT
// The memory map that an IGVM file can ask for: guest RAM, sorted by address, ended by an entry of
// zeros. What the file itself put elsewhere (firmware below 4 GiB) is not in it, as with QEMU.
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

size_t memory_map(uint8_t *out, size_t room)
{
	struct map_writer map = {.out = out, .room = room};

	for (uint32_t i = 0; i < memory.guest_count; i++) { // in rising order
		uint64_t first = memory.guest[i].base;
		uint64_t end = first + memory.guest[i].size;

		// As QEMU's own map: the VGA window is not cut out of the first piece
		if (end == VGA_HOLE_BASE && i + 1 < memory.guest_count &&
			memory.guest[i + 1].base == VGA_HOLE_END) {
			i++;
			end = memory.guest[i].base + memory.guest[i].size;
		}
		map_add(&map, first >> PAGE_SHIFT, (end - first) >> PAGE_SHIFT, IGVM_MEMORY_NORMAL);
	}
	map_add(&map, 0, 0, 0);
	return map.full ? 0 : map.used;
}

// SPDX-License-Identifier: MIT
// The guest's memory as its firmware finds it: fw_cfg's etc/e820 and the RAM sizes in CMOS, without
// the machine's own memory at the top of QEMU's.
#include "lib/util.h"
#include "machine/host/host_plane.h"

#define E820_RAM	 1
#define E820_ENTRIES_MAX 32
#define FOUR_GIB	 (1ull << 32)
#define CMOS_UNIT_SHIFT	 16 // sizes are in units of 64 KiB
#define CMOS_LOW_BASE	 MIB(16)

struct e820_entry {
	uint64_t address, length;
	uint32_t type;
} __attribute__((packed));

static struct e820_entry map[E820_ENTRIES_MAX];
static uint32_t map_size; // bytes
static uint16_t map_select;

// End of the guest's RAM inside [base, base + length); base when there is none.
static uint64_t guest_end(uint64_t base, uint64_t length)
{
	uint64_t end = base;

	for (uint32_t i = 0; i < memory.guest_count; i++)
		if (memory.guest[i].base - base < length)
			end = MAX(end, memory.guest[i].base + memory.guest[i].size);
	return end;
}

void host_memory_map_init(void)
{
	uint32_t kept = 0;

	if (!fwcfg_find("etc/e820", &map_select, &map_size) || map_size > sizeof(map) ||
		!fwcfg_read(map_select, 0, map, map_size))
		machine_bug("fw_cfg file etc/e820 cannot be read");
	for (uint32_t i = 0; i < map_size / sizeof(map[0]); i++) {
		struct e820_entry entry = map[i];

		if (entry.type == E820_RAM)
			entry.length = guest_end(entry.address, entry.length) - entry.address;
		if (entry.length)
			map[kept++] = entry;
	}
	map_size = kept * (uint32_t)sizeof(map[0]);
}

const void *host_memory_map(uint32_t *size)
{
	*size = map_size;
	return map;
}

uint16_t host_memory_map_select(void)
{
	return map_select;
}

// value: what QEMU's CMOS holds at the index.
uint8_t host_cmos_memory(uint8_t index, uint8_t value)
{
	uint64_t low = (guest_end(0, FOUR_GIB) - MIN(guest_end(0, FOUR_GIB), CMOS_LOW_BASE)) >>
		       CMOS_UNIT_SHIFT;
	uint64_t high = (guest_end(FOUR_GIB, FOUR_GIB << 8) - FOUR_GIB) >> CMOS_UNIT_SHIFT;

	switch (index) {
	case 0x34:
	case 0x35:
		return (uint8_t)(low >> (8 * (index - 0x34)));
	case 0x5b:
	case 0x5c:
	case 0x5d:
		return (uint8_t)(high >> (8 * (index - 0x5b)));
	default:
		return value;
	}
}

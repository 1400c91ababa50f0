// SPDX-License-Identifier: MIT
// The guest's physical address space: guest RAM (GPA == SPA), pages backed from the machine's pool,
// and devices everywhere else. Backed pages stand in a three-level table; only the boot CPU adds
// to it, before the guest runs, but readers take no lock.
#include "lib/overflow.h"
#include "lib/string.h"
#include "machine/cpu/rmp.h"
#include "machine/host/host_plane.h"
#include "machine/host/npt.h"

#define GUEST_LIMIT  (1ull << GUEST_PHYS_BITS)
#define TABLE_SLOTS  512
#define BACKED_VALID 1ull // in a last-level slot, beside the SPA

struct table {
	uint64_t slot[TABLE_SLOTS]; // address of the next table, or SPA | BACKED_VALID
};
_Static_assert(sizeof(struct table) == PAGE_SIZE, "one table is one page");

static struct table backed_root;

static unsigned table_index(uint64_t gpa, unsigned level)
{
	return (gpa >> (PAGE_SHIFT + 9 * level)) % TABLE_SLOTS;
}

static uint64_t backed_lookup(uint64_t gpa)
{
	const struct table *table = &backed_root;

	for (unsigned level = 2; level > 0; level--) {
		table = (const struct table *)__atomic_load_n(
			&table->slot[table_index(gpa, level)], __ATOMIC_ACQUIRE);
		if (!table)
			return 0;
	}
	return __atomic_load_n(&table->slot[table_index(gpa, 0)], __ATOMIC_ACQUIRE);
}

static bool backed_insert(uint64_t gpa, uint64_t spa)
{
	struct table *table = &backed_root;

	for (unsigned level = 2; level > 0; level--) {
		uint64_t *slot = &table->slot[table_index(gpa, level)];

		if (!*slot) {
			void *next = pool_alloc(sizeof(struct table));

			if (!next)
				return false;
			__atomic_store_n(slot, (uint64_t)next, __ATOMIC_RELEASE);
		}
		table = (struct table *)*slot;
	}
	__atomic_store_n(&table->slot[table_index(gpa, 0)], spa | BACKED_VALID, __ATOMIC_RELEASE);
	return true;
}

static const struct ram_range *ram_find(uint64_t gpa)
{
	for (uint32_t i = 0; i < memory.guest_count; i++)
		if (gpa - memory.guest[i].base < memory.guest[i].size)
			return &memory.guest[i];
	return NULL;
}

struct npt_mapping host_npt_walk(uint64_t gpa)
{
	const struct ram_range *ram = ram_find(gpa);
	uint64_t backed = 0;

	if (ram) {
		uint64_t region = gpa & LARGE_PAGE_MASK;
		bool large = range_contains(ram->base, ram->size, region, LARGE_PAGE_SIZE);

		return (struct npt_mapping){NPT_RAM, gpa & PAGE_MASK, large};
	}
	if (gpa >= GUEST_LIMIT)
		return (struct npt_mapping){NPT_NONE, 0, false};
	backed = backed_lookup(gpa);
	if (backed)
		return (struct npt_mapping){NPT_RAM, backed & PAGE_MASK, false};
	return (struct npt_mapping){NPT_MMIO, gpa & PAGE_MASK, false};
}

void *host_shared(uint64_t gpa, uint64_t size)
{
	struct npt_mapping map = {0};

	if (size > PAGE_SIZE || (gpa & ~PAGE_MASK) + size > PAGE_SIZE)
		return NULL;
	map = host_npt_walk(gpa);
	if (map.kind != NPT_RAM || rmp_is_assigned(map.spa))
		return NULL;
	return spa_ptr(map.spa | (gpa & ~PAGE_MASK));
}

// Length of the part of a range that lies in its first page.
static uint64_t first_part(uint64_t gpa, uint64_t size)
{
	uint64_t room = PAGE_SIZE - (gpa & ~PAGE_MASK);

	return size < room ? size : room;
}

bool host_range_shared(uint64_t gpa, uint64_t size)
{
	if (!range_fits(gpa, size, GUEST_LIMIT))
		return false;
	while (size) {
		uint64_t part = first_part(gpa, size);

		if (!host_shared(gpa, part))
			return false;
		gpa += part;
		size -= part;
	}
	return true;
}

bool host_read_shared(uint64_t gpa, void *to, uint64_t size)
{
	uint8_t *out = to;

	if (!range_fits(gpa, size, GUEST_LIMIT))
		return false;
	while (size) {
		uint64_t part = first_part(gpa, size);
		const void *from = host_shared(gpa, part);

		if (!from)
			return false;
		memcpy(out, from, part);
		out += part;
		gpa += part;
		size -= part;
	}
	return true;
}

bool host_write_shared(uint64_t gpa, const void *from, uint64_t size)
{
	const uint8_t *in = from;

	if (!range_fits(gpa, size, GUEST_LIMIT))
		return false;
	while (size) {
		uint64_t part = first_part(gpa, size);
		void *to = host_shared(gpa, part);

		if (!to)
			return false;
		memcpy(to, in, part);
		in += part;
		gpa += part;
		size -= part;
	}
	return true;
}

// Devices of QEMU's q35 machine that live where an IGVM file could place pages by mistake.
static bool is_device(uint64_t gpa)
{
	return (gpa >= 0xa0000 && gpa < 0xc0000) || (gpa >= 0xfec00000 && gpa < 0xfef00000);
}

bool host_back(uint64_t gpa, uint64_t size)
{
	uint64_t end = 0;

	if (!range_fits(gpa, size, GUEST_LIMIT) || !align_up_checked(gpa + size, PAGE_SIZE, &end))
		return false;
	for (uint64_t page = gpa & PAGE_MASK; page < end; page += PAGE_SIZE) {
		if (ram_find(page) || backed_lookup(page))
			continue;
		void *memory_page = is_device(page) ? NULL : pool_alloc(PAGE_SIZE);

		if (!memory_page || !backed_insert(page, pool_spa(memory_page)))
			return false;
	}
	return true;
}

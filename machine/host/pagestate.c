// SPDX-License-Identifier: MIT
// Page states: who owns a page, guest or host. Every change goes through RMPUPDATE and PSMASH, as a
// real host's would; a 2 MiB request falls back to 4 KiB pages where the region is mixed.
#include "hw/ghcb.h"
#include "machine/cpu/rmp.h"
#include "machine/host/host_plane.h"
#include "machine/host/npt.h"

#define GUEST_ASID	1 // the machine runs one VM
#define PAGES_PER_LARGE 512u

static bool rmp_read(uint64_t spa, struct rmp_entry *copy)
{
	const struct rmp_entry *entry = NULL;

	spin_lock(&rmp_lock);
	entry = rmp_entry_locked(spa);
	if (entry)
		*copy = *entry;
	spin_unlock(&rmp_lock);
	return entry;
}

enum region { REGION_FREE, REGION_PRIVATE, REGION_MIXED };

// One look at the RMP for a uniform region. A 2 MiB entry is uniform by itself.
static enum region region_look(uint64_t spa, uint64_t gpa)
{
	const struct rmp_entry *entry = NULL;
	unsigned mine = 0, assigned = 0;

	spin_lock(&rmp_lock);
	entry = rmp_entry_locked(spa);
	for (unsigned i = 0; i < PAGES_PER_LARGE; i++) {
		assigned += entry[i].assigned;
		mine += entry[i].assigned && entry[i].gfn == (gpa >> PAGE_SHIFT) + i;
		if (entry[i].large || (assigned && mine != i + 1))
			break;
	}
	if (entry->large && mine)
		mine = PAGES_PER_LARGE;
	spin_unlock(&rmp_lock);
	if (!assigned)
		return REGION_FREE;
	return mine == PAGES_PER_LARGE ? REGION_PRIVATE : REGION_MIXED;
}

static int assign(uint64_t spa, uint64_t gpa, bool large)
{
	const struct rmp_update update = {
		.gpa = gpa, .assigned = true, .large = large, .asid = GUEST_ASID};

	return rmp_update(spa, &update);
}

static int unassign(uint64_t spa, bool large)
{
	const struct rmp_update update = {.large = large};

	return rmp_update(spa, &update);
}

static int page_private(uint64_t spa, uint64_t gpa)
{
	struct rmp_entry entry = {0};

	if (!rmp_read(spa, &entry))
		return RMP_FAIL_INPUT;
	if (entry.assigned) // already: a new RMPUPDATE would take the validated bit away
		return entry.gfn == gpa >> PAGE_SHIFT ? RMP_SUCCESS : RMP_FAIL_INUSE;
	flash_keep_written(gpa, spa);
	return assign(spa, gpa, false);
}

static int page_shared(uint64_t spa, uint64_t gpa)
{
	struct rmp_entry entry = {0};
	int error = RMP_SUCCESS;

	if (!rmp_read(spa, &entry))
		return RMP_FAIL_INPUT;
	if (!entry.assigned)
		return RMP_SUCCESS;
	if (entry.large)
		error = rmp_psmash(spa & LARGE_PAGE_MASK);
	if (!error)
		error = unassign(spa, false);
	if (!error)
		flash_show(gpa, spa);
	return error;
}

static int page_psmash(uint64_t spa)
{
	struct rmp_entry entry = {0};

	if (!rmp_read(spa, &entry) || !entry.large)
		return RMP_SUCCESS; // nothing to split
	return rmp_psmash(spa & LARGE_PAGE_MASK);
}

static int page_change(uint64_t gpa, unsigned op)
{
	struct npt_mapping map = host_npt_walk(gpa);

	if (map.kind == NPT_MMIO && op == PSC_OP_SHARED)
		return RMP_SUCCESS; // a device's page is never anything else
	if (map.kind != NPT_RAM)
		return RMP_FAIL_INPUT;
	switch (op) {
	case PSC_OP_PRIVATE:
		return page_private(map.spa, gpa);
	case PSC_OP_SHARED:
		return page_shared(map.spa, gpa);
	case PSC_OP_PSMASH:
		return page_psmash(map.spa);
	default: // UNSMASH is a hint; the host does not follow it
		return RMP_SUCCESS;
	}
}

// What is private keeps its validated bit: a new RMPUPDATE would take it away.
static bool region_private(uint64_t spa, uint64_t gpa)
{
	enum region region = region_look(spa, gpa);

	if (region == REGION_FREE)
		return assign(spa, gpa, true) == RMP_SUCCESS;
	return region == REGION_PRIVATE;
}

// Whole region in one step where it is uniform. False: take the pages one by one.
static bool region_change(uint64_t gpa, unsigned op)
{
	struct npt_mapping map = host_npt_walk(gpa);
	struct rmp_entry entry = {0};

	if (map.kind != NPT_RAM || !map.large || !rmp_read(map.spa, &entry))
		return false;
	if (op == PSC_OP_PRIVATE)
		return region_private(map.spa, gpa);
	if (op == PSC_OP_SHARED && entry.assigned && entry.large)
		return unassign(map.spa, true) == RMP_SUCCESS;
	return op == PSC_OP_PSMASH && page_psmash(map.spa) == RMP_SUCCESS;
}

uint64_t host_page_state(uint64_t gpa, bool large, unsigned op)
{
	unsigned pages = large ? PAGES_PER_LARGE : 1;
	int error = RMP_SUCCESS;

	if (gpa >> GUEST_PHYS_BITS || gpa & (pages * PAGE_SIZE - 1))
		return PSC_ERROR_GENERIC;
	spin_lock(&host_lock);
	if (!large || !region_change(gpa, op))
		for (unsigned i = 0; i < pages && !error; i++)
			error = page_change(gpa + i * PAGE_SIZE, op);
	spin_unlock(&host_lock);
	if (error)
		log_warn("page state %u of GPA 0x%lx (%u pages): RMP error %d", op, gpa, pages,
			error);
	return error ? PSC_ERROR_GENERIC : 0;
}

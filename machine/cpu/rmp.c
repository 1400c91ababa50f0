// SPDX-License-Identifier: MIT
// The reverse map table, and what the host and the secure processor may do to it. The guest's own
// instructions on it are in snpinsn.c.
#include "machine/cpu/processor.h"
#include "machine/cpu/scramble.h"

#define PAGES_2M 512

static struct rmp_entry *rmp;
static uint64_t rmp_pages;

void rmp_init(void)
{
	rmp_pages = memory.spa_end >> PAGE_SHIFT;
	rmp = pool_alloc(rmp_pages * sizeof(*rmp));
	if (!rmp)
		machine_bug(
			"no memory for the RMP of %lu pages: raise QEMU's -m above the guest's mem",
			rmp_pages);
}

struct rmp_entry *rmp_entry_locked(uint64_t spa)
{
	uint64_t page = spa >> PAGE_SHIFT;

	return page < rmp_pages ? &rmp[page] : NULL;
}

bool rmp_is_assigned(uint64_t spa)
{
	struct rmp_entry *entry = rmp_entry_locked(spa);

	return entry && entry->assigned;
}

bool rmp_vmsa_in_use(uint64_t spa)
{
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i]->vmsa_in_use == (spa & PAGE_MASK))
			return true;
	return false;
}

void rmp_vmsa_gone_locked(uint64_t spa)
{
	for (uint32_t i = 0; i < cpu_count; i++)
		for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
			if (cpus[i]->plane[vmpl].core.vmsa_spa == (spa & PAGE_MASK))
				cpus[i]->plane[vmpl].core.vmsa_gone = true;
}

static void entry_assign(struct rmp_entry *entry, const struct rmp_update *update, uint64_t index)
{
	*entry = (struct rmp_entry){
		.gfn = (uint32_t)((update->gpa >> PAGE_SHIFT) + index),
		.assigned = 1,
		.immutable = update->immutable,
		.large = update->large,
		.asid = update->asid,
		.scrambled = 1,
		.perms = {RMP_PERM_RWX, 0, 0, 0},
	};
}

// The guest loses the page: what it wrote is seen as ciphertext from now on.
static void entry_release(struct rmp_entry *entry, uint64_t spa)
{
	if (entry->vmsa)
		rmp_vmsa_gone_locked(spa);
	if (!entry->scrambled)
		scramble_page(spa);
	*entry = (struct rmp_entry){0};
}

static bool update_possible(uint64_t spa, const struct rmp_entry *entry,
	const struct rmp_update *update, uint64_t count, int *code)
{
	for (uint64_t i = 0; i < count; i++) {
		*code = RMP_FAIL_INUSE;
		if (entry[i].vmsa && rmp_vmsa_in_use(spa + i * PAGE_SIZE))
			return false;
		// part of a 2 MiB entry: needs PSMASH first
		*code = RMP_FAIL_OVERLAP;
		if (count == 1 && entry[i].assigned && entry[i].large)
			return false;
		// a 2 MiB entry over 4 KiB entries that are assigned
		if (count > 1 && update->assigned && entry[i].assigned && !entry[i].large)
			return false;
	}
	return true;
}

int rmp_update(uint64_t spa, const struct rmp_update *update)
{
	uint64_t count = update->large ? PAGES_2M : 1;
	struct rmp_entry *entry = rmp_entry_locked(spa), old_first;
	int code = RMP_SUCCESS;

	if (!entry || !rmp_entry_locked(spa + (count - 1) * PAGE_SIZE) ||
		spa & (count * PAGE_SIZE - 1) || update->gpa & (count * PAGE_SIZE - 1))
		return RMP_FAIL_INPUT;
	spin_lock(&rmp_lock);
	if (update_possible(spa, entry, update, count, &code)) {
		code = RMP_SUCCESS;
		old_first = *entry;
		for (uint64_t i = 0; i < count; i++) {
			if (entry[i].assigned)
				npt_zap_locked(entry[i].gfn, 1);
		}
		if (!old_first.assigned)
			npt_zap_locked(update->gpa >> PAGE_SHIFT, count);
		npt_flush_others_locked();
		for (uint64_t i = 0; i < count; i++) {
			if (entry[i].assigned)
				entry_release(&entry[i], spa + i * PAGE_SIZE);
			if (update->assigned)
				entry_assign(&entry[i], update, i);
		}
	}
	spin_unlock(&rmp_lock);
	return code;
}

int rmp_psmash(uint64_t spa)
{
	struct rmp_entry *entry = rmp_entry_locked(spa & LARGE_PAGE_MASK);
	int code = RMP_SUCCESS;

	if (!entry || spa & (LARGE_PAGE_SIZE - 1))
		return RMP_FAIL_INPUT;
	spin_lock(&rmp_lock);
	if (!entry->assigned || !entry->large)
		code = RMP_FAIL_INPUT;
	for (uint64_t i = 0; code == RMP_SUCCESS && i < PAGES_2M; i++)
		entry[i].large = 0;
	spin_unlock(&rmp_lock);
	return code;
}

int rmp_firmware_assign(uint64_t spa, uint64_t gpa, bool vmsa)
{
	struct rmp_entry *entry = rmp_entry_locked(spa);

	if (!entry || (spa | gpa) & ~PAGE_MASK)
		return RMP_FAIL_INPUT;
	spin_lock(&rmp_lock);
	npt_zap_locked(gpa >> PAGE_SHIFT, 1);
	npt_flush_others_locked();
	*entry = (struct rmp_entry){
		.gfn = (uint32_t)(gpa >> PAGE_SHIFT),
		.assigned = 1,
		.validated = 1,
		.vmsa = vmsa,
		.asid = 1,
		.perms = {RMP_PERM_RWX, 0, 0, 0},
	};
	spin_unlock(&rmp_lock);
	return RMP_SUCCESS;
}

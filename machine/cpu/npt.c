// SPDX-License-Identifier: MIT
// The nested page tables that QEMU's processor walks. They play the TLB of an SNP processor: each
// entry is derived from the host's table (host/npt.h) and the RMP when first needed, and dropped
// when either changes.
//
// The C-bit is guest-physical address bit 39, so the two halves of a table are the two views of
// the same memory: [0, 512 GiB) shared, [512 GiB, 1 TiB) private. Where paging is off every access
// is private: such planes run on a root whose low half is the private view. Both views are made for
// each VMPL.
//
// Guest page-table accesses and instruction fetches are private whether or not the mapping has the
// C-bit, and firmware relies on both (OVMF's first page tables, and its loop for parked CPUs).
// QEMU's walker goes where the address points, so a page that is used so without C-bit is entered
// in the shared view too: there, until its state changes, it can also be reached by a plain access
// without C-bit, which silicon would refuse.
#include <stdatomic.h>

#include "hw/x86.h"
#include "lib/string.h"
#include "machine/cpu/processor.h"
#include "machine/cpu/scramble.h"
#include "machine/host/npt.h"

#define ENTRIES		  512
#define PAGES_2M	  512
#define VIEWS		  (2 * VMPL_COUNT)
#define VIEW_SHARED(vmpl) (VMPL_COUNT + (vmpl)) // index; the private views come first
#define ENTRY_FLAGS	  (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

static uint64_t *view_pdpt[VIEWS];
static uint64_t *root_paged[VMPL_COUNT], *root_unpaged[VMPL_COUNT];
static uint64_t *free_tables; // linked through entry 0
static _Atomic uint32_t flush_generation;
static bool flush_needed; // an entry was dropped since the last npt_flush_others_locked()

static uint64_t *table_new(void)
{
	uint64_t *table = free_tables;

	if (!table)
		return pool_alloc(PAGE_SIZE);
	free_tables = (uint64_t *)table[0];
	memset(table, 0, PAGE_SIZE);
	return table;
}

static uint64_t *table_must(void)
{
	uint64_t *table = table_new();

	if (!table)
		machine_bug(
			"no memory for nested page tables: raise QEMU's -m above the guest's mem");
	return table;
}

static void table_free(uint64_t *table)
{
	table[0] = (uint64_t)free_tables;
	free_tables = table;
}

void npt_init(void)
{
	for (unsigned view = 0; view < VIEWS; view++)
		view_pdpt[view] = table_must();
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		root_paged[vmpl] = table_must();
		root_unpaged[vmpl] = table_must();
		root_paged[vmpl][0] = pool_spa(view_pdpt[VIEW_SHARED(vmpl)]) | ENTRY_FLAGS;
		root_paged[vmpl][1] = pool_spa(view_pdpt[vmpl]) | ENTRY_FLAGS;
		root_unpaged[vmpl][0] = pool_spa(view_pdpt[vmpl]) | ENTRY_FLAGS;
	}
}

bool plane_paged(const struct plane *plane)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;

	return (save->cr0 & CR0_PG) && (save->cr4 & CR4_PAE);
}

uint64_t npt_root(const struct plane *plane)
{
	return pool_spa(plane_paged(plane) ? root_paged[plane->vmpl] : root_unpaged[plane->vmpl]);
}

static uint64_t *entry_table(uint64_t entry)
{
	return spa_ptr(entry & PTE_ADDR_MASK);
}

static void subtree_free(uint64_t *pdpt)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		uint64_t *pd = entry_table(pdpt[i]);

		if (!(pdpt[i] & PTE_P))
			continue;
		for (unsigned j = 0; j < ENTRIES; j++)
			if ((pd[j] & PTE_P) && !(pd[j] & PTE_PS))
				table_free(entry_table(pd[j]));
		table_free(pd);
		pdpt[i] = 0;
	}
}

// Out of table pages: drop every entry of every view, to be filled again on demand.
static uint64_t *table_new_or_evict(void)
{
	uint64_t *table = table_new();

	if (table)
		return table;
	log_debug("nested tables: pool is full, all entries dropped");
	flush_needed = true;
	npt_flush_others_locked();
	for (unsigned view = 0; view < VIEWS; view++)
		subtree_free(view_pdpt[view]);
	return NULL;
}

// The page directory that covers gpa in a view; NULL when all entries had to be dropped (retry).
static uint64_t *directory(unsigned view, uint64_t gpa)
{
	uint64_t *slot = &view_pdpt[view][(gpa >> 30) & (ENTRIES - 1)], *pd;

	if (*slot & PTE_P)
		return entry_table(*slot);
	pd = table_new_or_evict();
	if (pd)
		*slot = pool_spa(pd) | ENTRY_FLAGS;
	return pd;
}

// The entry for 2 MiB; it is good until a table is made.
static uint64_t *directory_slot(unsigned view, uint64_t gpa)
{
	uint64_t *pd;

	while (!(pd = directory(view, gpa)))
		;
	return &pd[(gpa >> 21) & (ENTRIES - 1)];
}

static void map_large(unsigned view, uint64_t gpa, uint64_t entry)
{
	uint64_t *slot = directory_slot(view, gpa);

	if ((*slot & PTE_P) && !(*slot & PTE_PS))
		table_free(entry_table(*slot));
	*slot = entry | PTE_PS;
}

static void map_small(unsigned view, uint64_t gpa, uint64_t entry)
{
	uint64_t *slot, *pt;

	for (slot = directory_slot(view, gpa); !(*slot & PTE_P) || (*slot & PTE_PS);
		slot = directory_slot(view, gpa)) {
		pt = table_new_or_evict();
		if (pt)
			*slot = pool_spa(pt) | ENTRY_FLAGS;
	}
	entry_table(*slot)[(gpa >> 12) & (ENTRIES - 1)] = entry;
}

static void view_zap(unsigned view, uint64_t gpa)
{
	uint64_t *pd, *slot;

	if (!(view_pdpt[view][(gpa >> 30) & (ENTRIES - 1)] & PTE_P))
		return;
	pd = entry_table(view_pdpt[view][(gpa >> 30) & (ENTRIES - 1)]);
	slot = &pd[(gpa >> 21) & (ENTRIES - 1)];
	if (!(*slot & PTE_P))
		return;
	if (*slot & PTE_PS) {
		*slot = 0;
		flush_needed = true;
		return;
	}
	slot = &entry_table(*slot)[(gpa >> 12) & (ENTRIES - 1)];
	if (*slot & PTE_P)
		flush_needed = true;
	*slot = 0;
}

void npt_zap_locked(uint64_t gfn, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		for (unsigned view = 0; view < VIEWS; view++)
			view_zap(view, (gfn + i) << PAGE_SHIFT);
}

// An entry was taken away: no CPU may go on with the old one. Each CPU outside the guest sees the
// new generation before its next VMRUN; each inside is kicked and waited for.
void npt_flush_others_locked(void)
{
	uint32_t generation;

	if (!flush_needed)
		return;
	flush_needed = false;
	generation = atomic_fetch_add(&flush_generation, 1) + 1;
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i] != this_cpu() && atomic_load(&cpus[i]->running))
			cpu_kick(cpus[i]);
	for (uint32_t i = 0; i < cpu_count; i++) {
		struct cpu *cpu = cpus[i];

		if (cpu == this_cpu())
			continue;
		while (atomic_load(&cpu->running) &&
			(int32_t)(atomic_load(&cpu->flush_seen) - generation) < 0)
			__asm__ volatile("pause");
	}
}

void npt_flush_force_locked(void)
{
	flush_needed = true;
	npt_flush_others_locked();
}

bool npt_sync_cpu(struct cpu *cpu)
{
	uint32_t generation = atomic_load(&flush_generation);
	bool behind = cpu->flush_seen != generation;

	atomic_store(&cpu->flush_seen, generation);
	return behind;
}

static bool entries_uniform(const struct rmp_entry *first)
{
	for (unsigned i = 1; i < PAGES_2M; i++) {
		if (first[i].assigned != first->assigned ||
			first[i].validated != first->validated || first[i].vmsa != first->vmsa ||
			first[i].immutable != first->immutable ||
			*(const uint32_t *)first[i].perms != *(const uint32_t *)first->perms ||
			(first->assigned && first[i].gfn != first->gfn + i))
			return false;
	}
	return true;
}

static bool large_possible(const struct npt_mapping *map, uint64_t gpa)
{
	uint64_t base = map->spa & LARGE_PAGE_MASK;
	struct rmp_entry *first = rmp_entry_locked(base);

	return map->large &&
	       (gpa & (LARGE_PAGE_SIZE - 1) & PAGE_MASK) == (map->spa & (LARGE_PAGE_SIZE - 1)) &&
	       first && rmp_entry_locked(base + LARGE_PAGE_SIZE - PAGE_SIZE) &&
	       entries_uniform(first) && (!first->assigned || (first->gfn & (PAGES_2M - 1)) == 0);
}

void npt_settle(uint64_t spa, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		struct rmp_entry *entry = rmp_entry_locked(spa + i * PAGE_SIZE);

		if (entry->scrambled) {
			scramble_page(spa + i * PAGE_SIZE);
			entry->scrambled = 0;
		}
	}
}

static void fill(struct plane *plane, unsigned view, uint64_t gpa, const struct npt_mapping *map,
	const struct rmp_entry *rmp)
{
	uint64_t flags = PTE_P | PTE_U | PTE_A | PTE_D;
	bool large = large_possible(map, gpa);
	uint64_t spa = map->spa & (large ? LARGE_PAGE_MASK : PAGE_MASK);

	if (view >= VMPL_COUNT) {
		flags |= PTE_W | PTE_NX; // instruction fetches are always private
	} else {
		npt_settle(spa, large ? PAGES_2M : 1);
		if (rmp->perms[plane->vmpl] & RMP_PERM_W)
			flags |= PTE_W;
		if (!(rmp->perms[plane->vmpl] & (RMP_PERM_XU | RMP_PERM_XS)))
			flags |= PTE_NX;
	}
	if (large)
		map_large(view, gpa, spa | flags);
	else
		map_small(view, gpa, spa | flags);
}

static uint8_t perm_wanted(uint64_t info)
{
	if (info & NPF_ID)
		return RMP_PERM_XU | RMP_PERM_XS;
	return (info & NPF_W) ? RMP_PERM_W : RMP_PERM_R;
}

// An access through the private view to RAM.
static enum npt_result private_fault(
	struct plane *plane, struct vmexit *exit, uint64_t gpa, const struct npt_mapping *map)
{
	struct rmp_entry *rmp = rmp_entry_locked(map->spa);
	uint8_t wanted = perm_wanted(exit->info_1);

	if (!rmp || !rmp->assigned || rmp->immutable || rmp->gfn != gpa >> PAGE_SHIFT) {
		exit->info_1 |= NPF_RMP;
		return NPT_EXIT;
	}
	if (!rmp->validated) {
		inject_vc(plane, VMEXIT_PAGE_NOT_VALIDATED);
		return NPT_INJECTED;
	}
	if (!(rmp->perms[plane->vmpl] & wanted)) {
		exit->info_1 |= NPF_RMP | NPF_VMPL;
		return NPT_EXIT;
	}
	fill(plane, plane->vmpl, gpa, map, rmp);
	return NPT_FILLED;
}

// A page table or code named without C-bit: a private access all the same, see above.
static enum npt_result forced_private_fault(
	struct plane *plane, struct vmexit *exit, uint64_t gpa, const struct npt_mapping *map)
{
	struct rmp_entry *rmp = rmp_entry_locked(map->spa);
	enum npt_result result = private_fault(plane, exit, gpa, map);
	uint64_t flags = PTE_P | PTE_U | PTE_A | PTE_D;

	if (result != NPT_FILLED)
		return result;
	if (rmp->perms[plane->vmpl] & RMP_PERM_W)
		flags |= PTE_W;
	if (!(rmp->perms[plane->vmpl] & (RMP_PERM_XU | RMP_PERM_XS)))
		flags |= PTE_NX;
	map_small(VIEW_SHARED(plane->vmpl), gpa, (map->spa & PAGE_MASK) | flags);
	return NPT_FILLED;
}

// An access through the shared view to RAM.
static enum npt_result shared_fault(
	struct plane *plane, struct vmexit *exit, uint64_t gpa, const struct npt_mapping *map)
{
	struct rmp_entry *rmp = rmp_entry_locked(map->spa);

	if (exit->info_1 & (NPF_TABLE | NPF_ID)) {
		exit->info_1 |= NPF_ENC;
		return forced_private_fault(plane, exit, gpa, map);
	}
	if (!rmp || rmp->assigned) {
		exit->info_1 |= NPF_RMP;
		return NPT_EXIT;
	}
	fill(plane, VIEW_SHARED(plane->vmpl), gpa, map, rmp);
	return NPT_FILLED;
}

enum npt_result npt_fault(struct plane *plane, struct vmexit *exit)
{
	bool encrypted = exit->info_2 & CBIT || !plane_paged(plane);
	uint64_t gpa = exit->info_2 & (CBIT - 1) & PAGE_MASK;
	struct npt_mapping map = host_npt_walk(gpa);
	enum npt_result result;

	exit->info_2 &= ~CBIT;
	if (encrypted)
		exit->info_1 |= NPF_ENC;
	if (map.kind == NPT_MMIO && !encrypted && !(exit->info_1 & (NPF_ID | NPF_TABLE))) {
		inject_vc(plane, VMEXIT_NPF);
		return NPT_INJECTED;
	}
	if (map.kind != NPT_RAM)
		return NPT_EXIT;
	spin_lock(&rmp_lock);
	result = encrypted ? private_fault(plane, exit, gpa, &map)
			   : shared_fault(plane, exit, gpa, &map);
	spin_unlock(&rmp_lock);
	return result;
}

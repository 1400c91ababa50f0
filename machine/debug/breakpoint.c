// SPDX-License-Identifier: MIT
// Breakpoints. Software ones are INT3 bytes in the plane's private memory. Hardware ones and
// watchpoints use the debug registers: their bits are in the plane's DR7 for each entry, and DR0-3
// are the guest's again after the exit.
#include "hw/x86.h"
#include "machine/cpu/processor.h"
#include "machine/debug/gdb.h"
#include "machine/host/npt.h"

#define SOFTWARE_MAX 64
#define WATCH_MAX    4
#define INT3	     0xcc

static struct {
	bool used;
	uint8_t saved;
	uint64_t address, spa; // spa: of the byte itself, the address may be mapped elsewhere later
} soft[SOFTWARE_MAX];

static struct {
	uint8_t type; // gdb's: 1 execute, 2 write, 3 read, 4 access; 0 = free
	uint8_t size;
	uint64_t address;
} watch[WATCH_MAX];

static struct {
	bool on;
	uint64_t dr[WATCH_MAX];
} guest_dr[CPUS_MAX];

static bool soft_set(struct plane *plane, uint64_t address)
{
	const uint8_t int3 = INT3;
	struct guest_page page;
	struct npt_mapping map;

	for (unsigned i = 0; i < SOFTWARE_MAX; i++) {
		if (soft[i].used && soft[i].address == address)
			return true;
	}
	for (unsigned i = 0; i < SOFTWARE_MAX; i++) {
		if (soft[i].used)
			continue;
		if (!walk_translate(plane, address, &page) || !page.encrypted ||
			!walk_read(plane, address, &soft[i].saved, 1))
			return false;
		map = host_npt_walk(page.gpa & PAGE_MASK);
		soft[i].address = address;
		soft[i].spa = (map.spa & PAGE_MASK) | (address & ~PAGE_MASK);
		soft[i].used = walk_write(plane, address, &int3, 1);
		return soft[i].used;
	}
	return false;
}

// The guest may have written something else there, or given the page away.
static void soft_remove(unsigned i)
{
	uint8_t *byte = spa_ptr(soft[i].spa);
	struct rmp_entry *rmp = rmp_entry_locked(soft[i].spa);

	if (soft[i].used && rmp && rmp->assigned && rmp->validated && *byte == INT3)
		*byte = soft[i].saved;
	soft[i].used = false;
}

bool breakpoint_set(struct plane *plane, unsigned type, uint64_t address, unsigned size)
{
	if (type == 0)
		return soft_set(plane, address);
	if (type > 4 || (size != 1 && size != 2 && size != 4 && size != 8) ||
		(type != 1 && address & (size - 1)))
		return false;
	for (unsigned i = WATCH_MAX; i-- > 0;) { // a guest takes its own from the first on
		if (watch[i].type)
			continue;
		watch[i].type = (uint8_t)type;
		watch[i].size = type == 1 ? 1 : (uint8_t)size;
		watch[i].address = address;
		return true;
	}
	return false;
}

bool breakpoint_clear(unsigned type, uint64_t address)
{
	for (unsigned i = 0; type == 0 && i < SOFTWARE_MAX; i++) {
		if (soft[i].used && soft[i].address == address)
			soft_remove(i);
	}
	for (unsigned i = 0; type && i < WATCH_MAX; i++) {
		if (watch[i].type == type && watch[i].address == address)
			watch[i].type = 0;
	}
	return type <= 4;
}

void breakpoints_clear(void)
{
	for (unsigned i = 0; i < SOFTWARE_MAX; i++)
		soft_remove(i);
	for (unsigned i = 0; i < WATCH_MAX; i++)
		watch[i].type = 0;
}

bool breakpoint_at(uint64_t address)
{
	for (unsigned i = 0; i < SOFTWARE_MAX; i++)
		if (soft[i].used && soft[i].address == address)
			return true;
	return false;
}

void breakpoints_hide(uint64_t address, uint8_t *bytes, size_t size)
{
	for (unsigned i = 0; i < SOFTWARE_MAX; i++)
		if (soft[i].used && soft[i].address - address < size &&
			bytes[soft[i].address - address] == INT3)
			bytes[soft[i].address - address] = soft[i].saved;
}

// gdb wrote memory below breakpoints: what it wrote is the original now.
void breakpoints_rewrite(struct plane *plane, uint64_t address, size_t size)
{
	const uint8_t int3 = INT3;

	for (unsigned i = 0; i < SOFTWARE_MAX; i++) {
		if (!soft[i].used || soft[i].address - address >= size)
			continue;
		if (walk_read(plane, soft[i].address, &soft[i].saved, 1))
			(void)walk_write(plane, soft[i].address, &int3, 1);
	}
}

static uint64_t watch_bits(unsigned i)
{
	static const uint8_t access[] = {0, 0, 1, 3, 3};
	uint64_t length = watch[i].size == 8 ? 2 : watch[i].size - 1u;

	return 2ull << 2 * i | (access[watch[i].type] | length << 2) << (16 + 4 * i);
}

static uint64_t watch_dr7(void)
{
	uint64_t dr7 = 0;

	for (unsigned i = 0; i < WATCH_MAX; i++)
		if (watch[i].type)
			dr7 |= watch_bits(i);
	return dr7;
}

static void dr_read(uint64_t dr[WATCH_MAX])
{
	__asm__ volatile("movq %%dr0, %0" : "=r"(dr[0]));
	__asm__ volatile("movq %%dr1, %0" : "=r"(dr[1]));
	__asm__ volatile("movq %%dr2, %0" : "=r"(dr[2]));
	__asm__ volatile("movq %%dr3, %0" : "=r"(dr[3]));
}

static void dr_write(const uint64_t dr[WATCH_MAX])
{
	__asm__ volatile("movq %0, %%dr0" ::"r"(dr[0]));
	__asm__ volatile("movq %0, %%dr1" ::"r"(dr[1]));
	__asm__ volatile("movq %0, %%dr2" ::"r"(dr[2]));
	__asm__ volatile("movq %0, %%dr3" ::"r"(dr[3]));
}

void watch_enter(struct plane *plane)
{
	unsigned cpu = plane->cpu->index;
	uint64_t dr[WATCH_MAX], dr7 = watch_dr7();

	if (!dr7)
		return;
	dr_read(guest_dr[cpu].dr);
	for (unsigned i = 0; i < WATCH_MAX; i++)
		dr[i] = watch[i].type ? watch[i].address : guest_dr[cpu].dr[i];
	dr_write(dr);
	plane->core.vmcb->save.dr7 |= dr7;
	guest_dr[cpu].on = true;
}

// What the guest has written meanwhile is its own.
void watch_leave(struct plane *plane)
{
	unsigned cpu = plane->cpu->index;
	uint64_t dr[WATCH_MAX];

	if (!guest_dr[cpu].on)
		return;
	guest_dr[cpu].on = false;
	dr_read(dr);
	for (unsigned i = 0; i < WATCH_MAX; i++)
		if (!watch[i].type || dr[i] != watch[i].address)
			guest_dr[cpu].dr[i] = dr[i];
	dr_write(guest_dr[cpu].dr);
	plane->core.vmcb->save.dr7 &= ~watch_dr7();
}

bool watch_hit(struct plane *plane, struct stop *stop)
{
	static const char *const reasons[] = {"", "hwbreak:;", "watch", "rwatch", "awatch"};
	struct vmcb_save *save = &plane->core.vmcb->save;

	for (unsigned i = 0; i < WATCH_MAX; i++) {
		if (!watch[i].type || !(save->dr6 & 1u << i))
			continue;
		save->dr6 &= ~0xfull;
		stop->reason = reasons[watch[i].type];
		stop->address = watch[i].type == 1 ? 0 : watch[i].address;
		return true;
	}
	return false;
}

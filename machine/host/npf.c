// SPDX-License-Identifier: MIT
// #NPF exits: RMP faults. A private access to a page that nobody owns makes it the guest's, as KVM
// and QEMU do; a size mismatch splits the region; what the RMP denies to a VMPL ends the run, since
// no host can repair it. A private page that the guest accesses as shared memory would lose its
// contents under KVM and QEMU: the machine stops and names it.
#include "hw/ghcb.h"
#include "machine/cpu/rmp.h"
#include "machine/host/host_plane.h"
#include "machine/host/npt.h"

#define REPEATS_MAX 100000u // the same fault so often in a row: nothing changes any more

static struct {
	uint64_t gpa, info;
	unsigned count;
} last_fault[CPUS_MAX];

static const char *access_name(uint64_t info)
{
	if (info & NPF_ID)
		return "fetch";
	return info & NPF_W ? "write" : "read";
}

static void repeat_check(struct plane *plane, uint64_t gpa, uint64_t info)
{
	uint32_t cpu = plane->cpu->index;

	if (last_fault[cpu].gpa != gpa || last_fault[cpu].info != info)
		last_fault[cpu].count = 0;
	last_fault[cpu].gpa = gpa;
	last_fault[cpu].info = info;
	if (++last_fault[cpu].count > REPEATS_MAX)
		machine_stop(plane,
			"VMPL%u: the same nested fault at GPA 0x%lx (0x%lx) again and again",
			plane->vmpl, gpa, info);
}

static _Noreturn void no_memory(struct plane *plane, uint64_t gpa, uint64_t info, const char *what)
{
	machine_stop(plane, "VMPL%u %s at GPA 0x%lx, which is %s (fault 0x%lx)", plane->vmpl,
		access_name(info), gpa, what, info);
}

// The page becomes the guest's, with the 2 MiB around it when all of that is free.
static void private_access(struct plane *plane, uint64_t gpa)
{
	uint64_t region = gpa & LARGE_PAGE_MASK;

	if (host_npt_walk(gpa).large && !host_page_state(region, true, PSC_OP_PRIVATE))
		return;
	if (host_page_state(gpa & PAGE_MASK, false, PSC_OP_PRIVATE))
		machine_stop(plane,
			"VMPL%u: private access to GPA 0x%lx, whose page has another owner",
			plane->vmpl, gpa);
}

static bool is_validated(uint64_t spa)
{
	const struct rmp_entry *entry = NULL;
	bool validated = false;

	spin_lock(&rmp_lock);
	entry = rmp_entry_locked(spa);
	validated = entry && entry->assigned && entry->validated;
	spin_unlock(&rmp_lock);
	return validated;
}

static void shared_access(struct plane *plane, uint64_t gpa, uint64_t spa, uint64_t info)
{
	if (flash_covers(gpa) && flash_share(gpa))
		return;
	if (is_validated(spa))
		machine_stop(plane, "VMPL%u: shared %s at GPA 0x%lx, a validated private page",
			plane->vmpl, access_name(info), gpa);
	if (host_page_state(gpa & PAGE_MASK, false, PSC_OP_SHARED))
		machine_stop(plane, "VMPL%u: shared %s at GPA 0x%lx, which cannot be shared",
			plane->vmpl, access_name(info), gpa);
}

static void rmp_fault(struct plane *plane, uint64_t gpa, uint64_t spa, uint64_t info)
{
	if (info & NPF_VMPL)
		machine_stop(plane, "VMPL%u %s of GPA 0x%lx, which it may not %s", plane->vmpl,
			access_name(info), gpa, info & NPF_ID ? "execute" : access_name(info));
	if (info & NPF_SIZEM) {
		if (host_page_state(gpa & PAGE_MASK, false, PSC_OP_PSMASH))
			machine_stop(plane, "GPA 0x%lx: the 2 MiB entry cannot be split", gpa);
	} else if (info & NPF_ENC) {
		private_access(plane, gpa);
	} else {
		shared_access(plane, gpa, spa, info);
	}
}

void host_npf(struct plane *plane, const struct vmexit *exit)
{
	uint64_t gpa = exit->info_2;
	struct npt_mapping map = {0};

	repeat_check(plane, gpa, exit->info_1);
	if (gpa >> GUEST_PHYS_BITS)
		no_memory(plane, gpa, exit->info_1, "beyond the guest's address space");
	map = host_npt_walk(gpa);
	if (map.kind == NPT_NONE)
		no_memory(plane, gpa, exit->info_1, "no memory");
	if (map.kind == NPT_MMIO)
		no_memory(plane, gpa, exit->info_1, "a device's and cannot be private");
	if (exit->info_1 & NPF_RMP)
		rmp_fault(plane, gpa, map.spa, exit->info_1);
}

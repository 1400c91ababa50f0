// SPDX-License-Identifier: MIT
// What has to be true whenever no request is being served.
#include "kernel/guest_memory.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "kernel/slab.h"
#include "kernel/tempmap.h"
#include "kernel/vcpu.h"
#include "tests/host/fake/internal.h"

static char text[200];
static uint64_t free_at_start;
static uint64_t slab_at_start;

#define WRONG(...) (snprintf(text, sizeof(text), __VA_ARGS__), text)

void check_save(void)
{
	free_at_start = page_count_free();
	slab_at_start = slab_count_used();
}

static bool is_region(uint64_t gpa)
{
	return gpa - KERNEL_GPA < KERNEL_REGION_SIZE;
}

static const char *check_region_page(uint64_t gpa, const struct fake_page *page)
{
	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		if (page->rights[vmpl] != 0)
			return WRONG("kernel page 0x%lx: VMPL %u has rights 0x%x", gpa, vmpl,
				page->rights[vmpl]);
	}
	return NULL;
}

// The kernel may think a page valid that the host has taken: the guest notices. It may never think
// a page not valid that is: it would be validated a second time, and the host could choose which
// of two contents the guest sees.
static const char *check_state(uint64_t gpa, const struct fake_page *page)
{
	bool noted = guest_is_valid(gpa_make(gpa), PAGE_SIZE);
	bool valid = (page->flags & PAGE_VALID) != 0;

	if ((page->flags & PAGE_HIDDEN) != 0 && valid)
		return WRONG("page 0x%lx was validated twice", gpa);
	if ((valid || (page->flags & PAGE_HIDDEN) != 0) && !noted)
		return WRONG("page 0x%lx is valid, and noted as not valid", gpa);
	if (noted && !valid && (page->flags & PAGE_HOSTILE) == 0)
		return WRONG("page 0x%lx is not valid, and noted as valid", gpa);
	return NULL;
}

static const char *check_rights(uint64_t gpa, const struct fake_page *page)
{
	bool hostile = (page->flags & PAGE_HOSTILE) != 0;
	bool vmsa = (page->flags & PAGE_VMSA) != 0;
	bool known = vcpu_find_by_vmsa(gpa_make(gpa)) != NULL;

	if (page->rights[1] != 0)
		return WRONG("page 0x%lx: rights 0x%x for VMPL 1", gpa, page->rights[1]);
	// Those that the guest gave are gone when the page is not its own any more.
	if (page->rights[3] != 0 && !hostile && (known || (page->flags & PAGE_VALID) == 0))
		return WRONG("page 0x%lx: rights 0x%x for VMPL 3", gpa, page->rights[3]);
	if (vmsa != known && !hostile)
		return WRONG(
			"page 0x%lx: VMSA bit %d, in the table of vCPUs: %d", gpa, vmsa, known);
	if (known && (page->rights[2] & ~RMP_PERM_R) != 0)
		return WRONG("VMSA 0x%lx: the guest has rights 0x%x", gpa, page->rights[2]);
	if ((page->flags & PAGE_VALID) == 0)
		return NULL;
	if (!known && !hostile && page->rights[2] != RMP_PERM_RWX)
		return WRONG(
			"page 0x%lx: valid, and the guest has rights 0x%x", gpa, page->rights[2]);
	return NULL;
}

static const char *check_pages(void)
{
	uint64_t noted = 0;

	for (size_t i = 0; i < rmp_touched_count(); i++) {
		uint64_t gpa = rmp_touched_gpa(i);
		const struct fake_page *page = rmp_page(gpa);
		const char *wrong =
			is_region(gpa) ? check_region_page(gpa, page) : check_state(gpa, page);

		if (wrong == NULL && !is_region(gpa))
			wrong = check_rights(gpa, page);
		if (wrong != NULL)
			return wrong;
		noted += guest_is_valid(gpa_make(gpa), PAGE_SIZE);
	}
	if (noted != guest_count_valid())
		return WRONG("%lu pages are noted as valid, of which the RMP knows %lu",
			guest_count_valid(), noted);
	return NULL;
}

static const char *check_cpu(void)
{
	const struct percpu *cpu = this_cpu();

	if (cpu->lock_levels != 0)
		return WRONG("CPU %u holds locks: 0x%x", cpu->cpu->index, cpu->lock_levels);
	for (unsigned int slot = 0; slot < TEMP_SLOT_COUNT; slot++) {
		if (cpu->pt[TEMP_PAGE + slot] != 0)
			return WRONG("CPU %u: slot %u is in use", cpu->cpu->index, slot);
	}
	if (cpu->pd[1] != 0)
		return WRONG("CPU %u: the 2 MiB slot is in use", cpu->cpu->index);
	if (cpu->cpu->vcpu != NULL && cpu->cpu->vcpu->serving)
		return WRONG("CPU %u: its vCPU is being served", cpu->cpu->index);
	return NULL;
}

static const char *check_cpus(void)
{
	uint32_t self = fake_machine.current;
	const char *wrong = NULL;

	for (uint32_t i = 0; i < fake_machine.cpus && wrong == NULL; i++) {
		cpu_select(i);
		wrong = check_cpu();
	}
	cpu_select(self);
	return wrong;
}

// Page states begin with one page and grow by doubling: nothing else stays allocated.
static const char *check_heap(void)
{
	uint64_t taken = free_at_start - page_count_free();

	if (slab_count_used() != slab_at_start)
		return WRONG("%lu small objects more than at the start",
			slab_count_used() - slab_at_start);
	if ((taken & (taken + 1)) != 0 || taken >= GUEST_STATE_BYTES_MAX / PAGE_SIZE)
		return WRONG("%ld pages of the heap are lost", (long)taken);
	return NULL;
}

const char *fake_check(void)
{
	const char *wrong = check_cpus();

	if (wrong == NULL)
		wrong = check_heap();
	if (wrong == NULL)
		wrong = check_pages();
	return wrong;
}

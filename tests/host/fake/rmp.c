// SPDX-License-Identifier: MIT
// PVALIDATE and RMPADJUST (APM 3), and what a host can do to pages meanwhile.
#include <string.h>

#include "kernel/cpu.h"
#include "tests/host/fake/internal.h"

static uint64_t running_vmsa;
static uint64_t running_times;

void fake_vmsa_run(uint64_t gpa, uint64_t times)
{
	running_vmsa = gpa;
	running_times = times;
}

static bool is_region(uint64_t gpa)
{
	return gpa - KERNEL_GPA < KERNEL_REGION_SIZE;
}

// The page is exchanged for one that was never valid, or the two change places again.
static void page_exchange(struct fake_page *page)
{
	bool was_valid = (page->flags & PAGE_VALID) != 0;
	bool hidden = (page->flags & PAGE_HIDDEN) != 0;

	page->flags &= (uint8_t) ~(PAGE_VALID | PAGE_HIDDEN);
	page->flags |= (uint8_t)((was_valid ? PAGE_HIDDEN : 0) | (hidden ? PAGE_VALID : 0));
}

static void page_attack(uint64_t gpa, enum fake_attack attack)
{
	struct fake_page *page = rmp_page_touch(gpa);

	page->flags |= PAGE_HOSTILE;
	switch (attack) {
	case FAKE_TAKE:
		page->flags &= (uint8_t) ~(PAGE_VALID | PAGE_VMSA | PAGE_SHARED);
		memset(page->rights, 0, sizeof(page->rights));
		memset(fake_ptr_write(gpa, PAGE_SIZE), 0xa5, PAGE_SIZE);
		break;
	case FAKE_EXCHANGE:
		page_exchange(page);
		break;
	case FAKE_SHARE:
		page->flags &= (uint8_t) ~(PAGE_VALID | PAGE_VMSA);
		page->flags |= PAGE_SHARED;
		memset(page->rights, 0, sizeof(page->rights));
		break;
	case FAKE_SMASH:
	case FAKE_RENEW:
		break;
	}
}

static void piece_renew(uint64_t gpa)
{
	uint64_t start = ALIGN_DOWN(gpa, HUGE_PAGE_SIZE);

	for (uint64_t at = start; at < start + HUGE_PAGE_SIZE; at += PAGE_SIZE)
		page_attack(at, FAKE_EXCHANGE);
	rmp_split(start, false);
	memory_tlb_drop();
}

void fake_attack(uint64_t gpa, enum fake_attack attack)
{
	if (attack == FAKE_RENEW) {
		piece_renew(gpa);
		return;
	}
	gpa = ALIGN_DOWN(gpa, PAGE_SIZE);
	rmp_split(gpa, true);
	page_attack(gpa, attack);
	// The host cannot take a page away without a flush.
	memory_tlb_drop();
	if (is_region(gpa))
		memory_region_sync(gpa - KERNEL_GPA + KERNEL_VA);
}

// A piece of 2 MiB goes as a whole.
static void attack_piece(uint64_t gpa, uint64_t size, enum fake_attack attack)
{
	if (size != HUGE_PAGE_SIZE || attack == FAKE_SMASH || !rmp_is_huge(gpa)) {
		fake_attack(gpa, attack);
		return;
	}
	for (uint64_t at = gpa; at < gpa + HUGE_PAGE_SIZE; at += PAGE_SIZE)
		page_attack(at, attack);
	memory_tlb_drop();
}

void rmp_access(uint64_t gpa, uint64_t size)
{
	if (is_region(gpa))
		return;
	if (fake_armed.meanwhile != NULL)
		fake_armed.meanwhile(gpa);
	if (!fake_armed_hit(&fake_armed.access, &fake_armed.access_left))
		return;
	attack_piece(ALIGN_DOWN(gpa, PAGE_SIZE), size, fake_armed.attack);
	if (!fake_armed.access_again)
		return;
	fake_armed.access = true;
	fake_armed.access_left = fake_armed.access_later;
	fake_armed.access_again = false;
	fake_armed.happened = false;
}

// What both instructions check. False: `result` says why.
static bool operand(uint64_t va, uint32_t page_size, uint64_t *gpa, struct cpu_rmp_result *result)
{
	uint64_t size = page_size == RMP_PAGE_2M ? HUGE_PAGE_SIZE : PAGE_SIZE;
	struct fake_mapping mapping = {0};

	if (page_size > RMP_PAGE_2M || !IS_ALIGNED(va, size))
		fake_die("PVALIDATE or RMPADJUST of 0x%lx with page size %u", va, page_size);
	if (!fake_walk(va, &mapping) || !mapping.encrypted ||
		(page_size == RMP_PAGE_2M && !mapping.huge))
		fake_die("PVALIDATE or RMPADJUST: 0x%lx is not mapped private, or too small", va);
	*gpa = mapping.gpa;
	rmp_access(*gpa, size);
	if (!is_region(*gpa) && fake_armed_hit(&fake_armed.rmp, &fake_armed.rmp_left)) {
		result->code = fake_armed.rmp_code;
		return false;
	}
	if ((rmp_page(*gpa)->flags & PAGE_SHARED) != 0) {
		if (is_region(*gpa))
			fake_die("PVALIDATE or RMPADJUST of the shared page 0x%lx", *gpa);
		// A nested page fault; hosts make the page private.
		rmp_set_shared(*gpa, false, false);
	}
	if (page_size == RMP_PAGE_2M && !rmp_is_huge(*gpa)) {
		result->code = RMP_FAIL_SIZEMISMATCH;
		return false;
	}
	// A nested page fault too; hosts split the piece.
	if (page_size == RMP_PAGE_4K)
		rmp_split(*gpa, true);
	return true;
}

struct cpu_rmp_result cpu_pvalidate(uint64_t va, uint32_t page_size, bool valid)
{
	uint64_t count = page_size == RMP_PAGE_2M ? 512 : 1;
	struct cpu_rmp_result result = {0};
	uint64_t gpa = 0;

	if (!operand(va, page_size, &gpa, &result))
		return result;
	result.unchanged = ((rmp_page(gpa)->flags & PAGE_VALID) != 0) == valid;
	for (uint64_t i = 0; i < count && !result.unchanged; i++) {
		struct fake_page *page = rmp_page_touch(gpa + i * PAGE_SIZE);

		page->flags &= (uint8_t)~PAGE_VALID;
		page->flags |= valid ? PAGE_VALID : 0;
		if (is_region(gpa))
			memory_region_sync(gpa + i * PAGE_SIZE - KERNEL_GPA + KERNEL_VA);
	}
	return result;
}

static bool is_running(uint64_t gpa)
{
	if (gpa != running_vmsa || running_times == 0)
		return false;
	running_times--;
	return true;
}

struct cpu_rmp_result cpu_rmpadjust(uint64_t va, uint32_t page_size, uint64_t attributes)
{
	uint64_t count = page_size == RMP_PAGE_2M ? 512 : 1;
	unsigned int vmpl = attributes & 0xff;
	struct cpu_rmp_result result = {0};
	uint64_t gpa = 0;

	if (vmpl == 0 || vmpl >= VMPL_COUNT || (attributes & ~0x1ffffull) != 0)
		fake_die("RMPADJUST with 0x%lx", attributes);
	if (!operand(va, page_size, &gpa, &result))
		return result;
	for (uint64_t i = 0; i < count; i++) {
		// #VC
		result.faulted |= (rmp_page(gpa + i * PAGE_SIZE)->flags & PAGE_VALID) == 0;
	}
	if (result.faulted)
		return result;
	if (is_running(gpa)) {
		result.code = RMP_FAIL_INUSE;
		return result;
	}
	for (uint64_t i = 0; i < count; i++) {
		struct fake_page *page = rmp_page_touch(gpa + i * PAGE_SIZE);

		page->rights[vmpl] = (uint8_t)(attributes >> RMPADJUST_PERM_SHIFT);
		page->flags &= (uint8_t)~PAGE_VMSA;
		page->flags |= (attributes & RMPADJUST_VMSA) != 0 ? PAGE_VMSA : 0;
	}
	return result;
}

void fake_guest_gives(uint64_t gpa, uint8_t rights)
{
	const struct fake_page *page = rmp_page(gpa);

	if ((page->flags & (PAGE_VALID | PAGE_VMSA)) != PAGE_VALID ||
		(rights & ~page->rights[SVSM_GUEST_VMPL]) != 0)
		return;
	rmp_split(gpa, true);
	rmp_page_touch(gpa)->rights[SVSM_GUEST_VMPL + 1] = rights;
}

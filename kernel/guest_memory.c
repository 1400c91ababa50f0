// SPDX-License-Identifier: MIT
#include "kernel/guest_memory.h"

#include "kernel/copy.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/memmap.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/platform.h"
#include "kernel/tempmap.h"
#include "kernel/terminate.h"
#include "kernel/vcpu.h"
#include "lib/rle.h"

#define STATE_ORDER_MAX 5 // 128 KiB
_Static_assert(PAGE_SIZE << STATE_ORDER_MAX == GUEST_STATE_BYTES_MAX, "GUEST_STATE_BYTES_MAX");

struct spinlock guest_lock = SPINLOCK(LOCK_GUEST);

// under guest_lock
static struct rle valid_pages;
static unsigned int state_order;

static size_t state_capacity(unsigned int order)
{
	return (PAGE_SIZE << order) / sizeof(uint64_t);
}

void guest_memory_init(void)
{
	uint64_t *ends = page_alloc();

	if (ends == NULL)
		terminate(TERMINATE_NO_MEMORY);
	if (!rle_init(&valid_pages, ends, state_capacity(0), gpa_page(memmap_end())))
		terminate(TERMINATE_MEMORY_MAP);
}

static uint64_t size_bytes(uint32_t page_size)
{
	return page_size == RMP_PAGE_2M ? HUGE_PAGE_SIZE : PAGE_SIZE;
}

// So that noting a change that the RMP has seen already cannot fail.
static MUST_USE enum error state_reserve(gpa_t page, uint32_t page_size, bool valid)
{
	if (rle_fits(&valid_pages, gpa_page(page), size_bytes(page_size) / PAGE_SIZE, valid))
		return OK;
	if (state_order == STATE_ORDER_MAX)
		return ERR_LIMIT;
	uint64_t *larger = page_alloc_order(state_order + 1);

	if (larger == NULL)
		return ERR_NO_MEMORY;
	uint64_t *old = rle_move(&valid_pages, larger, state_capacity(state_order + 1));

	KERNEL_ASSERT(old != NULL);
	page_free_order(old, state_order);
	state_order++;
	return OK;
}

static void state_set(gpa_t page, uint32_t page_size, bool valid)
{
	bool done = rle_set(&valid_pages, gpa_page(page), size_bytes(page_size) / PAGE_SIZE, valid);

	KERNEL_ASSERT(done);
}

// Whether all of it has this state; some of it only is a mismatch of sizes.
static MUST_USE enum error state_expect(gpa_t page, uint32_t page_size, bool valid)
{
	uint64_t count = size_bytes(page_size) / PAGE_SIZE;

	if (rle_all(&valid_pages, gpa_page(page), count, valid))
		return OK;
	if (rle_all(&valid_pages, gpa_page(page), count, !valid))
		return ERR_RMP_UNCHANGED;
	return ERR_RMP_SIZEMISMATCH;
}

bool guest_is_valid(gpa_t start, uint64_t size)
{
	uint64_t end = gpa_value(start) + size + PAGE_SIZE - 1;

	return rle_all(&valid_pages, gpa_page(start), (end >> PAGE_SHIFT) - gpa_page(start), true);
}

static vaddr_t page_map(gpa_t page, uint32_t page_size)
{
	return page_size == RMP_PAGE_2M ? tempmap_huge(page) : tempmap_page(TEMP_PAGE_STATE, page);
}

static void page_unmap(uint32_t page_size)
{
	if (page_size == RMP_PAGE_2M)
		tempmap_unmap_huge();
	else
		tempmap_unmap(TEMP_PAGE_STATE);
}

typedef enum error (*page_step)(vaddr_t va, uint32_t page_size);

// The host may split a large page at any time: then step by step, as far as it goes.
static MUST_USE enum error page_step_back(vaddr_t va, uint32_t page_size, page_step step)
{
	enum error err = step(va, page_size);

	if (err != ERR_RMP_SIZEMISMATCH)
		return err;
	err = OK;
	for (uint64_t at = 0; at < size_bytes(page_size) && err == OK; at += PAGE_SIZE)
		err = step(vaddr_add(va, at), RMP_PAGE_4K);
	return err;
}

static MUST_USE enum error step_invalidate(vaddr_t va, uint32_t page_size)
{
	return platform_page_validate(va, page_size, false);
}

// Takes a validation back that did not come to its end. If the processor does not confirm it, the
// host has put another page there: the valid one, neither zeroed nor noted, is in its hands, and it
// could bring that one back behind a page that the guest has validated later.
static void page_take_back(vaddr_t va, uint32_t page_size)
{
	if (page_step_back(va, page_size, step_invalidate) != OK)
		terminate(TERMINATE_NOT_VALIDATED);
}

// Zeroed before it is granted: the host may have put here a page that the kernel used elsewhere.
static MUST_USE enum error page_validate_mapped(
	vaddr_t va, uint32_t page_size, bool accept_unchanged)
{
	enum error err = platform_page_validate(va, page_size, true);

	if (err != OK && !(err == ERR_RMP_UNCHANGED && accept_unchanged))
		return err;
	err = zero_may_fault(vaddr_to_ptr(va), size_bytes(page_size)) ? OK : ERR_FAULT;
	if (err == OK)
		err = platform_page_grant(va, page_size);
	if (err != OK)
		page_take_back(va, page_size);
	return err;
}

enum error guest_page_validate(gpa_t page, uint32_t page_size, bool accept_unchanged)
{
	KERNEL_ASSERT(spinlock_is_held(&guest_lock));
	enum error err = state_expect(page, page_size, false);

	if (err == OK)
		err = state_reserve(page, page_size, true);
	if (err != OK)
		return err;
	err = page_validate_mapped(page_map(page, page_size), page_size, accept_unchanged);
	page_unmap(page_size);
	if (err == OK)
		state_set(page, page_size, true);
	return err;
}

// "Unchanged", and a fault: the host has put another page there, and can put the valid one back. So
// the page stays noted as valid, and is never validated a second time.
static MUST_USE enum error page_invalidate_mapped(vaddr_t va, uint32_t page_size)
{
	enum error err = platform_page_revoke(va, page_size);

	if (err == OK)
		err = platform_page_validate(va, page_size, false);
	if (err != OK)
		// as it was, if the host lets us
		error_ignore(page_step_back(va, page_size, platform_page_grant));
	return err == ERR_RMP_UNCHANGED ? ERR_FAULT : err;
}

enum error guest_page_invalidate(gpa_t page, uint32_t page_size)
{
	KERNEL_ASSERT(spinlock_is_held(&guest_lock));
	enum error err = state_expect(page, page_size, true);

	if (err == OK)
		err = state_reserve(page, page_size, false);
	if (err != OK)
		return err;
	err = page_invalidate_mapped(page_map(page, page_size), page_size);
	page_unmap(page_size);
	if (err == OK)
		state_set(page, page_size, false);
	return err;
}

enum error guest_page_adopt(gpa_t page, uint32_t page_size)
{
	KERNEL_ASSERT(spinlock_is_held(&guest_lock));
	enum error err = state_expect(page, page_size, false);

	if (err == OK)
		err = state_reserve(page, page_size, true);
	if (err != OK)
		return err;
	err = platform_page_grant(page_map(page, page_size), page_size);
	page_unmap(page_size);
	if (err == OK)
		state_set(page, page_size, true);
	return err;
}

bool guest_next_valid(uint64_t page, struct rle_run *run)
{
	KERNEL_ASSERT(spinlock_is_held(&guest_lock));
	return rle_next(&valid_pages, page, true, run);
}

// One run is left, which the smallest array holds.
void guest_forget_all(void)
{
	KERNEL_ASSERT(spinlock_is_held(&guest_lock));
	rle_clear(&valid_pages);
	uint64_t *smallest = state_order > 0 ? page_alloc() : NULL;

	if (smallest == NULL)
		return;
	uint64_t *old = rle_move(&valid_pages, smallest, state_capacity(0));

	KERNEL_ASSERT(old != NULL);
	page_free_order(old, state_order);
	state_order = 0;
}

uint64_t guest_count_valid(void)
{
	return rle_count(&valid_pages, true);
}

size_t guest_count_runs(void)
{
	return valid_pages.run_count;
}

// One page's part of a copy.
static MUST_USE enum error copy_piece(gpa_t guest, void *kernel, size_t size, bool out)
{
	gpa_t page = gpa_align_down(guest, PAGE_SIZE);

	if (!memmap_is_guest(page, PAGE_SIZE) || !guest_is_valid(page, PAGE_SIZE) ||
		vcpu_find_by_vmsa(page) != NULL)
		return ERR_INVALID_ADDRESS;
	uint8_t *va = vaddr_to_ptr(tempmap_page(TEMP_COPY, page));
	bool done = out ? copy_may_fault(va + gpa_offset(guest), kernel, size)
			: copy_may_fault(kernel, va + gpa_offset(guest), size);

	tempmap_unmap(TEMP_COPY);
	return done ? OK : ERR_FAULT;
}

static MUST_USE enum error copy_pieces(gpa_t guest, uint8_t *kernel, size_t size, bool out)
{
	enum error err = OK;

	while (size > 0 && err == OK) {
		size_t piece = MIN(size, PAGE_SIZE - gpa_offset(guest));

		spinlock_acquire(&guest_lock);
		err = copy_piece(guest, kernel, piece, out);
		spinlock_release(&guest_lock);
		guest = gpa_add(guest, piece);
		kernel += piece;
		size -= piece;
	}
	return err;
}

enum error guest_copy_in(void *dst, gpa_t src, size_t size)
{
	return copy_pieces(src, dst, size, false);
}

enum error guest_copy_out(gpa_t dst, const void *src, size_t size)
{
	return copy_pieces(dst, (uint8_t *)src, size, true);
}

// SPDX-License-Identifier: MIT
/*
 * Goes through the runs of valid pages in pieces of 2 MiB, since a step on a whole piece costs as
 * much as one on a page. The host may back a piece with small pages, or the guest may have
 * validated it in small ones: the processor says so, and it is done in small steps.
 */
#include "kernel/guest_withdraw.h"

#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/memmap.h"
#include "kernel/panic.h"
#include "kernel/platform.h"
#include "kernel/tempmap.h"
#include "lib/rle.h"

typedef enum error (*page_step)(vaddr_t va, uint32_t page_size);

static MUST_USE enum error step_invalidate(vaddr_t va, uint32_t page_size)
{
	enum error err = platform_page_validate(va, page_size, false);

	return err == ERR_RMP_UNCHANGED ? ERR_FAULT : err;
}

// [start, end) of the piece that va maps, small pages one by one; *done: how far it came.
static MUST_USE enum error piece_small(
	vaddr_t va, uint64_t start, uint64_t end, page_step step, uint64_t *done)
{
	enum error err = OK;

	for (*done = start; *done < end && err == OK;) {
		err = step(vaddr_add(va, *done), RMP_PAGE_4K);
		if (err == OK)
			*done += PAGE_SIZE;
	}
	return err;
}

// Offsets within the 2 MiB from `base` on.
static MUST_USE enum error piece_run(
	gpa_t base, uint64_t start, uint64_t end, page_step step, uint64_t *done)
{
	vaddr_t va = tempmap_huge(base);
	enum error err = ERR_RMP_SIZEMISMATCH;

	*done = start;
	if (end - start == HUGE_PAGE_SIZE)
		err = step(va, RMP_PAGE_2M);
	if (err == OK)
		*done = end;
	else if (err == ERR_RMP_SIZEMISMATCH)
		err = piece_small(va, start, end, step, done);
	tempmap_unmap_huge();
	return err;
}

// Every valid page below `limit`. *reached: the first that was not done.
static MUST_USE enum error for_each_valid(page_step step, uint64_t limit, uint64_t *reached)
{
	struct rle_run run;
	enum error err = OK;

	for (uint64_t at = 0; err == OK && guest_next_valid(at, &run);) {
		uint64_t start = run.start << PAGE_SHIFT;
		uint64_t base = start & ~(HUGE_PAGE_SIZE - 1);
		uint64_t end = MIN((run.start + run.size) << PAGE_SHIFT, base + HUGE_PAGE_SIZE);
		uint64_t done = 0;

		end = MIN(end, limit);
		*reached = start;
		if (start >= end)
			break;
		err = piece_run(gpa_make(base), start - base, end - base, step, &done);
		*reached = base + done;
		at = *reached >> PAGE_SHIFT;
	}
	return err;
}

// A page that the host has taken meanwhile is missed by nobody but the guest.
static MUST_USE enum error step_give_back(vaddr_t va, uint32_t page_size)
{
	enum error err = platform_page_grant(va, page_size);

	if (err == OK || err == ERR_RMP_SIZEMISMATCH)
		return err;
	log_error("a page cannot be given back to the guest: error 0x%x", err);
	return OK;
}

// Up to the end of the 2 MiB that hold `last`: a step on a large piece may have done half of it.
static void give_back_until(uint64_t last)
{
	uint64_t limit = (last | (HUGE_PAGE_SIZE - 1)) + 1;
	uint64_t reached = 0;

	error_ignore(for_each_valid(step_give_back, limit, &reached)); // no step fails
}

enum error guest_withdraw(void)
{
	uint64_t reached = 0;

	spinlock_acquire(&guest_lock);
	enum error err = for_each_valid(platform_page_revoke, UINT64_MAX, &reached);

	if (err != OK) {
		log_warn("page 0x%lx cannot be taken from the guest: error 0x%x", reached, err);
		give_back_until(reached);
	}
	spinlock_release(&guest_lock);
	return err;
}

void guest_give_back(void)
{
	spinlock_acquire(&guest_lock);
	give_back_until(UINT64_MAX - HUGE_PAGE_SIZE);
	spinlock_release(&guest_lock);
}

// What the guest had shared with the host is private from here on, so that no device of the old
// boot's can reach it.
static MUST_USE enum error make_all_private(void)
{
	gpa_t start = {0};
	uint64_t size = 0;
	enum error err = OK;

	for (size_t i = 0; err == OK && memmap_range(i, &start, &size); i++)
		err = platform_page_make_private(start, size);
	return err;
}

enum error guest_take_back(void)
{
	uint64_t reached = 0;

	spinlock_acquire(&guest_lock);
	enum error err = for_each_valid(step_invalidate, UINT64_MAX, &reached);

	if (err != OK)
		log_error("page 0x%lx of the guest's is not there: error 0x%x", reached, err);
	else
		guest_forget_all();
	spinlock_release(&guest_lock);
	return err == OK ? make_all_private() : err;
}

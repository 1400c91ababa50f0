// SPDX-License-Identifier: MIT
/*
 * Guest memory: the state of each 4 KiB page, and the one way to copy from and to it.
 *
 * A page is valid or not (a run-length bitmap). Two further kinds stand in the table of vCPUs
 * (vcpu.h): VMSA pages, which the guest cannot reach, and calling areas.
 *
 * guest_lock is held across look, change of the RMP, and note, so PVALIDATE, CREATE_VCPU,
 * DELETE_VCPU and REMAP_CA on several CPUs each see the others wholly done or not begun.
 */
#ifndef KERNEL_GUEST_MEMORY_H
#define KERNEL_GUEST_MEMORY_H

#include "kernel/error.h"
#include "kernel/spinlock.h"
#include "lib/addr.h"

extern struct spinlock guest_lock;

// Bytes that the page states may take at most (see docs/kernel.md).
#define GUEST_STATE_BYTES_MAX KIB(128)

void guest_memory_init(void);

// Copies between kernel and guest; may cross pages. ERR_INVALID_ADDRESS: not valid memory of the
// guest's, or a VMSA; ERR_FAULT: the host took it away. Take guest_lock themselves.
MUST_USE enum error guest_copy_in(void *dst, gpa_t src, size_t size);
MUST_USE enum error guest_copy_out(gpa_t dst, const void *src, size_t size);

// The rest needs guest_lock held.

// Whether all these pages are valid.
MUST_USE bool guest_is_valid(gpa_t start, uint64_t size);

// One page of RMP_PAGE_4K or RMP_PAGE_2M, checked to be the guest's: PVALIDATE, zero, grant to the
// guest. ERR_RMP_UNCHANGED if it is valid already, ERR_RMP_SIZEMISMATCH if a part is.
// accept_unchanged: not an error that the processor finds it validated.
MUST_USE enum error guest_page_validate(gpa_t page, uint32_t page_size, bool accept_unchanged);

// Revoke from the guest, PVALIDATE to invalid. No flush of TLBs: the page's next owner is the host,
// which flushes when it takes the page.
MUST_USE enum error guest_page_invalidate(gpa_t page, uint32_t page_size);

// Pages that launch has validated: gives them to the guest as they are.
MUST_USE enum error guest_page_adopt(gpa_t page, uint32_t page_size);

// The first run of valid pages at or after this page number, as rle_next gives it.
struct rle_run;
MUST_USE bool guest_next_valid(uint64_t page, struct rle_run *run);

// No page is valid any more, which the caller has seen to.
void guest_forget_all(void);

// For tests and logs: valid pages, and entries of the run-length bitmap.
uint64_t guest_count_valid(void);
size_t guest_count_runs(void);

#endif

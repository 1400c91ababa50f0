// SPDX-License-Identifier: MIT
// Pages of the kernel's heap: a buddy allocator. Pages come zeroed.
#ifndef KERNEL_PAGE_H
#define KERNEL_PAGE_H

#include "kernel/error.h"
#include "lib/addr.h"

#define PAGE_ORDER_MAX 9 // 2 MiB

// Manages start .. end, of which nothing is usable yet. The first `bookkeeping` bytes that it
// reports are used by itself and must be validated already.
size_t page_bookkeeping_size(gpa_t start, gpa_t end);
void page_init(gpa_t start, gpa_t end);

// Hands over whole validated pages within that range.
void page_add(gpa_t start, uint64_t size);

// 2^order pages, aligned to their size, mapped and zeroed; NULL: no memory.
MUST_USE void *page_alloc_order(unsigned int order);
void page_free_order(void *page, unsigned int order);

MUST_USE static inline void *page_alloc(void)
{
	return page_alloc_order(0);
}

static inline void page_free(void *page)
{
	page_free_order(page, 0);
}

// In pages.
uint64_t page_count_free(void);
uint64_t page_count_total(void);

#endif

// SPDX-License-Identifier: MIT
// Pages of guest memory for the tests, below the kernel and far from what a firmware has.
#ifndef SUITE_GUEST_PAGES_H
#define SUITE_GUEST_PAGES_H

#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "lib/addr.h"

#define GUEST_TEST_GPA 0x02000000ull // a multiple of 2 MiB

// Page n from there on
static inline gpa_t guest_page(uint64_t n)
{
	return gpa_make(GUEST_TEST_GPA + n * PAGE_SIZE);
}

// The kernel's functions, under guest_lock (guest_pages.c)
enum error page_valid(gpa_t page, uint32_t size);
enum error page_invalid(gpa_t page, uint32_t size);
enum error page_adopt(gpa_t page, uint32_t size);
bool page_is_valid(gpa_t page);

// As the host gives pages to a guest; ends the suite when it does not.
void pages_make_private(gpa_t start, uint64_t count);

// Pages from guest_page(first) on, private and valid; and back.
void pages_open(uint64_t first, uint64_t count);
void pages_close(uint64_t first, uint64_t count);

#endif

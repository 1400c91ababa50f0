// SPDX-License-Identifier: MIT
#include "tests/svsm/guest_pages.h"

#include "tests/svsm/suite.h"

enum error page_valid(gpa_t page, uint32_t size)
{
	spinlock_acquire(&guest_lock);
	enum error err = guest_page_validate(page, size, false);

	spinlock_release(&guest_lock);
	return err;
}

enum error page_invalid(gpa_t page, uint32_t size)
{
	spinlock_acquire(&guest_lock);
	enum error err = guest_page_invalidate(page, size);

	spinlock_release(&guest_lock);
	return err;
}

enum error page_adopt(gpa_t page, uint32_t size)
{
	spinlock_acquire(&guest_lock);
	enum error err = guest_page_adopt(page, size);

	spinlock_release(&guest_lock);
	return err;
}

bool page_is_valid(gpa_t page)
{
	spinlock_acquire(&guest_lock);
	bool valid = guest_is_valid(page, PAGE_SIZE);

	spinlock_release(&guest_lock);
	return valid;
}

void pages_make_private(gpa_t start, uint64_t count)
{
	if (platform_page_make_private(start, count * PAGE_SIZE) != OK)
		suite_abort("the host does not make 0x%lx private", gpa_value(start));
}

void pages_open(uint64_t first, uint64_t count)
{
	pages_make_private(guest_page(first), count);
	for (uint64_t i = 0; i < count; i++) {
		if (page_valid(guest_page(first + i), RMP_PAGE_4K) != OK)
			suite_abort("page %lu cannot be validated", first + i);
	}
}

void pages_close(uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		if (page_invalid(guest_page(first + i), RMP_PAGE_4K) != OK)
			suite_abort("page %lu cannot be made invalid", first + i);
	}
}

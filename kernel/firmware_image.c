// SPDX-License-Identifier: MIT
/*
 * Firmware images are 4 MiB and more, of which half is filler: a page of equal bytes is kept as
 * that byte, any other as a copy.
 */
#include "kernel/firmware_image.h"

#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "lib/string.h"

// A page of the image: its copy; NULL: all its bytes are `fill`.
struct kept_page {
	uint8_t *copy;
	uint8_t fill;
};

static struct boot_range kept; // size 0: nothing
static struct kept_page *pages;
static unsigned int pages_order;

static size_t page_count(struct boot_range image)
{
	return image.size / PAGE_SIZE;
}

static bool is_filler(const uint8_t *page)
{
	return memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

static MUST_USE enum error keep_page(gpa_t gpa, struct kept_page *page)
{
	uint8_t *buffer = this_cpu()->request_buffer;
	enum error err = guest_copy_in(buffer, gpa, PAGE_SIZE);

	page->fill = buffer[0];
	if (err != OK || is_filler(buffer))
		return err;
	page->copy = page_alloc();
	if (page->copy == NULL)
		return ERR_NO_MEMORY;
	memcpy(page->copy, buffer, PAGE_SIZE);
	return OK;
}

static void drop(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (pages[i].copy != NULL)
			page_free(pages[i].copy);
	}
	page_free_order(pages, pages_order);
	pages = NULL;
}

static MUST_USE enum error table_alloc(size_t count)
{
	pages_order = 0;
	while (PAGE_SIZE << pages_order < count * sizeof(pages[0])) {
		if (pages_order == PAGE_ORDER_MAX)
			return ERR_NO_MEMORY;
		pages_order++;
	}
	pages = page_alloc_order(pages_order);
	return pages != NULL ? OK : ERR_NO_MEMORY;
}

enum error firmware_image_keep(struct boot_range image)
{
	uint64_t free_before = page_count_free();
	enum error err = table_alloc(page_count(image));

	if (err != OK)
		return err;
	for (size_t i = 0; i < page_count(image); i++) {
		err = keep_page(gpa_make(image.gpa + i * PAGE_SIZE), &pages[i]);
		if (err != OK) {
			drop(i);
			return err;
		}
	}
	kept = image;
	log_info("firmware: copy for reboots, %lu KiB",
		TO_KIB((free_before - page_count_free()) * PAGE_SIZE));
	return OK;
}

bool firmware_image_is_kept(void)
{
	return kept.size != 0;
}

enum error firmware_image_restore(void)
{
	uint8_t *buffer = this_cpu()->request_buffer;
	enum error err = OK;

	for (size_t i = 0; i < page_count(kept) && err == OK; i++) {
		const uint8_t *from = pages[i].copy;

		if (from == NULL) {
			memset(buffer, pages[i].fill, PAGE_SIZE);
			from = buffer;
		}
		err = guest_copy_out(gpa_make(kept.gpa + i * PAGE_SIZE), from, PAGE_SIZE);
	}
	return err;
}

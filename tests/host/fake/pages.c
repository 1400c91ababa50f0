// SPDX-License-Identifier: MIT
// The state of each guest-physical page: one RMP entry for each address, since there is one guest
// and one page behind each of its addresses, save those that the host exchanged (rmp.c).
#include <string.h>

#include "tests/host/fake/internal.h"

#define PAGES_ALL (FAKE_GPA_END / PAGE_SIZE)
#define HUGE_ALL  (FAKE_GPA_END / HUGE_PAGE_SIZE)

static struct fake_page pages[PAGES_ALL];
static bool is_split[HUGE_ALL]; // by 2 MiB: the host backs it with small pages
static bool is_split_saved[HUGE_ALL];

static uint32_t touched[PAGES_ALL];
static size_t touched_count;

static struct {
	uint32_t page;
	struct fake_page state;
	uint8_t *contents;
} * saved;
static size_t saved_count;

static uint64_t kept_valid; // see fake_keep_valid()

struct fake_page *rmp_page(uint64_t gpa)
{
	if (gpa >= FAKE_GPA_END)
		fake_die("no RMP entry for GPA 0x%lx", gpa);
	return &pages[gpa / PAGE_SIZE];
}

struct fake_page *rmp_page_touch(uint64_t gpa)
{
	struct fake_page *page = rmp_page(gpa);

	if ((page->flags & PAGE_TOUCHED) == 0)
		touched[touched_count++] = (uint32_t)(gpa / PAGE_SIZE);
	page->flags |= PAGE_TOUCHED;
	return page;
}

size_t rmp_touched_count(void)
{
	return touched_count;
}

uint64_t rmp_touched_gpa(size_t i)
{
	return (uint64_t)touched[i] * PAGE_SIZE;
}

static void pages_forget(void)
{
	for (size_t i = 0; i < touched_count; i++) {
		if ((pages[touched[i]].flags & PAGE_WRITTEN) != 0)
			memset(fake_ptr(rmp_touched_gpa(i)), 0, PAGE_SIZE);
		pages[touched[i]] = (struct fake_page){0};
	}
	touched_count = 0;
}

void rmp_restart(void)
{
	kept_valid = UINT64_MAX;
	pages_forget();
	memset(is_split, 0, sizeof(is_split));
}

static void saved_forget(void)
{
	for (size_t i = 0; i < saved_count; i++)
		free(saved[i].contents);
	free(saved);
	saved = NULL;
	saved_count = 0;
}

void rmp_save(void)
{
	saved_forget();
	saved = calloc(touched_count, sizeof(*saved));
	if (saved == NULL)
		fake_die("no memory");
	saved_count = touched_count;
	for (size_t i = 0; i < saved_count; i++) {
		saved[i].page = touched[i];
		saved[i].state = pages[touched[i]];
		if ((saved[i].state.flags & PAGE_WRITTEN) == 0)
			continue;
		saved[i].contents = malloc(PAGE_SIZE);
		if (saved[i].contents == NULL)
			fake_die("no memory");
		memcpy(saved[i].contents, fake_ptr(rmp_touched_gpa(i)), PAGE_SIZE);
	}
	memcpy(is_split_saved, is_split, sizeof(is_split));
}

void rmp_restore(void)
{
	pages_forget();
	for (size_t i = 0; i < saved_count; i++) {
		touched[i] = saved[i].page;
		pages[saved[i].page] = saved[i].state;
		if (saved[i].contents != NULL)
			memcpy(fake_ptr((uint64_t)saved[i].page * PAGE_SIZE), saved[i].contents,
				PAGE_SIZE);
	}
	touched_count = saved_count;
	memcpy(is_split, is_split_saved, sizeof(is_split));
}

bool rmp_is_huge(uint64_t gpa)
{
	return !is_split[gpa / HUGE_PAGE_SIZE];
}

void rmp_split(uint64_t gpa, bool split)
{
	is_split[gpa / HUGE_PAGE_SIZE] = split;
}

void rmp_set_shared(uint64_t gpa, bool shared, bool huge)
{
	uint64_t start = huge ? ALIGN_DOWN(gpa, HUGE_PAGE_SIZE) : gpa;

	for (uint64_t at = start; at < start + (huge ? HUGE_PAGE_SIZE : PAGE_SIZE);
		at += PAGE_SIZE) {
		struct fake_page *page = rmp_page_touch(at);

		// RMPUPDATE: not valid, and nobody below VMPL 0 has rights.
		page->flags &= PAGE_TOUCHED | PAGE_WRITTEN | PAGE_HOSTILE | PAGE_HIDDEN;
		page->flags |= shared ? PAGE_SHARED : 0;
		page->flags |= !shared && at == kept_valid ? PAGE_VALID : 0;
		memset(page->rights, 0, sizeof(page->rights));
	}
	rmp_split(start, !huge || ALIGN_DOWN(kept_valid, HUGE_PAGE_SIZE) == start);
}

void rmp_set_launched(uint64_t gpa, uint64_t size)
{
	for (uint64_t at = gpa; at < gpa + size; at += PAGE_SIZE)
		rmp_page_touch(at)->flags |= PAGE_VALID;
	for (uint64_t at = ALIGN_DOWN(gpa, HUGE_PAGE_SIZE); at < gpa + size; at += HUGE_PAGE_SIZE)
		rmp_split(at, true);
}

void fake_keep_valid(uint64_t gpa)
{
	kept_valid = gpa;
}

bool fake_is_valid(uint64_t gpa)
{
	return (rmp_page(gpa)->flags & (PAGE_VALID | PAGE_SHARED)) == PAGE_VALID;
}

bool fake_is_shared(uint64_t gpa)
{
	return (rmp_page(gpa)->flags & PAGE_SHARED) != 0;
}

bool fake_is_vmsa(uint64_t gpa)
{
	return (rmp_page(gpa)->flags & PAGE_VMSA) != 0;
}

uint8_t fake_rights(uint64_t gpa, unsigned int vmpl)
{
	return rmp_page(gpa)->rights[vmpl];
}

void fake_set_rights(uint64_t gpa, unsigned int vmpl, uint8_t rights)
{
	rmp_page_touch(gpa)->rights[vmpl] = rights;
}

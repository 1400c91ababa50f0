// SPDX-License-Identifier: MIT
#include "kernel/user/space.h"

#include "kernel/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/user/area.h"
#include "lib/secret.h"
#include "lib/string.h"

// Free for software (APM 2 section 5.4.1): the page goes back to the heap with its entry.
#define PTE_OWNED     BIT(9)
#define PTE_TABLE     (PTE_P | PTE_W | PTE_U | PTE_A)
#define TABLE_ENTRIES 512
#define TABLE_LEVELS  3 // below the root's entry

static void *table_at(uint64_t entry)
{
	return bootinfo_ptr(entry & PTE_ADDR_MASK & ~pagetable_cbit());
}

static MUST_USE enum error space_take_page(struct user_space *space, void **page)
{
	if (space->page_count >= space->page_max)
		return ERR_LIMIT;
	*page = page_alloc();
	if (*page == NULL)
		return ERR_NO_MEMORY;
	space->page_count++;
	space->page_peak = MAX(space->page_peak, space->page_count);
	return OK;
}

static void space_give_page(struct user_space *space, void *page)
{
	// It may hold somebody's keys, and nobody knows when it is used next.
	mem_wipe(page, PAGE_SIZE);
	page_free(page);
	space->page_count--;
}

enum error user_space_init(struct user_space *space, uint64_t page_max)
{
	void *page = NULL;

	*space = (struct user_space){.page_max = page_max};
	enum error err = space_take_page(space, &page);

	space->directory = page;
	return err;
}

// Calls itself once for each level: never deeper than TABLE_LEVELS.
// NOLINTNEXTLINE(misc-no-recursion)
static void destroy_table(struct user_space *space, uint64_t *table, unsigned int levels_below)
{
	for (unsigned int i = 0; i < TABLE_ENTRIES; i++) {
		if (levels_below > 0 && table[i] != 0)
			destroy_table(space, table_at(table[i]), levels_below - 1);
		else if (levels_below == 0 && (table[i] & PTE_OWNED) != 0)
			space_give_page(space, table_at(table[i]));
	}
	space_give_page(space, table);
}

void user_space_destroy(struct user_space *space)
{
	if (space->directory != NULL)
		destroy_table(space, space->directory, TABLE_LEVELS - 1);
	KERNEL_ASSERT(space->page_count == 0);
	*space = (struct user_space){0};
}

// The last-level entry of an address; NULL: its table is not there.
static uint64_t *leaf_find(const struct user_space *space, uint64_t va)
{
	uint64_t *table = space->directory;

	for (unsigned int shift = 30; shift > PAGE_SHIFT; shift -= 9) {
		uint64_t entry = table[va >> shift & 511];

		if (entry == 0)
			return NULL;
		table = table_at(entry);
	}
	return &table[va >> PAGE_SHIFT & 511];
}

// Where a walk over addresses goes on after one that has no table.
static uint64_t next_table(uint64_t va)
{
	return ALIGN_UP(va + 1, HUGE_PAGE_SIZE);
}

static MUST_USE enum error leaf_make(struct user_space *space, uint64_t va, uint64_t **leaf)
{
	uint64_t *table = space->directory;

	for (unsigned int shift = 30; shift > PAGE_SHIFT; shift -= 9) {
		uint64_t *entry = &table[va >> shift & 511];

		if (*entry == 0) {
			void *page = NULL;
			enum error err = space_take_page(space, &page);

			if (err != OK)
				return err;
			*entry = pagetable_entry(kernel_gpa(page), PTE_TABLE);
		}
		table = table_at(*entry);
	}
	*leaf = &table[va >> PAGE_SHIFT & 511];
	return OK;
}

static uint64_t leaf_flags(uint32_t access)
{
	uint64_t flags = PTE_U | PTE_A;

	flags |= access != 0 ? PTE_P : 0;
	flags |= (access & USER_WRITE) != 0 ? PTE_W | PTE_D : 0;
	flags |= (access & USER_EXECUTE) != 0 ? 0 : PTE_NX;
	return flags;
}

static void leaf_set(uint64_t *leaf, uint64_t va, gpa_t page, uint64_t owned, uint32_t access)
{
	*leaf = pagetable_entry(page, leaf_flags(access) | owned);
	cpu_invlpg(va);
}

enum error user_space_add(struct user_space *space, uint64_t start, uint64_t size, uint32_t access)
{
	if (!user_range_is_right(start, size))
		return ERR_INVALID_PARAMETER;
	KERNEL_ASSERT((access & (USER_WRITE | USER_EXECUTE)) != (USER_WRITE | USER_EXECUTE));
	if (user_areas_overlap(space, start, size))
		return ERR_INVALID_ADDRESS;
	if (!user_areas_have_room(space))
		return ERR_LIMIT;
	user_areas_add(space, start, size, access);
	return OK;
}

static void leaf_clear(struct user_space *space, uint64_t *leaf, uint64_t va)
{
	if ((*leaf & PTE_OWNED) != 0)
		space_give_page(space, table_at(*leaf));
	*leaf = 0;
	cpu_invlpg(va);
}

enum error user_space_remove(struct user_space *space, uint64_t start, uint64_t size)
{
	if (!user_range_is_right(start, size))
		return ERR_INVALID_PARAMETER;
	if (!user_areas_overlap(space, start, size))
		return OK;
	if (!user_areas_have_room(space))
		return ERR_LIMIT;
	user_areas_remove(space, start, size);
	for (uint64_t va = start; va < start + size;) {
		uint64_t *leaf = leaf_find(space, va);

		if (leaf != NULL)
			leaf_clear(space, leaf, va);
		va = leaf == NULL ? next_table(va) : va + PAGE_SIZE;
	}
	return OK;
}

// A page of the image never becomes writable.
static void leaf_protect(uint64_t *leaf, uint64_t va, uint32_t access)
{
	uint64_t owned = *leaf & PTE_OWNED;

	leaf_set(leaf, va, kernel_gpa(table_at(*leaf)), owned,
		owned != 0 ? access : access & ~USER_WRITE);
}

enum error user_space_protect(
	struct user_space *space, uint64_t start, uint64_t size, uint32_t access)
{
	if (!user_range_is_right(start, size))
		return ERR_INVALID_PARAMETER;
	KERNEL_ASSERT((access & USER_EXECUTE) == 0);
	if (!user_areas_cover(space, start, size))
		return ERR_INVALID_ADDRESS;
	if (!user_areas_have_room(space))
		return ERR_LIMIT;
	user_areas_protect(space, start, size, access);
	for (uint64_t va = start; va < start + size;) {
		uint64_t *leaf = leaf_find(space, va);

		if (leaf != NULL && *leaf != 0)
			leaf_protect(leaf, va, access);
		va = leaf == NULL ? next_table(va) : va + PAGE_SIZE;
	}
	return OK;
}

enum error user_space_map_image(struct user_space *space, uint64_t va, gpa_t pages, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++, va += PAGE_SIZE) {
		const struct user_area *area = user_area_find(space, va);
		uint64_t *leaf = NULL;

		// The image is everybody's: nobody writes to it.
		if (area == NULL || (area->access & USER_WRITE) != 0)
			return ERR_INVALID_ADDRESS;
		enum error err = leaf_make(space, va, &leaf);

		if (err != OK)
			return err;
		if (*leaf != 0)
			return ERR_INVALID_ADDRESS;
		leaf_set(leaf, va, gpa_add(pages, i * PAGE_SIZE), 0, area->access);
	}
	return OK;
}

static MUST_USE enum error page_need(
	struct user_space *space, uint64_t va, uint32_t access, uint64_t **leaf)
{
	void *page = NULL;
	enum error err = leaf_make(space, va, leaf);

	if (err != OK || **leaf != 0)
		return err;
	err = space_take_page(space, &page);
	if (err == OK)
		leaf_set(*leaf, va, kernel_gpa(page), PTE_OWNED, access);
	return err;
}

enum error user_space_touch(struct user_space *space, uint64_t va, uint32_t access)
{
	const struct user_area *area = user_area_find(space, va);
	uint64_t *leaf = NULL;

	if (area == NULL || (area->access & access) != access)
		return ERR_FAULT;
	enum error err = page_need(space, ALIGN_DOWN(va, PAGE_SIZE), area->access, &leaf);

	// A page of the image in an area that became writable is still nobody's to write.
	if (err == OK && (access & USER_WRITE) != 0 && (*leaf & PTE_W) == 0)
		return ERR_FAULT;
	return err;
}

void user_space_enter(const struct user_space *space)
{
	uint64_t *root = kernel_ptr(this_cpu()->root);

	root[USER_ROOT_INDEX] =
		space == NULL ? 0 : pagetable_entry(kernel_gpa(space->directory), PTE_TABLE);
	// Nothing here is global, so this drops what the CPU knew of the one before.
	cpu_write_cr3(gpa_value(this_cpu()->root) | pagetable_cbit());
}

// The kernel's own address of a user page that allows the access.
static MUST_USE enum error page_find(
	struct user_space *space, uint64_t va, uint32_t access, uint8_t **page)
{
	enum error err = user_space_touch(space, va, access);

	if (err == OK)
		*page = (uint8_t *)table_at(*leaf_find(space, va)) + va % PAGE_SIZE;
	return err;
}

static size_t piece_at(uint64_t va, size_t size)
{
	return MIN(size, PAGE_SIZE - va % PAGE_SIZE);
}

// Through the kernel's mapping of each page: no address of a program is ever dereferenced.
enum error user_copy_in(struct user_space *space, void *dst, uint64_t src, size_t size)
{
	for (size_t done = 0; done < size;) {
		size_t piece = piece_at(src + done, size - done);
		uint8_t *page = NULL;

		if (page_find(space, src + done, USER_READ, &page) != OK)
			return ERR_FAULT;
		memcpy((uint8_t *)dst + done, page, piece);
		done += piece;
	}
	return OK;
}

enum error user_copy_out(struct user_space *space, uint64_t dst, const void *src, size_t size)
{
	for (size_t done = 0; done < size;) {
		size_t piece = piece_at(dst + done, size - done);
		uint8_t *page = NULL;

		if (page_find(space, dst + done, USER_WRITE, &page) != OK)
			return ERR_FAULT;
		memcpy(page, (const uint8_t *)src + done, piece);
		done += piece;
	}
	return OK;
}

enum error user_space_fill(struct user_space *space, uint64_t dst, const void *src, size_t size)
{
	for (size_t done = 0; done < size;) {
		uint64_t va = dst + done;
		size_t piece = piece_at(va, size - done);
		const struct user_area *area = user_area_find(space, va);
		uint64_t *leaf = NULL;

		if (area == NULL)
			return ERR_FAULT;
		enum error err = page_need(space, ALIGN_DOWN(va, PAGE_SIZE), area->access, &leaf);

		if (err != OK)
			return err;
		KERNEL_ASSERT((*leaf & PTE_OWNED) != 0);
		memcpy((uint8_t *)table_at(*leaf) + va % PAGE_SIZE, (const uint8_t *)src + done,
			piece);
		done += piece;
	}
	return OK;
}

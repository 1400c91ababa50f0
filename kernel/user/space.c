// SPDX-License-Identifier: MIT
#include "kernel/user/space.h"

#include "kernel/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/user/area.h"
#include "kernel/user/tables.h"
#include "lib/string.h"

enum error user_space_init(struct user_space *space, uint64_t page_max)
{
	void *page = NULL;

	*space = (struct user_space){.page_max = page_max};
	enum error err = space_take_page(space, &page);

	space->directory = page;
	return err;
}

void user_space_destroy(struct user_space *space)
{
	if (space->directory != NULL)
		tables_destroy(space);
	KERNEL_ASSERT(space->page_count == 0);
	*space = (struct user_space){0};
}

// Where a walk over addresses goes on after one that has no table.
static uint64_t next_table(uint64_t va)
{
	return ALIGN_UP(va + 1, HUGE_PAGE_SIZE);
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

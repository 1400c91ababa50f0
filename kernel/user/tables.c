// SPDX-License-Identifier: MIT
#include "kernel/user/tables.h"

#include "kernel/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "lib/secret.h"

#define TABLE_ENTRIES 512
#define TABLE_LEVELS  3 // below the root's entry

void *table_at(uint64_t entry)
{
	return bootinfo_ptr(entry & PTE_ADDR_MASK & ~pagetable_cbit());
}

enum error space_take_page(struct user_space *space, void **page)
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

void space_give_page(struct user_space *space, void *page)
{
	// It may hold somebody's keys, and nobody knows when it is used next.
	mem_wipe(page, PAGE_SIZE);
	page_free(page);
	space->page_count--;
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

void tables_destroy(struct user_space *space)
{
	destroy_table(space, space->directory, TABLE_LEVELS - 1);
}

uint64_t *leaf_find(const struct user_space *space, uint64_t va)
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

enum error leaf_make(struct user_space *space, uint64_t va, uint64_t **leaf)
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

void leaf_set(uint64_t *leaf, uint64_t va, gpa_t page, uint64_t owned, uint32_t access)
{
	*leaf = pagetable_entry(page, leaf_flags(access) | owned);
	cpu_invlpg(va);
}

void leaf_clear(struct user_space *space, uint64_t *leaf, uint64_t va)
{
	if ((*leaf & PTE_OWNED) != 0)
		space_give_page(space, table_at(*leaf));
	*leaf = 0;
	cpu_invlpg(va);
}

void leaf_protect(uint64_t *leaf, uint64_t va, uint32_t access)
{
	uint64_t owned = *leaf & PTE_OWNED;

	leaf_set(leaf, va, kernel_gpa(table_at(*leaf)), owned,
		owned != 0 ? access : access & ~USER_WRITE);
}

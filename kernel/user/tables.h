// SPDX-License-Identifier: MIT
// The page tables of a space, for the files of this folder: pages that count against its quota, and
// last-level entries.
#ifndef KERNEL_USER_TABLES_H
#define KERNEL_USER_TABLES_H

#include "kernel/pagetable.h"
#include "kernel/user/space.h"

// Free for software (APM 2 section 5.4.1): the page goes back to the heap with its entry.
#define PTE_OWNED BIT(9)
// Of entries that point to tables
#define PTE_TABLE (PTE_P | PTE_W | PTE_U | PTE_A)

// The kernel's own address of what an entry points to
void *table_at(uint64_t entry);

MUST_USE enum error space_take_page(struct user_space *space, void **page);
void space_give_page(struct user_space *space, void *page);
// All of it, the directory too
void tables_destroy(struct user_space *space);

// The last-level entry of an address; NULL: its table is not there.
uint64_t *leaf_find(const struct user_space *space, uint64_t va);
// The same, with its table made where it is not there
MUST_USE enum error leaf_make(struct user_space *space, uint64_t va, uint64_t **leaf);

// `owned`: PTE_OWNED, or 0 for a page of the image. access: USER_*
void leaf_set(uint64_t *leaf, uint64_t va, gpa_t page, uint64_t owned, uint32_t access);
void leaf_clear(struct user_space *space, uint64_t *leaf, uint64_t va);
// A page of the image never becomes writable.
void leaf_protect(uint64_t *leaf, uint64_t va, uint32_t access);

#endif

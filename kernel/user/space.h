// SPDX-License-Identifier: MIT
/*
 * Address spaces of programs in ring 3: one entry of the root table, USER_START .. USER_END. What
 * a program may touch is a list of areas; their pages come zeroed when they are first touched, and
 * count against a quota, page tables included. Nothing is ever writable and executable, and what
 * was writable never becomes executable.
 *
 * A program runs on one CPU at a time; its space is changed by that CPU alone.
 */
#ifndef KERNEL_USER_SPACE_H
#define KERNEL_USER_SPACE_H

#include "kernel/error.h"
#include "lib/addr.h"

#define USER_START     0x0000000000010000
#define USER_END       0x0000008000000000 // 512 GiB
#define USER_AREAS_MAX 64

#define USER_READ      1u
#define USER_WRITE     2u
#define USER_EXECUTE   4u

struct user_area {
	uint64_t start; // whole pages
	uint64_t end;
	uint32_t access; // USER_*; 0: none
};

struct user_space {
	uint64_t *directory;			// what the root's entry points to
	struct user_area areas[USER_AREAS_MAX]; // sorted, without overlap
	size_t area_count;
	uint64_t page_count; // of this space: data and tables
	uint64_t page_peak;  // the most that there were
	uint64_t page_max;
};

MUST_USE enum error user_space_init(struct user_space *space, uint64_t page_max);
void user_space_destroy(struct user_space *space);

// All addresses and sizes: whole pages within USER_START .. USER_END, else ERR_INVALID_PARAMETER.
// ERR_LIMIT: more areas than there is room for. ERR_INVALID_ADDRESS: part of it is (add) or is not
// (protect) in an area already. All or nothing.
MUST_USE enum error user_space_add(
	struct user_space *space, uint64_t start, uint64_t size, uint32_t access);
MUST_USE enum error user_space_protect(
	struct user_space *space, uint64_t start, uint64_t size, uint32_t access);

// What is not in an area is left alone.
MUST_USE enum error user_space_remove(struct user_space *space, uint64_t start, uint64_t size);

// The lowest address from `from` on where `size` bytes are free; 0: none.
uint64_t user_space_find_gap(const struct user_space *space, uint64_t from, uint64_t size);

// Puts pages of the image, which stay the image's, into an area that has none there yet.
MUST_USE enum error user_space_map_image(
	struct user_space *space, uint64_t va, gpa_t pages, uint64_t count);

// Makes the page there that `access` needs. ERR_FAULT: the area does not allow it, or there is
// none; ERR_LIMIT: the quota is used up; ERR_NO_MEMORY.
MUST_USE enum error user_space_touch(struct user_space *space, uint64_t va, uint32_t access);

// On this CPU: from now on ring 3 sees the space; NULL: nothing.
void user_space_enter(const struct user_space *space);

// Copies of at most what is asked; the program's own rights count. ERR_FAULT: not all of it is
// there, and part may have been copied.
MUST_USE enum error user_copy_in(struct user_space *space, void *dst, uint64_t src, size_t size);
MUST_USE enum error user_copy_out(
	struct user_space *space, uint64_t dst, const void *src, size_t size);

// For the loader: writes whatever the area's access is.
MUST_USE enum error user_space_fill(
	struct user_space *space, uint64_t dst, const void *src, size_t size);

#endif

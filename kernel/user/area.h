// SPDX-License-Identifier: MIT
// The areas of an address space (space.h); no pages are touched here. Ranges are checked by the
// caller with user_range_is_right.
#ifndef KERNEL_USER_AREA_H
#define KERNEL_USER_AREA_H

#include "kernel/user/space.h"

MUST_USE bool user_range_is_right(uint64_t start, uint64_t size);

// NULL: none.
const struct user_area *user_area_find(const struct user_space *space, uint64_t va);

MUST_USE bool user_areas_overlap(const struct user_space *space, uint64_t start, uint64_t size);
MUST_USE bool user_areas_cover(const struct user_space *space, uint64_t start, uint64_t size);

// Whether any one change below finds room; they do not check it.
MUST_USE bool user_areas_have_room(const struct user_space *space);
void user_areas_add(struct user_space *space, uint64_t start, uint64_t size, uint32_t access);
void user_areas_remove(struct user_space *space, uint64_t start, uint64_t size);
void user_areas_protect(struct user_space *space, uint64_t start, uint64_t size, uint32_t access);

#endif

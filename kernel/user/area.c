// SPDX-License-Identifier: MIT
// The list of areas: what may be touched, without the pages.
#include "kernel/user/area.h"

#include "kernel/layout.h"
#include "lib/overflow.h"
#include "lib/string.h"

bool user_range_is_right(uint64_t start, uint64_t size)
{
	return size != 0 && IS_ALIGNED(start, PAGE_SIZE) && IS_ALIGNED(size, PAGE_SIZE) &&
	       start >= USER_START && start < USER_END && size <= USER_END - start;
}

const struct user_area *user_area_find(const struct user_space *space, uint64_t va)
{
	for (size_t i = 0; i < space->area_count; i++) {
		if (va >= space->areas[i].start && va < space->areas[i].end)
			return &space->areas[i];
	}
	return NULL;
}

static void area_insert(struct user_space *space, size_t index, struct user_area area)
{
	memmove(&space->areas[index + 1], &space->areas[index],
		(space->area_count - index) * sizeof(area));
	space->areas[index] = area;
	space->area_count++;
}

static void area_delete(struct user_space *space, size_t index)
{
	space->area_count--;
	memmove(&space->areas[index], &space->areas[index + 1],
		(space->area_count - index) * sizeof(space->areas[0]));
}

// Neighbours with the same access become one.
static void areas_join(struct user_space *space)
{
	for (size_t i = 1; i < space->area_count;) {
		struct user_area *before = &space->areas[i - 1];

		if (before->end != space->areas[i].start ||
			before->access != space->areas[i].access) {
			i++;
			continue;
		}
		before->end = space->areas[i].end;
		area_delete(space, i);
	}
}

// After it no area lies across this address. There must be room for one more.
static void areas_cut(struct user_space *space, uint64_t at)
{
	for (size_t i = 0; i < space->area_count; i++) {
		struct user_area *area = &space->areas[i];

		if (at <= area->start || at >= area->end)
			continue;
		struct user_area upper = {at, area->end, area->access};

		area->end = at;
		area_insert(space, i + 1, upper);
		return;
	}
}

bool user_areas_have_room(const struct user_space *space)
{
	return space->area_count + 2 <= USER_AREAS_MAX;
}

bool user_areas_overlap(const struct user_space *space, uint64_t start, uint64_t size)
{
	for (size_t i = 0; i < space->area_count; i++) {
		if (start < space->areas[i].end && start + size > space->areas[i].start)
			return true;
	}
	return false;
}

bool user_areas_cover(const struct user_space *space, uint64_t start, uint64_t size)
{
	uint64_t end = start + size;

	for (size_t i = 0; i < space->area_count && start < end; i++) {
		if (space->areas[i].start <= start && start < space->areas[i].end)
			start = space->areas[i].end;
	}
	return start >= end;
}

void user_areas_add(struct user_space *space, uint64_t start, uint64_t size, uint32_t access)
{
	size_t i = 0;

	while (i < space->area_count && space->areas[i].start < start)
		i++;
	area_insert(space, i, (struct user_area){start, start + size, access});
	areas_join(space);
}

void user_areas_remove(struct user_space *space, uint64_t start, uint64_t size)
{
	areas_cut(space, start);
	areas_cut(space, start + size);
	for (size_t i = 0; i < space->area_count;) {
		if (space->areas[i].start >= start && space->areas[i].end <= start + size)
			area_delete(space, i);
		else
			i++;
	}
}

void user_areas_protect(struct user_space *space, uint64_t start, uint64_t size, uint32_t access)
{
	areas_cut(space, start);
	areas_cut(space, start + size);
	for (size_t i = 0; i < space->area_count; i++) {
		if (space->areas[i].start >= start && space->areas[i].end <= start + size)
			space->areas[i].access = access;
	}
	areas_join(space);
}

uint64_t user_space_find_gap(const struct user_space *space, uint64_t from, uint64_t size)
{
	if (size == 0 || size > USER_END)
		return 0;
	for (size_t i = 0; i < space->area_count; i++) {
		if (space->areas[i].end <= from)
			continue;
		if (space->areas[i].start >= from && space->areas[i].start - from >= size)
			return from;
		from = space->areas[i].end;
	}
	return from < USER_END && USER_END - from >= size ? from : 0;
}

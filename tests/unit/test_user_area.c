// SPDX-License-Identifier: MIT
// The areas of an address space (kernel/user/area.c) against one byte a page.
#include "kernel/user/area.h"

#include "kernel/layout.h"
#include "tests/unit/unit.h"

#define PAGES  200
#define START  USER_START
#define ABSENT 0xff
#define ROUNDS 200000

static struct user_space space;
static uint8_t model[PAGES];

static uint64_t va_of(uint64_t page)
{
	return START + page * PAGE_SIZE;
}

static void model_set(uint64_t first, uint64_t count, uint8_t value)
{
	memset(model + first, value, count);
}

static bool model_has(uint64_t first, uint64_t count, bool absent)
{
	for (uint64_t i = first; i < first + count; i++) {
		if ((model[i] == ABSENT) == absent)
			return true;
	}
	return false;
}

static void check_order(void)
{
	for (size_t i = 0; i < space.area_count; i++) {
		const struct user_area *area = &space.areas[i];

		assert_true(area->start < area->end);
		if (i == 0)
			continue;
		assert_true(area[-1].end <= area->start);
		// What could be one area is one.
		assert_false(area[-1].end == area->start && area[-1].access == area->access);
	}
}

static void check_pages(void)
{
	for (uint64_t i = 0; i < PAGES; i++) {
		const struct user_area *area = user_area_find(&space, va_of(i) + unit_random(4096));

		assert_int_equal(area == NULL ? ABSENT : area->access, model[i]);
	}
}

static uint64_t model_gap(uint64_t from, uint64_t count)
{
	uint64_t run = 0;

	for (uint64_t i = from; i < PAGES; i++) {
		run = model[i] == ABSENT ? run + 1 : 0;
		if (run == count)
			return va_of(i + 1 - count);
	}
	// Behind the last page everything is free.
	return va_of(PAGES - run);
}

static void change(void)
{
	static const uint8_t accesses[] = {0, USER_READ, USER_READ | USER_WRITE};
	uint64_t first = unit_random(PAGES);
	uint64_t count = 1 + unit_random(MIN(PAGES - first, (uint64_t)12));
	uint8_t access = accesses[unit_random(ARRAY_SIZE(accesses))];
	uint64_t size = count * PAGE_SIZE;

	assert_int_equal(
		user_areas_overlap(&space, va_of(first), size), model_has(first, count, false));
	assert_int_equal(
		user_areas_cover(&space, va_of(first), size), !model_has(first, count, true));
	assert_int_equal(user_space_find_gap(&space, va_of(first), size), model_gap(first, count));
	if (!user_areas_have_room(&space)) {
		user_areas_remove(&space, START, PAGES * PAGE_SIZE);
		model_set(0, PAGES, ABSENT);
		return;
	}
	switch (unit_random(3)) {
	case 0:
		if (model_has(first, count, false))
			return;
		user_areas_add(&space, va_of(first), size, access);
		model_set(first, count, access);
		return;
	case 1:
		user_areas_remove(&space, va_of(first), size);
		model_set(first, count, ABSENT);
		return;
	default:
		if (model_has(first, count, true))
			return;
		user_areas_protect(&space, va_of(first), size, access);
		model_set(first, count, access);
	}
}

static void follows_the_model(void **context)
{
	(void)context;
	space = (struct user_space){0};
	model_set(0, PAGES, ABSENT);
	for (unsigned i = 0; i < ROUNDS; i++) {
		change();
		check_order();
		if (i % 64 == 0)
			check_pages();
	}
}

// More changes than there is room for stop at the limit; none writes behind the list.
static void stops_at_the_limit(void **context)
{
	uint64_t count = 0;

	(void)context;
	space = (struct user_space){0};
	while (user_areas_have_room(&space))
		user_areas_add(&space, va_of(2 * count++), PAGE_SIZE, USER_READ);
	assert_in_range(space.area_count, USER_AREAS_MAX - 1, USER_AREAS_MAX);
}

static void knows_right_ranges(void **context)
{
	(void)context;
	assert_true(user_range_is_right(USER_START, PAGE_SIZE));
	assert_true(user_range_is_right(USER_END - PAGE_SIZE, PAGE_SIZE));
	assert_true(user_range_is_right(USER_START, USER_END - USER_START));
	assert_false(user_range_is_right(USER_START, 0));
	assert_false(user_range_is_right(USER_START - PAGE_SIZE, PAGE_SIZE));
	assert_false(user_range_is_right(USER_START + 1, PAGE_SIZE));
	assert_false(user_range_is_right(USER_START, PAGE_SIZE + 1));
	assert_false(user_range_is_right(USER_END, PAGE_SIZE));
	assert_false(user_range_is_right(USER_END - PAGE_SIZE, 2 * PAGE_SIZE));
	assert_false(user_range_is_right(0xffffffff80000000, PAGE_SIZE));
	assert_false(user_range_is_right(USER_START, ~0xfffull));
	assert_int_equal(user_space_find_gap(&space, USER_START, 0), 0);
	assert_int_equal(user_space_find_gap(&space, USER_START, USER_END), 0);
	assert_int_equal(user_space_find_gap(&space, USER_END, PAGE_SIZE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_model),
		cmocka_unit_test(stops_at_the_limit),
		cmocka_unit_test(knows_right_ranges),
	};

	return cmocka_run_group_tests_name("user_area", tests, NULL, NULL);
}

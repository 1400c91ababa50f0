// SPDX-License-Identifier: MIT
// The run-length bitmap against a plain one.
#include <string.h>

#include "lib/rle.h"
#include "tests/unit/unit.h"

#define LIMIT_MAX    300
#define CAPACITY_MAX 310

struct pair {
	struct rle rle;
	uint64_t ends[CAPACITY_MAX];
	uint8_t plain[LIMIT_MAX];
};

static void pair_init(struct pair *p, size_t capacity, uint64_t limit)
{
	memset(p->plain, 0, sizeof(p->plain));
	assert_true(rle_init(&p->rle, p->ends, capacity, limit));
}

static uint64_t plain_count(const struct pair *p, uint64_t start, uint64_t size, bool value)
{
	uint64_t count = 0;

	for (uint64_t i = start; i < p->rle.limit && i - start < size; i++)
		count += p->plain[i] == value;
	return count;
}

static void assert_equal_bits(const struct pair *p)
{
	assert_true(rle_is_sound(&p->rle));
	for (uint64_t i = 0; i < p->rle.limit; i++)
		assert_int_equal(rle_get(&p->rle, i), p->plain[i]);
	assert_false(rle_get(&p->rle, p->rle.limit));
	assert_false(rle_get(&p->rle, UINT64_MAX));
}

// The shortest list of ends for these bits.
static size_t runs_needed(const struct pair *p)
{
	size_t runs = p->plain[0] != 0 ? 2 : 1;

	for (uint64_t i = 1; i < p->rle.limit; i++)
		runs += p->plain[i] != p->plain[i - 1];
	return runs;
}

static void random_range(const struct pair *p, uint64_t *start, uint64_t *size)
{
	*start = unit_random(p->rle.limit + 2);
	*size = unit_random(3) == 0 ? unit_random(p->rle.limit + 2) : unit_random(6);
}

static void check_set(struct pair *p)
{
	bool value = unit_random(2) != 0;
	bool room = rle_has_room(&p->rle);
	uint64_t start, size;
	bool in_range, fits;

	random_range(p, &start, &size);
	in_range = start <= p->rle.limit && size <= p->rle.limit - start;
	fits = rle_fits(&p->rle, start, size, value);
	if (rle_set(&p->rle, start, size, value)) {
		assert_true(fits);
		assert_true(in_range);
		memset(p->plain + start, value, size);
	} else {
		assert_true(!in_range || !room);
		assert_false(fits);
	}
	// The list is always the shortest: neighbours are joined, so memory is what is documented.
	assert_int_equal(p->rle.run_count, runs_needed(p));
	assert_int_equal(rle_count(&p->rle, true), plain_count(p, 0, LIMIT_MAX, true));
	assert_int_equal(rle_count(&p->rle, false), plain_count(p, 0, LIMIT_MAX, false));
}

static void check_queries(const struct pair *p)
{
	bool value = unit_random(2) != 0;
	uint64_t start, size, index = 0, expected;
	bool in_range;

	random_range(p, &start, &size);
	in_range = start <= p->rle.limit && size <= p->rle.limit - start;
	assert_int_equal(rle_all(&p->rle, start, size, value),
		in_range && plain_count(p, start, size, value) == size);
	assert_int_equal(
		rle_count_range(&p->rle, start, size, value), plain_count(p, start, size, value));
	for (expected = start; expected < p->rle.limit && p->plain[expected] != value;)
		expected++;
	if (rle_find(&p->rle, start, size, value, &index)) {
		assert_int_equal(index, expected);
		assert_true(index - start < size);
	} else {
		assert_true(expected >= p->rle.limit || expected - start >= size);
	}
}

// 38 capacities x 30000 = over a million changes, most of them with a nearly full array.
static void behaves_like_a_plain_bitmap(void **context)
{
	struct pair p;

	(void)context;
	for (size_t capacity = RLE_CAPACITY_MIN; capacity <= 40; capacity++) {
		pair_init(&p, capacity, 1 + unit_random(LIMIT_MAX));
		for (int i = 0; i < 30000; i++) {
			check_set(&p);
			check_queries(&p);
			if (i % 64 == 0)
				assert_equal_bits(&p);
		}
	}
	pair_init(&p, CAPACITY_MAX, LIMIT_MAX);
	for (int i = 0; i < 1000000; i++) {
		check_set(&p);
		if (i % 512 == 0)
			assert_equal_bits(&p);
	}
}

static void goes_through_runs(void **context)
{
	struct rle_run run;
	struct pair p;

	(void)context;
	for (int round = 0; round < 200; round++) {
		uint8_t seen[LIMIT_MAX] = {0};

		pair_init(&p, CAPACITY_MAX, LIMIT_MAX);
		for (int i = 0; i < 20; i++)
			check_set(&p);
		for (uint64_t at = 0; rle_next(&p.rle, at, true, &run); at = run.start + run.size) {
			assert_true(run.size > 0 && run.value && run.start >= at);
			memset(seen + run.start, 1, run.size);
		}
		assert_memory_equal(seen, p.plain, LIMIT_MAX);
	}
}

// A full array refuses what does not fit, changes nothing, and still takes what does.
static void refuses_when_full(void **context)
{
	uint64_t ends[4], before[4];
	struct rle rle, copy;

	(void)context;
	assert_true(rle_init(&rle, ends, 4, 100));
	assert_true(rle_set(&rle, 10, 10, true));
	assert_false(rle_has_room(&rle));
	memcpy(before, ends, sizeof(ends));
	copy = rle;
	assert_false(rle_set(&rle, 50, 1, true));
	assert_false(rle_set(&rle, 12, 1, false));
	assert_memory_equal(before, ends, sizeof(ends));
	assert_memory_equal(&copy, &rle, sizeof(rle));
	assert_true(rle_set(&rle, 20, 80, true));
	assert_true(rle_set(&rle, 0, 10, true));
	assert_true(rle_all(&rle, 0, 100, true));
	assert_true(rle_set(&rle, 0, 100, false));
	assert_int_equal(rle.run_count, 1);
	assert_true(rle_set(&rle, 99, 1, true));
	assert_int_equal(rle_count(&rle, true), 1);
	// Two entries in use, two free: enough for anything.
	assert_true(rle_has_room(&rle));
	assert_true(rle_set(&rle, 50, 1, true));
	assert_false(rle_has_room(&rle));
}

// The bound that lib/rle.h states: 512 entries hold 255 separate blocks, and not 256.
static void holds_what_it_promises(void **context)
{
	uint64_t ends[512];
	struct rle rle;

	(void)context;
	assert_true(rle_init(&rle, ends, 512, BIT(52)));
	for (uint64_t i = 0; i < 255; i++)
		assert_true(rle_set(&rle, (i * 2 + 1) << 40, BIT(39), true));
	assert_int_equal(rle.run_count, 511);
	assert_true(rle_is_sound(&rle));
	assert_false(rle_set(&rle, (255 * 2 + 1) * BIT(40), 1, true));
	assert_int_equal(rle_count(&rle, true), 255 * BIT(39));
}

static void moves(void **context)
{
	uint64_t small[5], large[64];
	struct rle rle;

	(void)context;
	assert_true(rle_init(&rle, small, 5, 1000));
	assert_true(rle_set(&rle, 1, 1, true));
	assert_true(rle_set(&rle, 3, 1, true));
	assert_false(rle_set(&rle, 5, 1, true));
	assert_null(rle_move(&rle, large, 4));
	assert_ptr_equal(rle_move(&rle, large, 5), small);
	assert_ptr_equal(rle_move(&rle, large, 64), large);
	memset(small, 0xff, sizeof(small));
	assert_true(rle_set(&rle, 5, 1, true));
	assert_int_equal(rle_count(&rle, true), 3);
	assert_true(rle_is_sound(&rle));
	rle_clear(&rle);
	assert_true(rle_all(&rle, 0, 1000, false));
}

static void refuses_bad_arguments(void **context)
{
	uint64_t ends[3];
	struct rle rle;

	(void)context;
	assert_false(rle_init(&rle, ends, 2, 10));
	assert_false(rle_init(&rle, ends, 3, 0));
	assert_true(rle_init(&rle, ends, 3, 10));
	assert_false(rle_set(&rle, 10, 1, true));
	assert_false(rle_set(&rle, 11, 0, true));
	assert_false(rle_set(&rle, 5, UINT64_MAX, true));
	assert_true(rle_set(&rle, 10, 0, true));
	assert_int_equal(rle_count(&rle, true), 0);
	assert_true(rle_init(&rle, ends, 3, UINT64_MAX));
	assert_true(rle_set(&rle, 0, UINT64_MAX, true));
	assert_int_equal(rle_count_range(&rle, 5, UINT64_MAX, true), UINT64_MAX - 5);
}

static void notices_damage(void **context)
{
	uint64_t ends[8];
	struct rle rle;

	(void)context;
	assert_true(rle_init(&rle, ends, 8, 100));
	assert_true(rle_set(&rle, 10, 10, true));
	assert_true(rle_is_sound(&rle));
	ends[0] = 30;
	assert_false(rle_is_sound(&rle));
	ends[0] = 11;
	assert_false(rle_is_sound(&rle));
	ends[0] = 20;
	rle.ones = 0;
	assert_false(rle_is_sound(&rle));
	rle.ones = 10;
	ends[0] = 10;
	rle.capacity = 2;
	assert_false(rle_is_sound(&rle));
	rle.capacity = 8;
	rle.run_count = 0;
	assert_false(rle_is_sound(&rle));
	rle.run_count = 3;
	assert_true(rle_is_sound(&rle));
	ends[2] = 99;
	assert_false(rle_is_sound(&rle));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaves_like_a_plain_bitmap),
		cmocka_unit_test(goes_through_runs),
		cmocka_unit_test(refuses_when_full),
		cmocka_unit_test(holds_what_it_promises),
		cmocka_unit_test(moves),
		cmocka_unit_test(refuses_bad_arguments),
		cmocka_unit_test(notices_damage),
	};

	return cmocka_run_group_tests_name("rle", tests, NULL, NULL);
}

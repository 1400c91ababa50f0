// SPDX-License-Identifier: MIT
// The run-length bitmap against a plain array of bits: the same operations on both, and the same
// answers.
#include <stdlib.h>
#include <string.h>

#include "lib/rle.h"
#include "tests/fuzz/fuzz.h"

#define LIMIT_MAX    200
#define CAPACITY_MAX 40
#define STEPS_MAX    400

struct model {
	bool bits[LIMIT_MAX];
	uint64_t limit;
};

// Entries that these bits need: run 0 is one of zeros, maybe empty.
static size_t model_runs(const struct model *model)
{
	size_t runs = 1;
	bool value = false;

	for (uint64_t i = 0; i < model->limit; i++) {
		runs += model->bits[i] != value;
		value = model->bits[i];
	}
	return runs;
}

static uint64_t model_count(const struct model *model, uint64_t start, uint64_t size, bool value)
{
	uint64_t count = 0;

	for (uint64_t i = start; i < model->limit && i - start < size; i++)
		count += model->bits[i] == value;
	return count;
}

static bool model_fits(const struct model *model, uint64_t start, uint64_t size)
{
	return start <= model->limit && size <= model->limit - start;
}

static uint64_t model_find(const struct model *model, uint64_t start, bool value)
{
	while (start < model->limit && model->bits[start] != value)
		start++;
	return start;
}

static void do_set(struct rle *rle, struct model *model, uint64_t start, uint64_t size, bool value)
{
	struct model after = *model;
	bool fits = model_fits(model, start, size);

	for (uint64_t i = start; fits && i < start + size; i++)
		after.bits[i] = value;
	fits = fits && model_runs(&after) <= rle->capacity;
	// Room for two more entries is enough for any change.
	FUZZ_CHECK(!rle_has_room(rle) || !model_fits(model, start, size) || fits);
	FUZZ_CHECK(rle_set(rle, start, size, value) == fits);
	if (fits)
		*model = after;
}

static void check_range(
	const struct rle *rle, const struct model *model, uint64_t start, uint64_t size, bool value)
{
	uint64_t count = model_count(model, start, size, value);
	uint64_t first = model_find(model, start, value);
	bool found = first < model->limit && first - start < size;
	struct rle_run run = {0};
	uint64_t index = 0;

	FUZZ_CHECK(rle_count_range(rle, start, size, value) == count);
	FUZZ_CHECK(rle_all(rle, start, size, value) ==
		   (model_fits(model, start, size) && count == size));
	FUZZ_CHECK(rle_find(rle, start, size, value, &index) == found);
	FUZZ_CHECK(!found || index == first);
	FUZZ_CHECK(rle_get(rle, start) == (start < model->limit && model->bits[start]));
	FUZZ_CHECK(rle_next(rle, start, value, &run) == (first < model->limit));
	if (first < model->limit)
		FUZZ_CHECK(run.start == first && run.value == value &&
			   run.start + run.size == model_find(model, first, !value));
}

static uint64_t *do_move(struct rle *rle, uint64_t *ends, size_t capacity)
{
	uint64_t *larger = malloc(capacity * sizeof(*larger));

	FUZZ_CHECK(larger != NULL);
	if (rle_move(rle, larger, capacity) == NULL) {
		FUZZ_CHECK(capacity < RLE_CAPACITY_MIN || capacity < rle->run_count);
		free(larger);
		return ends;
	}
	free(ends);
	return larger;
}

static uint64_t take_number(struct input *input, uint64_t limit)
{
	uint64_t number = input_take(input, 1);

	// Sometimes far out, where sums overflow
	return number < 250 ? number % (limit + 2) : UINT64_MAX - (number - 250);
}

static uint64_t *step(struct rle *rle, struct model *model, uint64_t *ends, struct input *input)
{
	uint64_t what = input_take(input, 1);
	bool value = (what & 1) != 0;
	uint64_t start = take_number(input, model->limit);
	uint64_t size = take_number(input, model->limit);

	switch (what >> 1 & 7) {
	case 0:
		return do_move(rle, ends, (size_t)(start % CAPACITY_MAX) + 1);
	case 1:
		check_range(rle, model, start, size, value);
		break;
	case 2:
		if (what < 240)
			break;
		rle_clear(rle);
		memset(model->bits, 0, sizeof(model->bits));
		break;
	default:
		do_set(rle, model, start, size, value);
	}
	return ends;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct model model = {.limit = input_below(&input, LIMIT_MAX + 1)};
	size_t capacity = (size_t)input_below(&input, CAPACITY_MAX) + 1;
	uint64_t *ends = malloc(capacity * sizeof(*ends));
	struct rle rle;

	FUZZ_CHECK(ends != NULL);
	if (rle_init(&rle, ends, capacity, model.limit)) {
		for (int i = 0; i < STEPS_MAX && input.size > 0; i++) {
			ends = step(&rle, &model, ends, &input);
			FUZZ_CHECK(rle_is_sound(&rle) && rle.run_count == model_runs(&model));
			FUZZ_CHECK(
				rle_count(&rle, true) == model_count(&model, 0, model.limit, true));
		}
		for (uint64_t i = 0; i < model.limit; i++)
			FUZZ_CHECK(rle_get(&rle, i) == model.bits[i]);
	} else {
		FUZZ_CHECK(capacity < RLE_CAPACITY_MIN || model.limit == 0);
	}
	free(ends);
	return 0;
}

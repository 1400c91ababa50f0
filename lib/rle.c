// SPDX-License-Identifier: MIT
#include "lib/rle.h"

#include "lib/overflow.h"
#include "lib/string.h"

static bool run_value(size_t run)
{
	return (run & 1) != 0;
}

static uint64_t run_start(const struct rle *rle, size_t run)
{
	return run == 0 ? 0 : rle->ends[run - 1];
}

// The run that holds index < limit: the first whose end lies above it. Never an empty run.
static size_t run_at(const struct rle *rle, uint64_t index)
{
	size_t low = 0;
	size_t high = rle->run_count - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rle->ends[middle] > index)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

bool rle_init(struct rle *rle, uint64_t *ends, size_t capacity, uint64_t limit)
{
	if (capacity < RLE_CAPACITY_MIN || limit == 0)
		return false;
	*rle = (struct rle){.ends = ends, .capacity = capacity, .limit = limit};
	rle_clear(rle);
	return true;
}

void rle_clear(struct rle *rle)
{
	rle->ends[0] = rle->limit;
	rle->run_count = 1;
	rle->ones = 0;
}

uint64_t *rle_move(struct rle *rle, uint64_t *ends, size_t capacity)
{
	uint64_t *old = rle->ends;

	if (capacity < MAX(rle->run_count, (size_t)RLE_CAPACITY_MIN))
		return NULL;
	memmove(ends, old, rle->run_count * sizeof(*ends));
	rle->ends = ends;
	rle->capacity = capacity;
	return old;
}

bool rle_has_room(const struct rle *rle)
{
	return rle->capacity - rle->run_count >= 2;
}

// How rle_set changes the array: entries first .. last - 1 give way to new_ends.
struct splice {
	size_t first;
	size_t last;
	uint64_t new_ends[3];
	size_t new_count;
};

static void splice_add(struct splice *splice, uint64_t end)
{
	splice->new_ends[splice->new_count++] = end;
}

// The new run starts in run a: is it joined to a, to the run before a, or is a cut in two?
static void splice_left(
	struct splice *splice, const struct rle *rle, size_t a, uint64_t start, bool value)
{
	splice->first = a;
	if (run_value(a) == value)
		return;
	if (start == run_start(rle, a) && a > 0)
		splice->first = a - 1;
	else
		splice_add(splice, start);
}

// The same at its end, in run b.
static void splice_right(
	struct splice *splice, const struct rle *rle, size_t b, uint64_t end, bool value)
{
	splice->last = b + 1;
	if (run_value(b) == value) {
		splice_add(splice, rle->ends[b]);
	} else if (end < rle->ends[b]) {
		splice_add(splice, end);
		splice_add(splice, rle->ends[b]);
	} else if (b + 1 < rle->run_count) {
		splice_add(splice, rle->ends[b + 1]);
		splice->last = b + 2;
	} else {
		splice_add(splice, end);
	}
}

// What rle_set has to do for a range that is in the limit, and not empty.
static struct splice splice_make(const struct rle *rle, uint64_t start, uint64_t size, bool value)
{
	struct splice splice = {0};

	splice_left(&splice, rle, run_at(rle, start), start, value);
	splice_right(&splice, rle, run_at(rle, start + size - 1), start + size, value);
	return splice;
}

static size_t splice_count(const struct rle *rle, const struct splice *splice)
{
	return splice->first + splice->new_count + (rle->run_count - splice->last);
}

static bool splice_apply(struct rle *rle, const struct splice *splice)
{
	size_t tail = rle->run_count - splice->last;
	size_t new_count = splice_count(rle, splice);

	if (new_count > rle->capacity)
		return false;
	memmove(rle->ends + splice->first + splice->new_count, rle->ends + splice->last,
		tail * sizeof(*rle->ends));
	memcpy(rle->ends + splice->first, splice->new_ends, splice->new_count * sizeof(*rle->ends));
	rle->run_count = new_count;
	return true;
}

bool rle_fits(const struct rle *rle, uint64_t start, uint64_t size, bool value)
{
	struct splice splice = {0};

	if (!range_fits(start, size, rle->limit))
		return false;
	if (size == 0)
		return true;
	splice = splice_make(rle, start, size, value);
	return splice_count(rle, &splice) <= rle->capacity;
}

bool rle_set(struct rle *rle, uint64_t start, uint64_t size, bool value)
{
	struct splice splice = {0};
	uint64_t changed = 0;

	if (!range_fits(start, size, rle->limit))
		return false;
	if (size == 0 || rle_all(rle, start, size, value))
		return true;
	changed = rle_count_range(rle, start, size, !value);
	splice = splice_make(rle, start, size, value);
	if (!splice_apply(rle, &splice))
		return false;
	rle->ones = value ? rle->ones + changed : rle->ones - changed;
	return true;
}

bool rle_get(const struct rle *rle, uint64_t index)
{
	return index < rle->limit && run_value(run_at(rle, index));
}

bool rle_all(const struct rle *rle, uint64_t start, uint64_t size, bool value)
{
	size_t run = 0;

	if (!range_fits(start, size, rle->limit))
		return false;
	if (size == 0)
		return true;
	run = run_at(rle, start);
	return run_value(run) == value && rle->ends[run] - start >= size;
}

bool rle_next(const struct rle *rle, uint64_t start, bool value, struct rle_run *run)
{
	size_t i = 0;

	if (start >= rle->limit)
		return false;
	i = run_at(rle, start);
	if (run_value(i) != value) {
		start = rle->ends[i];
		i++;
	}
	if (i >= rle->run_count)
		return false;
	*run = (struct rle_run){.start = start, .size = rle->ends[i] - start, .value = value};
	return true;
}

bool rle_find(const struct rle *rle, uint64_t start, uint64_t size, bool value, uint64_t *index)
{
	struct rle_run run = {0};

	if (!rle_next(rle, start, value, &run) || run.start - start >= size)
		return false;
	*index = run.start;
	return true;
}

uint64_t rle_count(const struct rle *rle, bool value)
{
	return value ? rle->ones : rle->limit - rle->ones;
}

uint64_t rle_count_range(const struct rle *rle, uint64_t start, uint64_t size, bool value)
{
	struct rle_run run = {0};
	uint64_t count = 0;
	uint64_t end = 0;

	if (start >= rle->limit)
		return 0;
	end = start + MIN(size, rle->limit - start);
	while (start < end && rle_next(rle, start, value, &run) && run.start < end) {
		count += MIN(run.start + run.size, end) - run.start;
		start = run.start + run.size;
	}
	return count;
}

bool rle_is_sound(const struct rle *rle)
{
	uint64_t ones = 0;

	if (rle->run_count == 0 || rle->run_count > rle->capacity)
		return false;
	for (size_t i = 0; i < rle->run_count; i++) {
		if (i > 0 && rle->ends[i] <= rle->ends[i - 1])
			return false;
		if (run_value(i))
			ones += rle->ends[i] - run_start(rle, i);
	}
	return rle->ends[rle->run_count - 1] == rle->limit && ones == rle->ones;
}

// SPDX-License-Identifier: MIT
/*
 * Run-length bitmap: one bit for each index 0 .. limit - 1 (page numbers, in the SVSM), kept as
 * runs of equal bits. All bits start as 0.
 *
 * Memory: 8 bytes a run, in an array that the caller supplies; nothing is allocated. A bitmap with
 * c places between neighbours where the bit changes needs at most c + 2 entries, and no call
 * needs more than two entries above that. With 4 KiB of memory (512 entries): 510 changes, that
 * is 255 separate blocks of ones, wherever they lie.
 *
 * Time: a binary search, O(log runs), to read; setting a range also moves the entries behind it.
 *
 * No lock: the caller serialises.
 */
#ifndef LIB_RLE_H
#define LIB_RLE_H

#include "lib/util.h"

struct rle {
	// Exclusive ends of the runs. Run 0 holds zeros, run 1 ones, and so on in turn. Rising
	// strictly, save that run 0 may be empty (end 0). The last one equals limit.
	uint64_t *ends;
	size_t capacity; // entries of ends
	size_t run_count;
	uint64_t limit;
	uint64_t ones; // bits that are 1
};

struct rle_run {
	uint64_t start;
	uint64_t size;
	bool value;
};

#define RLE_CAPACITY_MIN 3

// All bits 0. Fails when capacity < RLE_CAPACITY_MIN or limit is 0.
MUST_USE bool rle_init(struct rle *rle, uint64_t *ends, size_t capacity, uint64_t limit);

// All bits 0 again.
void rle_clear(struct rle *rle);

// Goes on in a larger array; the caller gets the old one back as result. NULL, and nothing
// changed: capacity is too small for the present runs.
MUST_USE uint64_t *rle_move(struct rle *rle, uint64_t *ends, size_t capacity);

// Whether the next rle_set cannot fail for want of memory, whatever its arguments.
MUST_USE bool rle_has_room(const struct rle *rle);

// Whether rle_set with these arguments would succeed.
MUST_USE bool rle_fits(const struct rle *rle, uint64_t start, uint64_t size, bool value);

// Sets size bits from start to value. All or nothing: false, and nothing changed, when the array
// is full or the range exceeds the limit. An empty range succeeds.
MUST_USE bool rle_set(struct rle *rle, uint64_t start, uint64_t size, bool value);

// The bit at index; false beyond the limit.
MUST_USE bool rle_get(const struct rle *rle, uint64_t index);

// Whether every bit of the range has this value; false if the range exceeds the limit, true if
// it is empty.
MUST_USE bool rle_all(const struct rle *rle, uint64_t start, uint64_t size, bool value);

// The first index with this value in the range; false: none.
MUST_USE bool rle_find(
	const struct rle *rle, uint64_t start, uint64_t size, bool value, uint64_t *index);

// The first run of this value at or after start, cut to begin no earlier than start. To go
// through all: start = 0, then start = run.start + run.size.
MUST_USE bool rle_next(const struct rle *rle, uint64_t start, bool value, struct rle_run *run);

// Bits of this value, in all and in a range (cut at the limit).
uint64_t rle_count(const struct rle *rle, bool value);
uint64_t rle_count_range(const struct rle *rle, uint64_t start, uint64_t size, bool value);

// Checks every invariant, for tests and assertions; O(runs).
MUST_USE bool rle_is_sound(const struct rle *rle);

#endif

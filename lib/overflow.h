// SPDX-License-Identifier: MIT
// Arithmetic on sizes and addresses that come from outside. Each function returns true and
// writes *result, or returns false, when the exact result does not fit, and writes nothing.
#ifndef LIB_OVERFLOW_H
#define LIB_OVERFLOW_H

#include "lib/util.h"

static inline MUST_USE bool add_checked(uint64_t a, uint64_t b, uint64_t *result)
{
	uint64_t sum = 0;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*result = sum;
	return true;
}

static inline MUST_USE bool sub_checked(uint64_t a, uint64_t b, uint64_t *result)
{
	if (b > a)
		return false;
	*result = a - b;
	return true;
}

static inline MUST_USE bool mul_checked(uint64_t a, uint64_t b, uint64_t *result)
{
	uint64_t product = 0;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*result = product;
	return true;
}

// `align` is a power of two.
static inline MUST_USE bool align_up_checked(uint64_t a, uint64_t align, uint64_t *result)
{
	uint64_t sum = 0;

	if (!add_checked(a, align - 1, &sum))
		return false;
	*result = ALIGN_DOWN(sum, align);
	return true;
}

// Whether start .. start + size - 1 lies in 0 .. limit - 1. An empty range may start at limit.
static inline MUST_USE bool range_fits(uint64_t start, uint64_t size, uint64_t limit)
{
	return start <= limit && size <= limit - start;
}

// Whether two ranges share a byte; an empty range shares none. A range may end at 2^64.
static inline MUST_USE bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	if (a_size == 0 || b_size == 0)
		return false;
	return a < b ? b - a < a_size : a - b < b_size;
}

// Whether the inner range lies in the outer one; ranges do not wrap.
static inline MUST_USE bool range_contains(
	uint64_t outer, uint64_t outer_size, uint64_t inner, uint64_t inner_size)
{
	return inner >= outer && range_fits(inner - outer, inner_size, outer_size);
}

#endif

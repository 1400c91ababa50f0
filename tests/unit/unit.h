// SPDX-License-Identifier: MIT
// For every unit test: cmocka, and random numbers that can be repeated.
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

// cmocka.h needs these four before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/bytes.h"
#include "lib/util.h"

// A number below `bound` (not 0), from a generator that starts at UNIT_SEED, or at a fixed number.
uint64_t unit_random(uint64_t bound);
void unit_random_fill(void *p, size_t size);

// A copy in memory of exactly this size, so that the sanitizer sees an access past its end.
struct bytes unit_copy(const void *data, size_t size);
void unit_free(struct bytes bytes);

// The data of a span that a test made, to be changed.
static inline uint8_t *unit_data(struct bytes bytes)
{
	return (uint8_t *)(uintptr_t)bytes.data;
}

#endif

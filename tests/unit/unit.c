// SPDX-License-Identifier: MIT
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static void seed(void)
{
	const char *text = getenv("UNIT_SEED");

	state = text != NULL ? strtoull(text, NULL, 0) : 0x9e3779b97f4a7c15;
	printf("# UNIT_SEED=0x%llx\n", (unsigned long long)state);
	state |= 1;
}

// xorshift64*
uint64_t unit_random(uint64_t bound)
{
	if (state == 0)
		seed();
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1d >> 11) % bound;
}

void unit_random_fill(void *p, size_t size)
{
	uint8_t *bytes = p;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)unit_random(256);
}

struct bytes unit_copy(const void *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	assert_non_null(copy);
	if (size > 0)
		memcpy(copy, data, size);
	return bytes_make(copy, size);
}

void unit_free(struct bytes bytes)
{
	free(unit_data(bytes));
}

// SPDX-License-Identifier: MIT
// Numbers that look random and are the same in each run.
#ifndef SUITE_RANDOM_H
#define SUITE_RANDOM_H

#include <stdint.h>

// xorshift64*, state not 0
static inline uint32_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)(*state * 0x2545f4914f6cdd1dull >> 32);
}

#endif

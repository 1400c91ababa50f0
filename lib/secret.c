// SPDX-License-Identifier: MIT
#include "lib/secret.h"

#include "lib/string.h"

void mem_wipe(void *p, size_t size)
{
	memset(p, 0, size);
	// The empty statement takes the pointer and clobbers memory: the stores above are visible.
	__asm__ volatile("" : : "r"(p) : "memory");
}

bool mem_equal_ct(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a;
	const uint8_t *y = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < size; i++) {
		difference |= x[i] ^ y[i];
		// Hides the value, so that the loop cannot be left early.
		__asm__ volatile("" : "+r"(difference));
	}
	return difference == 0;
}

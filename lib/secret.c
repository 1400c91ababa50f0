// SPDX-License-Identifier: MIT
#include "lib/secret.h"

#include <stdint.h>

#include "lib/string.h"

// At any address, and part of anything
typedef uint64_t word_t __attribute__((aligned(1), may_alias));
#define WORDS 4

// Words in a row: the C library takes a string instruction for a page, which is slow under
// emulation.
void mem_wipe(void *p, size_t size)
{
	word_t *w = p;

	for (; size >= WORDS * sizeof(*w); size -= WORDS * sizeof(*w)) {
		w[0] = 0;
		w[1] = 0;
		w[2] = 0;
		w[3] = 0;
		w += WORDS;
		__asm__ volatile("" : : : "memory");
	}
	memset(w, 0, size);
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

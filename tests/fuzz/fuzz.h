// SPDX-License-Identifier: MIT
/*
 * For every fuzz target: one file fuzz_<name>.c with LLVMFuzzerTestOneInput, which three programs
 * share: libFuzzer's, AFL++'s, and the replay of saved inputs (replay.c). A target reads bytes that
 * nobody vouches for, hands them to the product, and checks what must hold afterwards.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "lib/bytes.h"
#include "lib/util.h"

// Returns 0. The input must be as if it were the first one: targets reset what the product keeps.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What does not hold is said with its place, and the program aborts: fuzzers keep the input.
#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fuzz_fail(__FILE__, __LINE__, #condition);                                 \
	} while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

// The input taken piece by piece, numbers little-endian; beyond its end there are zeros, so every
// input means something.
struct input {
	const uint8_t *data;
	size_t size;
};
uint64_t input_take(struct input *input, unsigned int bytes);
// Below `bound`, which is not 0.
uint64_t input_below(struct input *input, uint64_t bound);
void input_fill(struct input *input, void *to, size_t size);

// A copy in memory of exactly this size, so that the sanitizer sees an access past its end.
struct bytes fuzz_copy(const void *data, size_t size);
void fuzz_free(struct bytes bytes);

// Whether the span lies within the other one; empty ones do.
bool fuzz_is_inside(struct bytes part, struct bytes whole);

#endif

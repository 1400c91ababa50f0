// SPDX-License-Identifier: MIT
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

uint64_t input_take(struct input *input, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes && input->size > 0; i++) {
		value |= (uint64_t)*input->data << (8 * i);
		input->data++;
		input->size--;
	}
	return value;
}

uint64_t input_below(struct input *input, uint64_t bound)
{
	return input_take(input, bound <= 256 ? 1 : bound <= 65536 ? 2 : 8) % bound;
}

void input_fill(struct input *input, void *to, size_t size)
{
	size_t part = MIN(size, input->size);

	memset(to, 0, size);
	if (part > 0)
		memcpy(to, input->data, part);
	input->data += part;
	input->size -= part;
}

struct bytes fuzz_copy(const void *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	FUZZ_CHECK(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	return bytes_make(copy, size);
}

void fuzz_free(struct bytes bytes)
{
	free((void *)(uintptr_t)bytes.data);
}

bool fuzz_is_inside(struct bytes part, struct bytes whole)
{
	return part.size == 0 ||
	       (part.data >= whole.data && part.size <= whole.size &&
		       part.data - whole.data <= (ptrdiff_t)(whole.size - part.size));
}

// SPDX-License-Identifier: MIT
// In place of copy.S: the accesses that may fault, page by page through the TLB of the fake.
#include <string.h>

#include "kernel/copy.h"
#include "tests/host/fake/internal.h"

// Where the process finds a piece that lies in one page; NULL: a fault.
static uint8_t *piece_ptr(uint64_t va, bool write)
{
	uint64_t gpa = 0;

	if (!fake_va_is_kernel(va))
		return (uint8_t *)va;
	if (fake_translate(va, write, &gpa) > ACCESS_NOT_ALLOWED)
		return NULL;
	rmp_access(gpa, PAGE_SIZE);
	switch (fake_translate(va, write, &gpa)) {
	case ACCESS_OK:
		break;
	case ACCESS_NOT_VALID:
		return NULL;
	default:
		fake_die("access to 0x%lx, which is not mapped so", va);
	}
	if (write)
		memory_mark_written(gpa);
	return fake_ptr(gpa);
}

static size_t piece_size(uint64_t a, uint64_t b, size_t size)
{
	size_t room = MIN(PAGE_SIZE - a % PAGE_SIZE, PAGE_SIZE - b % PAGE_SIZE);

	return MIN(room, size);
}

bool copy_may_fault(void *dst, const void *src, size_t size)
{
	uint64_t to = (uint64_t)dst;
	uint64_t from = (uint64_t)src;

	while (size > 0) {
		size_t piece = piece_size(to, from, size);
		const uint8_t *read = piece_ptr(from, false);
		uint8_t *written = piece_ptr(to, true);

		if (read == NULL || written == NULL)
			return false;
		memcpy(written, read, piece);
		to += piece;
		from += piece;
		size -= piece;
	}
	return true;
}

bool zero_may_fault(void *p, size_t size)
{
	uint64_t va = (uint64_t)p;

	if (size == 0 || size % 256 != 0)
		fake_die("zero_may_fault of %lu bytes", size);
	while (size > 0) {
		size_t piece = piece_size(va, 0, size);
		uint8_t *written = piece_ptr(va, true);

		if (written == NULL)
			return false;
		memset(written, 0, piece);
		va += piece;
		size -= piece;
	}
	return true;
}

bool swap_may_fault(uint8_t *p, uint8_t *value)
{
	uint8_t *at = piece_ptr((uint64_t)p, true);

	if (at == NULL)
		return false;
	uint8_t old = *at;

	*at = *value;
	*value = old;
	return true;
}

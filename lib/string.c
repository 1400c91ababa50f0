// SPDX-License-Identifier: MIT
// The compiler calls the first four by itself, so they must not be compiled into calls of
// themselves: build.mk's users pass -ffreestanding, and what remains of the loops for the compiler
// to recognise stands between empty statements. Words in a row, and string instructions for the
// rest: an emulated processor takes as long for each byte of a string instruction as for a word.
#include "lib/string.h"

#include <stdint.h>

#if __STDC_HOSTED__
#error "lib/string.c is for freestanding builds: the C library has these functions"
#endif

#define WORDS 4

// At any address, and part of anything
typedef uint64_t word_t __attribute__((aligned(1), may_alias));

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
	word_t *d = dst;
	const word_t *s = src;

	for (; size >= WORDS * sizeof(*d); size -= WORDS * sizeof(*d)) {
		d[0] = s[0];
		d[1] = s[1];
		d[2] = s[2];
		d[3] = s[3];
		d += WORDS;
		s += WORDS;
		__asm__ volatile("" : : : "memory");
	}
	__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(size) : : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t size)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	if ((uintptr_t)d - (uintptr_t)s >= size)
		return memcpy(dst, src, size);
	// The destination starts inside the source: copy from the end. No string instruction, since
	// that would run with the direction flag set, which a fault handler must not inherit.
	while (size-- > 0) {
		d[size] = s[size];
		__asm__ volatile("" : : : "memory");
	}
	return dst;
}

void *memset(void *dst, int byte, size_t size)
{
	const uint64_t word = (uint8_t)byte * 0x0101010101010101ull;
	word_t *d = dst;

	for (; size >= WORDS * sizeof(*d); size -= WORDS * sizeof(*d)) {
		d[0] = word;
		d[1] = word;
		d[2] = word;
		d[3] = word;
		d += WORDS;
		__asm__ volatile("" : : : "memory");
	}
	__asm__ volatile("rep stosb" : "+D"(d), "+c"(size) : "a"(byte) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	for (size_t i = 0; i < size; i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	}
	return 0;
}

size_t strnlen(const char *s, size_t max)
{
	size_t size = 0;

	while (size < max && s[size] != '\0')
		size++;
	return size;
}

size_t strlen(const char *s)
{
	return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t max)
{
	for (size_t i = 0; i < max; i++) {
		uint8_t x = (uint8_t)a[i];
		uint8_t y = (uint8_t)b[i];

		if (x != y)
			return x < y ? -1 : 1;
		if (x == '\0')
			return 0;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

// SPDX-License-Identifier: MIT
// lib/string.c under the names that tests/unit/build.mk gives it, against the C library's own.
#include <string.h>

#include "lib/secret.h"
#include "tests/unit/unit.h"

void *copra_memcpy(void *restrict dst, const void *restrict src, size_t size);
void *copra_memmove(void *dst, const void *src, size_t size);
void *copra_memset(void *dst, int byte, size_t size);
int copra_memcmp(const void *a, const void *b, size_t size);
size_t copra_strlen(const char *s);
size_t copra_strnlen(const char *s, size_t max);
int copra_strcmp(const char *a, const char *b);
int copra_strncmp(const char *a, const char *b, size_t max);

#define SIZE 64

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void copies_and_fills(void **context)
{
	uint8_t expected[SIZE], got[SIZE], source[SIZE];

	(void)context;
	for (int i = 0; i < 20000; i++) {
		size_t size = unit_random(SIZE / 2);
		size_t from = unit_random(SIZE / 2);
		size_t to = unit_random(SIZE / 2);

		unit_random_fill(source, SIZE);
		memcpy(expected, source, SIZE);
		memcpy(got, source, SIZE);
		memmove(expected + to, expected + from, size);
		assert_ptr_equal(copra_memmove(got + to, got + from, size), got + to);
		assert_memory_equal(got, expected, SIZE);

		memcpy(expected + to, source + from, size);
		assert_ptr_equal(copra_memcpy(got + to, source + from, size), got + to);
		assert_memory_equal(got, expected, SIZE);

		memset(expected + to, (int)from, size);
		assert_ptr_equal(copra_memset(got + to, (int)from, size), got + to);
		assert_memory_equal(got, expected, SIZE);
	}
}

static void compares(void **context)
{
	(void)context;
	for (int i = 0; i < 20000; i++) {
		uint8_t a[8], b[8];
		size_t size = unit_random(8);

		for (size_t j = 0; j < 8; j++) {
			a[j] = (uint8_t)(unit_random(2) * 200);
			b[j] = (uint8_t)(unit_random(2) * 200);
		}
		assert_int_equal(sign(copra_memcmp(a, b, size)), sign(memcmp(a, b, size)));
		a[7] = b[7] = 0;
		assert_int_equal(sign(copra_strcmp((char *)a, (char *)b)),
			sign(strcmp((char *)a, (char *)b)));
		assert_int_equal(sign(copra_strncmp((char *)a, (char *)b, size)),
			sign(strncmp((char *)a, (char *)b, size)));
		assert_int_equal(copra_strlen((char *)a), strlen((char *)a));
		assert_int_equal(copra_strnlen((char *)a, size), strnlen((char *)a, size));
	}
}

static void wipes(void **context)
{
	uint8_t secret[SIZE + 2];

	(void)context;
	memset(secret, 0xaa, sizeof(secret));
	mem_wipe(secret + 1, SIZE);
	assert_int_equal(secret[0], 0xaa);
	assert_int_equal(secret[SIZE + 1], 0xaa);
	assert_true(bytes_is_zero(bytes_make(secret + 1, SIZE)));
}

static void compares_secrets(void **context)
{
	uint8_t a[SIZE], b[SIZE];

	(void)context;
	unit_random_fill(a, SIZE);
	memcpy(b, a, SIZE);
	assert_true(mem_equal_ct(a, b, SIZE));
	assert_true(mem_equal_ct(a, b, 0));
	for (size_t i = 0; i < SIZE; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			b[i] ^= 1u << bit;
			assert_false(mem_equal_ct(a, b, SIZE));
			assert_true(mem_equal_ct(a, b, i));
			b[i] ^= 1u << bit;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_and_fills),
		cmocka_unit_test(compares),
		cmocka_unit_test(wipes),
		cmocka_unit_test(compares_secrets),
	};

	return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}

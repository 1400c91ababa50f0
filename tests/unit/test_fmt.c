// SPDX-License-Identifier: MIT
// lib/fmt.c against the C library's vsnprintf.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "tests/unit/unit.h"

// Both must write the same text and report the same length, at every buffer size.
#define assert_same(...)                                                                           \
	do {                                                                                       \
		char expected[256], got[256];                                                      \
		int length = snprintf(expected, sizeof(expected), __VA_ARGS__);                    \
		for (size_t size = 0; size <= (size_t)length + 2; size++) {                        \
			struct bytes exact = unit_copy(got, size);                                 \
			snprintf(expected, size, __VA_ARGS__);                                     \
			assert_int_equal(                                                          \
				fmt_snprintf((char *)unit_data(exact), size, __VA_ARGS__),         \
				length);                                                           \
			if (size > 0)                                                              \
				assert_string_equal((const char *)exact.data, expected);           \
			unit_free(exact);                                                          \
		}                                                                                  \
	} while (0)

static void integers(void **context)
{
	static const long long values[] = {0, 1, -1, 9, 10, -10, 255, 256, 65535, 2147483647,
		-2147483647 - 1, 4294967295, 9223372036854775807, -9223372036854775807 - 1};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		long long v = values[i];

		assert_same("[%d] [%i] [%u] [%x] [%X]", (int)v, (int)v, (unsigned int)v,
			(unsigned int)v, (unsigned int)v);
		assert_same("[%ld] [%lu] [%lx]", (long)v, (unsigned long)v, (unsigned long)v);
		assert_same(
			"[%lld] [%llu] [%llx]", v, (unsigned long long)v, (unsigned long long)v);
		assert_same("[%hd] [%hu] [%hhx] [%zu] [%zx]", (short)v, (unsigned short)v,
			(unsigned char)v, (size_t)v, (size_t)v);
		assert_same("[%8d] [%-8d] [%08d] [%2d]", (int)v, (int)v, (int)v, (int)v);
		assert_same("[%18llx] [%-18llx] [%018llx]", v, v, v);
		assert_same("[%*d] [%-*d] [%0*d]", 9, (int)v, 9, (int)v, 9, (int)v);
	}
	assert_same("[%#x] [%#10x] [%#-10x] [%#010x]", 0xabc, 0xabc, 0xabc, 0xabc);
}

static void texts(void **context)
{
	const char *cut = "cut off";

	(void)context;
	assert_same("%s", "");
	assert_same("%s and %s", "one", "two");
	assert_same("[%5s] [%-5s] [%2s]", "abc", "abc", "abc");
	assert_same("[%.3s] [%.0s] [%.*s] [%6.2s]", cut, cut, 2, cut, cut);
	assert_same("[%.*s]", -1, cut);
	assert_same("[%c] [%3c] [%-3c]", 'x', 'y', 'z');
	assert_same("100%% %s", "sure");
	assert_same("%p", (void *)context);
	assert_same("[%20p] [%-20p]", (void *)context, (void *)context);
	assert_same("nothing to convert");
}

// The text of %.*s needs no terminating zero within its length.
static void unterminated_text(void **context)
{
	struct bytes text = unit_copy("abc", 3);
	char out[8];

	(void)context;
	assert_int_equal(fmt_snprintf(out, sizeof(out), "%.*s", 3, (const char *)text.data), 3);
	assert_string_equal(out, "abc");
	unit_free(text);
}

// What the compiler would not accept as a format: reached through a variable.
static size_t format_unchecked(char *out, size_t size, const char *format, ...)
{
	size_t length = 0;
	va_list args;

	va_start(args, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	length = fmt_vsnprintf(out, size, format, args);
#pragma GCC diagnostic pop
	va_end(args);
	return length;
}

static void strange_formats(void **context)
{
	char out[32];

	(void)context;
	assert_int_equal(format_unchecked(out, sizeof(out), "a%q%s", (char *)NULL), 5);
	assert_string_equal(out, "a%q%s");
	assert_int_equal(format_unchecked(out, sizeof(out), "a%"), 2);
	assert_string_equal(out, "a%");
	assert_int_equal(format_unchecked(out, sizeof(out), "%5"), 2);
	assert_string_equal(out, "%5");
	assert_int_equal(format_unchecked(out, sizeof(out), "%s", (char *)NULL), 6);
	assert_string_equal(out, "(null)");
	assert_int_equal(format_unchecked(out, sizeof(out), "%99999999999999999999d", 1), 4096);
	assert_int_equal(strlen(out), sizeof(out) - 1);
}

static void random_fields(void **context)
{
	static const char *const flags[] = {"", "-", "0", "#"};

	(void)context;
	for (int i = 0; i < 2000; i++) {
		char format[32], expected[128], got[128];
		unsigned long value = unit_random(UINT64_MAX) >> unit_random(64);

		snprintf(format, sizeof(format), "<%%%s%dl%s>", flags[unit_random(4)],
			(int)unit_random(25) + 1, "x");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		if (value != 0) {
			snprintf(expected, sizeof(expected), format, value);
			format_unchecked(got, sizeof(got), format, value);
			assert_string_equal(got, expected);
		}
#pragma GCC diagnostic pop
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),
		cmocka_unit_test(texts),
		cmocka_unit_test(unterminated_text),
		cmocka_unit_test(strange_formats),
		cmocka_unit_test(random_fields),
	};

	return cmocka_run_group_tests_name("fmt", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// Spans, checked arithmetic and address types.
#include "lib/addr.h"
#include "tests/unit/unit.h"

static void adds_and_multiplies(void **context)
{
	uint64_t x = 7;

	(void)context;
	assert_true(add_checked(UINT64_MAX - 1, 1, &x));
	assert_int_equal(x, UINT64_MAX);
	assert_false(add_checked(UINT64_MAX, 1, &x));
	assert_int_equal(x, UINT64_MAX);
	assert_true(sub_checked(5, 5, &x));
	assert_int_equal(x, 0);
	assert_false(sub_checked(5, 6, &x));
	assert_true(mul_checked(1ull << 32, (1ull << 32) - 1, &x));
	assert_int_equal(x, 0xffffffff00000000);
	assert_false(mul_checked(1ull << 32, 1ull << 32, &x));
	assert_true(align_up_checked(4097, 4096, &x));
	assert_int_equal(x, 8192);
	assert_true(align_up_checked(UINT64_MAX - 4095, 4096, &x));
	assert_int_equal(x, UINT64_MAX - 4095);
	assert_false(align_up_checked(UINT64_MAX - 4094, 4096, &x));
}

static void checks_ranges(void **context)
{
	(void)context;
	assert_true(range_fits(0, 10, 10));
	assert_true(range_fits(10, 0, 10));
	assert_false(range_fits(11, 0, 10));
	assert_false(range_fits(1, 10, 10));
	assert_false(range_fits(1, UINT64_MAX, 10));
	assert_true(ranges_overlap(0, 10, 9, 1));
	assert_false(ranges_overlap(0, 10, 10, 1));
	assert_false(ranges_overlap(10, 1, 0, 10));
	assert_true(ranges_overlap(9, 1, 0, 10));
	assert_false(ranges_overlap(5, 0, 0, 10));
	assert_true(ranges_overlap(UINT64_MAX, 1, 0, UINT64_MAX) == false);
	assert_true(ranges_overlap(UINT64_MAX - 1, 2, 1, UINT64_MAX));
	assert_true(range_contains(10, 10, 10, 10));
	assert_false(range_contains(10, 10, 9, 2));
	assert_false(range_contains(10, 10, 19, 2));
	assert_false(range_contains(10, 10, 15, UINT64_MAX));
}

// Every offset and size near the ends, against arithmetic that cannot overflow.
static void slices(void **context)
{
	static const uint64_t points[] = {0, 1, 7, 8, 9, 15, 16, 17, UINT64_MAX - 8, UINT64_MAX};
	uint8_t raw[16];
	struct bytes b;

	(void)context;
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)i;
	b = unit_copy(raw, sizeof(raw));
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(points); j++) {
			__uint128_t end = (__uint128_t)points[i] + points[j];
			bool fits = end <= sizeof(raw);
			struct bytes slice = {0};

			assert_int_equal(bytes_slice(b, points[i], points[j], &slice), fits);
			if (fits)
				assert_memory_equal(slice.data, raw + points[i], points[j]);
		}
	}
	unit_free(b);
}

static void reads_numbers(void **context)
{
	const uint8_t raw[] = {0xff, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
	struct bytes b = unit_copy(raw, sizeof(raw));
	uint16_t x16 = 0;
	uint32_t x32 = 0;
	uint64_t x64 = 0;

	(void)context;
	assert_true(get_le16(b, 1, &x16));
	assert_int_equal(x16, 0x3412);
	assert_true(get_le32(b, 1, &x32));
	assert_int_equal(x32, 0x78563412);
	assert_true(get_le64(b, 1, &x64));
	assert_int_equal(x64, 0xf0debc9a78563412);
	assert_false(get_le16(b, 8, &x16));
	assert_false(get_le32(b, 6, &x32));
	assert_false(get_le64(b, 2, &x64));
	assert_false(get_le64(b, UINT64_MAX, &x64));
	assert_int_equal(x64, 0xf0debc9a78563412);
	unit_free(b);
}

static void compares_spans(void **context)
{
	struct bytes empty = {0};
	struct bytes ab = bytes_make("ab", 2);

	(void)context;
	assert_true(bytes_is_empty(empty));
	assert_false(bytes_is_empty(ab));
	assert_true(bytes_equal(empty, empty));
	assert_true(bytes_equal(ab, bytes_make("ab", 2)));
	assert_false(bytes_equal(ab, bytes_make("aB", 2)));
	assert_false(bytes_equal(ab, bytes_make("abc", 3)));
	assert_true(bytes_is_zero(empty));
	assert_true(bytes_is_zero(bytes_make("\0\0", 2)));
	assert_false(bytes_is_zero(bytes_make("\0\1", 2)));
}

static void handles_addresses(void **context)
{
	gpa_t a = gpa_make(0x12345);
	gpa_t b = a;

	(void)context;
	assert_int_equal(gpa_value(a), 0x12345);
	assert_int_equal(gpa_page(a), 0x12);
	assert_int_equal(gpa_offset(a), 0x345);
	assert_int_equal(gpa_value(gpa_from_page(3)), 0x3000);
	assert_int_equal(gpa_value(gpa_align_down(a, 0x1000)), 0x12000);
	assert_false(gpa_is_aligned(a, 0x1000));
	assert_true(gpa_is_aligned(a, 1));
	assert_true(gpa_less(a, gpa_add(a, 1)));
	assert_int_equal(gpa_distance(a, gpa_add(a, 10)), 10);
	assert_true(gpa_equal(a, b));
	assert_false(gpa_add_checked(a, UINT64_MAX, &b));
	assert_true(gpa_add_checked(a, 0xb, &b));
	assert_int_equal(gpa_value(b), 0x12350);
	assert_ptr_equal(vaddr_to_ptr(vaddr_from_ptr(&a)), &a);
}

static void rounds(void **context)
{
	(void)context;
	assert_int_equal(ALIGN_UP(1u, 8), 8);
	assert_int_equal(ALIGN_UP(8u, 8), 8);
	assert_int_equal(ALIGN_DOWN(0xffffffffffffffffull, 0x1000), 0xfffffffffffff000ull);
	assert_int_equal(MIN(3, 4), 3);
	assert_int_equal(MAX(3, 4), 4);
	assert_int_equal(MASK(12), 0xfff);
	assert_int_equal(BIT(63), 1ull << 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_and_multiplies),
		cmocka_unit_test(checks_ranges),
		cmocka_unit_test(slices),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(compares_spans),
		cmocka_unit_test(handles_addresses),
		cmocka_unit_test(rounds),
	};

	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}

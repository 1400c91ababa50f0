// SPDX-License-Identifier: MIT
// Copies that may fault.
#include "kernel/copy.h"

#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "lib/string.h"
#include "tests/svsm/suite.h"

#define NOT_CANONICAL ((void *)0x0000800000000000ull)

static uint8_t *page, *border; // a page, and the address behind it, which is not mapped
static uint64_t *border_entry, border_before;

static bool border_open(void)
{
	page = page_alloc_order(1);
	if (!EXPECT(page != NULL))
		return false;
	border = page + PAGE_SIZE;
	border_entry = pagetable_find((uint64_t)border);
	border_before = *border_entry;
	pagetable_unmap(border);
	return true;
}

static void border_close(void)
{
	*border_entry = border_before;
	page_free_order(page, 1);
}

static void fill(uint8_t *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(i * 7 + 1);
}

static void test_sizes(void)
{
	static uint8_t from[128], to[128];

	fill(from, sizeof(from));
	for (size_t offset = 0; offset < 9; offset++) {
		for (size_t size = 0; size < 70; size++) {
			memset(to, 0xee, sizeof(to));
			EXPECT(copy_may_fault(to + 16, from + offset, size));
			EXPECT(memcmp(to + 16, from + offset, size) == 0);
			EXPECT(to[15] == 0xee && to[16 + size] == 0xee);
		}
	}
}

// Up to the border it works; one byte more faults, whichever instruction it is that gets there.
static void test_borders(void)
{
	static uint8_t buffer[64];

	if (!border_open())
		return;
	for (size_t size = 1; size < 40; size++) {
		EXPECT(copy_may_fault(buffer, border - size, size));
		EXPECT(copy_may_fault(border - size, buffer, size));
		EXPECT(!copy_may_fault(buffer, border - size, size + 1));
		EXPECT(!copy_may_fault(border - size, buffer, size + 1));
		EXPECT(!copy_may_fault(buffer, border, size));
		EXPECT(!copy_may_fault(border, buffer, size));
	}
	border_close();
}

// What lies before the fault has been copied: the caller gets no success for it.
static void test_partly(void)
{
	uint8_t buffer[32] = {0};

	if (!border_open())
		return;
	fill(border - 16, 16);
	EXPECT(!copy_may_fault(buffer, border - 16, 32));
	EXPECT(memcmp(buffer, border - 16, 16) == 0);
	EXPECT_EQ(buffer[16], 0);
	border_close();
}

static void test_zero(void)
{
	if (!border_open())
		return;
	memset(page, 0xff, PAGE_SIZE);
	EXPECT(zero_may_fault(page + 256, PAGE_SIZE - 256));
	EXPECT_EQ(page[255], 0xff);
	for (size_t i = 256; i < PAGE_SIZE; i++) {
		if (!EXPECT_EQ(page[i], 0))
			break;
	}
	EXPECT(!zero_may_fault(border - 256, 512));
	EXPECT(!zero_may_fault(border, 256));
	// Each of the 32 stores has a way out.
	for (size_t offset = 8; offset < 256; offset += 8)
		EXPECT(!zero_may_fault(border - offset, 256));
	border_close();
}

static void test_swap(void)
{
	uint8_t here = 1;
	uint8_t value = 2;

	EXPECT(swap_may_fault(&here, &value));
	EXPECT(here == 2 && value == 1);
	if (!border_open())
		return;
	EXPECT(!swap_may_fault(border, &value));
	EXPECT_EQ(value, 1);
	EXPECT(swap_may_fault(border - 1, &value));
	border_close();
}

static void test_not_canonical(void)
{
	uint8_t buffer[256] = {0};

	EXPECT(!copy_may_fault(buffer, NOT_CANONICAL, 8));
	EXPECT(!copy_may_fault(NOT_CANONICAL, buffer, 3));
	EXPECT(!zero_may_fault(NOT_CANONICAL, 256));
	EXPECT(!swap_may_fault(NOT_CANONICAL, buffer));
}

// Nothing is left behind: flags, stack, the next copy.
static void test_many_faults(void)
{
	uint64_t word = 0;

	for (int i = 0; i < 1000; i++)
		EXPECT(!copy_may_fault(&word, NULL, sizeof(word)));
	EXPECT(copy_may_fault(&word, &(uint64_t){5}, sizeof(word)));
	EXPECT_EQ(word, 5);
}

static const struct test test_copy_tests[] = {
	TEST("sizes", test_sizes),
	TEST("borders", test_borders),
	TEST("partly", test_partly),
	TEST("zero", test_zero),
	TEST("swap", test_swap),
	TEST("not-canonical", test_not_canonical),
	TEST("many-faults", test_many_faults),
};
TEST_GROUP(test_copy, "copy");

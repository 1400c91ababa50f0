// SPDX-License-Identifier: MIT
// The page allocator.
#include "kernel/page.h"

#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "lib/string.h"
#include "tests/svsm/random.h"
#include "tests/svsm/suite.h"

static bool is_zero(const void *p, size_t size)
{
	const uint64_t *words = p;

	for (size_t i = 0; i < size / sizeof(*words); i++) {
		if (words[i] != 0)
			return false;
	}
	return true;
}

static void test_orders(void)
{
	for (unsigned int order = 0; order <= PAGE_ORDER_MAX; order++) {
		size_t size = (size_t)PAGE_SIZE << order;
		uint64_t free = page_count_free();
		void *block = page_alloc_order(order);

		if (!EXPECT(block != NULL))
			continue;
		EXPECT(gpa_is_aligned(kernel_gpa(block), size));
		EXPECT(is_zero(block, size));
		EXPECT_EQ(page_count_free(), free - BIT(order));
		memset(block, 0xa5, size);
		page_free_order(block, order);
		EXPECT_EQ(page_count_free(), free);
	}
	EXPECT(page_alloc_order(PAGE_ORDER_MAX + 1) == NULL);
}

// Comes zeroed though it was full of something when it was freed.
static void test_zeroed_again(void)
{
	for (int i = 0; i < 8; i++) {
		void *page = page_alloc();

		if (!EXPECT(page != NULL) || !EXPECT(is_zero(page, PAGE_SIZE)))
			return;
		memset(page, 0xff, PAGE_SIZE);
		page_free(page);
	}
}

// All of it, page by page: no page comes twice, none is missing, and all joins again.
static void test_exhaustion(void)
{
	uint64_t free = page_count_free();
	uint64_t count = 0;
	void **first = NULL;

	for (;;) {
		void **page = page_alloc();

		if (page == NULL)
			break;
		// A page that came twice would make the chain a ring.
		page[0] = first;
		first = page;
		count++;
	}
	EXPECT_EQ(count, free);
	EXPECT_EQ(page_count_free(), 0);
	while (first != NULL && count-- > 0) {
		void **page = first;

		first = page[0];
		page_free(page);
	}
	EXPECT_EQ(count, 0);
	EXPECT_EQ(page_count_free(), free);
	void *large = page_alloc_order(PAGE_ORDER_MAX);

	EXPECT(large != NULL);
	if (large != NULL)
		page_free_order(large, PAGE_ORDER_MAX);
}

#define BLOCKS 64
static struct block {
	uint64_t *at;
	unsigned int order;
} blocks[BLOCKS];

static void block_take(struct block *block, unsigned int order)
{
	block->order = order;
	block->at = page_alloc_order(order);
	if (block->at == NULL)
		return;
	// Its own address in the first word of each page
	for (uint64_t i = 0; i < BIT(order); i++)
		block->at[i * 512] = (uint64_t)&block->at[i * 512];
}

static bool block_give(struct block *block)
{
	bool intact = true;

	for (uint64_t i = 0; i < BIT(block->order); i++)
		intact &= block->at[i * 512] == (uint64_t)&block->at[i * 512];
	page_free_order(block->at, block->order);
	block->at = NULL;
	return intact;
}

static void test_random(void)
{
	uint64_t state = 0x1234567;

	for (int i = 0; i < 4000; i++) {
		uint32_t number = random_next(&state);
		struct block *block = &blocks[number % BLOCKS];

		if (block->at == NULL)
			block_take(block, number >> 16 & 3);
		else if (!EXPECT(block_give(block)))
			break;
	}
	for (int i = 0; i < BLOCKS; i++) {
		if (blocks[i].at != NULL)
			EXPECT(block_give(&blocks[i]));
	}
}

static void free_page(void *page)
{
	page_free(page);
}

static void free_two(void *page)
{
	page_free_order(page, 1);
}

static const char is_block[] = "pages[index].state == PAGE_USED && pages[index].order == order";
static const char is_heap[] = "index < heap_pages && IS_ALIGNED((uint64_t)page, PAGE_SIZE)";

static void test_wrong_free(void)
{
	uint8_t *two = page_alloc_order(1);

	if (!EXPECT(two != NULL))
		return;
	EXPECT_ASSERT(is_block, free_page, two);
	EXPECT_ASSERT(is_block, free_page, two + PAGE_SIZE);
	EXPECT_ASSERT(is_heap, free_two, two + 8);
	EXPECT_ASSERT(is_heap, free_page, (void *)KERNEL_VA);
	EXPECT_ASSERT(is_heap, free_page, bootinfo_ptr(KERNEL_GPA + KERNEL_REGION_SIZE));
	page_free_order(two, 1);
	EXPECT_ASSERT(is_block, free_two, two);
}

static void add_again(void *page)
{
	page_add(kernel_gpa(page), PAGE_SIZE);
}

static void test_wrong_add(void)
{
	void *page = page_alloc();

	EXPECT_ASSERT("pages[i].state == PAGE_ABSENT", add_again, page);
	page_free(page);
	EXPECT_ASSERT("first + count <= heap_pages", add_again,
		bootinfo_ptr(KERNEL_GPA + KERNEL_REGION_SIZE));
}

static void test_total(void)
{
	EXPECT(page_count_total() > page_count_free());
	EXPECT(page_count_total() * PAGE_SIZE < KERNEL_REGION_SIZE);
}

// All CPUs at once
static void churn(void *argument)
{
	(void)argument;
	for (int i = 0; i < 300; i++) {
		uint64_t *page = page_alloc();

		if (!EXPECT(page != NULL))
			return;
		page[0] = (uint64_t)page ^ this_cpu()->cpu->index;
		page[511] = page[0];
		EXPECT(page[0] == page[511] &&
			page[0] == ((uint64_t)page ^ this_cpu()->cpu->index));
		page_free(page);
	}
}

static void test_all_cpus(void)
{
	job_run_everywhere(churn, NULL, 0);
}

static const struct test test_pages_tests[] = {
	TEST("orders", test_orders),
	TEST("zeroed-again", test_zeroed_again),
	TEST("exhaustion", test_exhaustion),
	TEST("random", test_random),
	TEST("wrong-free", test_wrong_free),
	TEST("wrong-add", test_wrong_add),
	TEST("total", test_total),
	TEST("all-cpus", test_all_cpus, .cpus = 2),
};
TEST_GROUP(test_pages, "pages");

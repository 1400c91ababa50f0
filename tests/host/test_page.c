// SPDX-License-Identifier: MIT
// The page allocator against a model: which pages are handed out.
#include "kernel/bootinfo.h"
#include "kernel/page.h"
#include "tests/host/host.h"

#define BLOCKS_MAX 2048

static const struct fake_config config = {.region_size = MIB(4)};

struct block {
	uint8_t *address;
	unsigned int order;
};

static struct block blocks[BLOCKS_MAX];
static size_t block_count;
static bool is_used[MIB(4) / PAGE_SIZE]; // the model: by page of the region

static size_t first_page(const struct block *block)
{
	return (size_t)((uint64_t)block->address - KERNEL_VA) / PAGE_SIZE;
}

static void model_set(const struct block *block, bool used)
{
	for (size_t i = 0; i < BIT(block->order); i++) {
		assert_int_equal(is_used[first_page(block) + i], !used);
		is_used[first_page(block) + i] = used;
	}
}

static bool block_alloc(unsigned int order)
{
	struct block block = {page_alloc_order(order), order};

	if (block.address == NULL)
		return false;
	assert_in_range(
		(uint64_t)block.address, KERNEL_VA, KERNEL_VA + MIB(4) - (PAGE_SIZE << order));
	assert_true(gpa_is_aligned(kernel_gpa(block.address), PAGE_SIZE << order));
	assert_true(bytes_is_zero(bytes_make(block.address, PAGE_SIZE << order)));
	memset(block.address, 0xaa, PAGE_SIZE << order);
	model_set(&block, true);
	blocks[block_count++] = block;
	return true;
}

static void block_free(size_t i)
{
	model_set(&blocks[i], false);
	page_free_order(blocks[i].address, blocks[i].order);
	blocks[i] = blocks[--block_count];
}

static void blocks_free(void)
{
	while (block_count > 0)
		block_free(unit_random(block_count));
}

static uint64_t pages_held(void)
{
	uint64_t count = 0;

	for (size_t i = 0; i < block_count; i++)
		count += BIT(blocks[i].order);
	return count;
}

// The largest blocks that can be had, as a sign of what is joined.
static unsigned int largest_order(void)
{
	unsigned int order = PAGE_ORDER_MAX;

	while (!block_alloc(order))
		order--;
	blocks_free();
	return order;
}

static void follows_the_model(void **context)
{
	(void)context;
	fake_reset();
	uint64_t free_before = page_count_free();
	unsigned int largest_before = largest_order();

	for (int round = 0; round < 60; round++) {
		for (int i = 0; i < 500; i++) {
			bool alloc = unit_random(100) < (round % 2 == 0 ? 70u : 30u);

			if (alloc && block_count < BLOCKS_MAX)
				(void)block_alloc(
					(unsigned int)unit_random(round % 3 == 0 ? 10 : 3));
			else if (block_count > 0)
				block_free(unit_random(block_count));
			assert_int_equal(page_count_free(), free_before - pages_held());
		}
		if (round % 6 == 5)
			blocks_free();
	}
	blocks_free();
	assert_int_equal(page_count_free(), free_before);
	assert_int_equal(largest_order(), largest_before);
	assert_sound();
}

static void is_used_up(void **context)
{
	(void)context;
	fake_reset();
	uint64_t count = page_count_free();

	for (uint64_t i = 0; i < count; i++)
		assert_true(block_alloc(0));
	assert_int_equal(page_count_free(), 0);
	assert_null(page_alloc());
	assert_null(page_alloc_order(PAGE_ORDER_MAX));
	blocks_free();
	assert_int_equal(page_count_free(), count);
	assert_null(page_alloc_order(PAGE_ORDER_MAX + 1));
	assert_null(page_alloc_order(UINT32_MAX));
	assert_true(page_count_total() >= count);
}

struct wrong_free {
	uint8_t *address;
	unsigned int order;
};

static void free_wrongly(void *p)
{
	const struct wrong_free *wrong = p;

	page_free_order(wrong->address, wrong->order);
}

static void assert_caught(uint8_t *address, unsigned int order)
{
	struct wrong_free wrong = {address, order};

	assert_int_equal(fake_try(free_wrongly, &wrong), TERMINATE_PANIC);
	assert_true(fake_console_has("page.c"));
	assert_true(fake_console_has("not true"));
}

static void catches_wrong_frees(void **context)
{
	uint8_t *page;

	(void)context;
	fake_reset();
	page = page_alloc();
	assert_non_null(page);
	page_free(page);
	assert_caught(page, 0); // twice

	fake_reset();
	page = page_alloc_order(2);
	assert_non_null(page);
	assert_caught(page, 1); // of another order
	fake_reset();
	page = page_alloc_order(2);
	assert_non_null(page);
	assert_caught(page + PAGE_SIZE, 0); // the middle of a block
	fake_reset();
	page = page_alloc();
	assert_non_null(page);
	assert_caught(page + 8, 0);
	fake_reset();
	assert_caught((uint8_t *)KERNEL_VA, 0); // not of the heap
	fake_reset();
	assert_caught((uint8_t *)KERNEL_VA + MIB(4), 0);
}

static void add_again(void *gpa)
{
	page_add(gpa_make(*(uint64_t *)gpa), PAGE_SIZE);
}

static void catches_pages_added_twice(void **context)
{
	(void)context;
	fake_reset();
	uint8_t *page = page_alloc();

	assert_non_null(page);
	uint64_t gpa = gpa_value(kernel_gpa(page));

	assert_int_equal(fake_try(add_again, &gpa), TERMINATE_PANIC);
	fake_reset();
	gpa = KERNEL_GPA + MIB(4); // beyond the heap
	assert_int_equal(fake_try(add_again, &gpa), TERMINATE_PANIC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_model),
		cmocka_unit_test(is_used_up),
		cmocka_unit_test(catches_wrong_frees),
		cmocka_unit_test(catches_pages_added_twice),
	};

	return host_run("page", tests, &config);
}

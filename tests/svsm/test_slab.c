// SPDX-License-Identifier: MIT
// Small objects.
#include "kernel/slab.h"

#include "kernel/error.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "lib/string.h"
#include "tests/svsm/random.h"
#include "tests/svsm/suite.h"

#define OBJECTS 400 // more than one page of the smallest

static uint8_t *objects[OBJECTS];

static bool is_filled(const uint8_t *p, size_t size, uint8_t value)
{
	for (size_t i = 0; i < size; i++) {
		if (p[i] != value)
			return false;
	}
	return true;
}

static bool take_all(size_t size)
{
	for (size_t i = 0; i < OBJECTS; i++) {
		objects[i] = slab_alloc(size);
		if (!EXPECT(objects[i] != NULL) || !EXPECT(is_filled(objects[i], size, 0)))
			return false;
		memset(objects[i], (int)(i & 0xff), size);
	}
	return true;
}

// In an order of its own, so that pages fill and empty in the middle of the list.
static void give_all(size_t size)
{
	uint64_t state = size + 1;

	for (size_t left = OBJECTS; left > 0; left--) {
		size_t i = random_next(&state) % OBJECTS;

		while (objects[i] == NULL)
			i = (i + 1) % OBJECTS;
		EXPECT(is_filled(objects[i], size, (uint8_t)(i & 0xff)));
		slab_free(objects[i]);
		objects[i] = NULL;
	}
}

static void test_sizes(void)
{
	static const size_t sizes[] = {1, 32, 33, 64, 100, 128, 256, 512, 513, 1024};
	uint64_t pages = page_count_free();

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t before = slab_count_used();

		if (!take_all(sizes[i]))
			return;
		EXPECT_EQ(slab_count_used(), before + OBJECTS);
		give_all(sizes[i]);
		EXPECT_EQ(slab_count_used(), before);
	}
	// Empty pages go back.
	EXPECT_EQ(page_count_free(), pages);
}

static void test_limits(void)
{
	EXPECT(slab_alloc(SLAB_SIZE_MAX + 1) == NULL);
	EXPECT(slab_alloc(SIZE_MAX) == NULL);
	slab_free(NULL);
	void *smallest = slab_alloc(0);

	EXPECT(smallest != NULL);
	slab_free(smallest);
}

static void test_zeroed_again(void)
{
	uint8_t *keep = slab_alloc(64);
	uint8_t *first = slab_alloc(64);

	memset(first, 0xee, 64);
	slab_free(first);
	uint8_t *second = slab_alloc(64);

	EXPECT(second == first);
	EXPECT(is_filled(second, 64, 0));
	slab_free(second);
	slab_free(keep);
}

static void free_object(void *object)
{
	slab_free(object);
}

static void test_wrong_free(void)
{
	uint8_t *keep = slab_alloc(100); // of 128
	uint8_t *object = slab_alloc(100);
	uint8_t *page = page_alloc();

	EXPECT_ASSERT("offset % class_size(slab->class) == 0 && i < class_capacity(slab->class)",
		free_object, object + 8);
	EXPECT_ASSERT("offset % class_size(slab->class) == 0 && i < class_capacity(slab->class)",
		free_object, (void *)ALIGN_DOWN((uint64_t)object, PAGE_SIZE));
	EXPECT_ASSERT("slab->magic == SLAB_MAGIC", free_object, page + 64);
	slab_free(object);
	EXPECT_ASSERT("(slab->used[i / 64] >> i % 64 & 1) != 0", free_object, object);
	slab_free(keep);
	page_free(page);
}

static enum error take_one(void *size)
{
	void *object = slab_alloc((uint64_t)size);

	if (object == NULL)
		return ERR_NO_MEMORY;
	slab_free(object);
	return OK;
}

static void test_no_memory(void)
{
	for (uint64_t size = 32; size <= SLAB_SIZE_MAX; size *= 2)
		EXPECT_EQ(alloc_fail_each(take_one, (void *)size), 1);
}

static const struct test test_slab_tests[] = {
	TEST("sizes", test_sizes),
	TEST("limits", test_limits),
	TEST("zeroed-again", test_zeroed_again),
	TEST("wrong-free", test_wrong_free),
	TEST("no-memory", test_no_memory),
};
TEST_GROUP(test_slab, "slab");

// SPDX-License-Identifier: MIT
// Small objects against a model, and what happens without pages or with wrong frees.
#include "kernel/page.h"
#include "kernel/slab.h"
#include "tests/host/host.h"

#define OBJECTS_MAX 4000

struct object {
	uint8_t *address;
	size_t size;
	uint8_t pattern;
};

static struct object objects[OBJECTS_MAX];
static size_t object_count;

static bool object_alloc(size_t size)
{
	struct object object = {slab_alloc(size), size, (uint8_t)(1 + unit_random(255))};

	if (object.address == NULL)
		return false;
	assert_true(IS_ALIGNED((uint64_t)object.address, 32));
	assert_true(bytes_is_zero(bytes_make(object.address, size)));
	memset(object.address, object.pattern, size);
	objects[object_count++] = object;
	return true;
}

// Nobody else has written to it.
static void object_free(size_t i)
{
	const struct object *object = &objects[i];

	for (size_t j = 0; j < object->size; j++)
		assert_int_equal(object->address[j], object->pattern);
	slab_free(object->address);
	objects[i] = objects[--object_count];
}

static void follows_the_model(void **context)
{
	(void)context;
	fake_reset();
	uint64_t free_before = page_count_free();

	for (int i = 0; i < 40000; i++) {
		bool alloc = unit_random(100) < (i / 4000 % 2 == 0 ? 60u : 40u);

		if (alloc && object_count < OBJECTS_MAX)
			(void)object_alloc(unit_random(SLAB_SIZE_MAX + 1));
		else if (object_count > 0)
			object_free(unit_random(object_count));
		assert_int_equal(slab_count_used(), object_count);
	}
	while (object_count > 0)
		object_free(unit_random(object_count));
	assert_int_equal(slab_count_used(), 0);
	assert_int_equal(page_count_free(), free_before);
	slab_free(NULL);
}

static void sizes_fit_into_pages(void **context)
{
	static const size_t sizes[] = {32, 64, 128, 256, 512, 1024};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t room = (PAGE_SIZE - 64) / sizes[i];

		fake_reset();
		uint64_t free_before = page_count_free();

		for (size_t j = 0; j < room; j++)
			assert_true(object_alloc(sizes[i]));
		assert_int_equal(page_count_free(), free_before - 1);
		assert_true(object_alloc(sizes[i] - 1));
		assert_int_equal(page_count_free(), free_before - 2);
		while (object_count > 0)
			object_free(0);
		assert_int_equal(page_count_free(), free_before);
	}
}

static void does_without_pages(void **context)
{
	(void)context;
	fake_reset();
	fake_fail_alloc(0);
	assert_null(slab_alloc(10));
	assert_true(fake_failed());
	assert_int_equal(slab_count_used(), 0);
	assert_null(slab_alloc(SLAB_SIZE_MAX + 1));
	assert_null(slab_alloc(SIZE_MAX));
	assert_true(object_alloc(0));
	object_free(0);
	assert_sound();
}

static void free_object(void *object)
{
	slab_free(object);
}

static void assert_caught(uint8_t *object)
{
	assert_int_equal(fake_try(free_object, object), TERMINATE_PANIC);
	assert_true(fake_console_has("slab.c"));
	assert_true(fake_console_has("not true"));
}

static void catches_wrong_frees(void **context)
{
	(void)context;
	fake_reset();
	uint8_t *object = slab_alloc(100);
	uint8_t *other = slab_alloc(100);

	assert_non_null(object);
	assert_non_null(other);
	slab_free(object);
	assert_caught(object); // twice

	fake_reset();
	object = slab_alloc(100);
	assert_non_null(object);
	assert_caught(object + 32); // inside

	fake_reset();
	uint8_t *page = page_alloc();

	assert_non_null(page);
	assert_caught(page + 64); // no page of objects
	fake_reset();
	object = slab_alloc(100);
	assert_non_null(object);
	assert_caught((uint8_t *)ALIGN_DOWN((uint64_t)object, PAGE_SIZE)); // the header
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_model),
		cmocka_unit_test(sizes_fit_into_pages),
		cmocka_unit_test(does_without_pages),
		cmocka_unit_test(catches_wrong_frees),
	};

	return host_run("slab", tests, NULL);
}

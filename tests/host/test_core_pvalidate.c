// SPDX-License-Identifier: MIT
// SVSM_CORE_PVALIDATE: lists, entries, and what happens when a step fails.
#include "kernel/error.h"
#include "kernel/guest_memory.h"
#include "kernel/page.h"
#include "tests/host/host.h"

#define LIST	    FAKE_FREE_GPA // a page of the guest's for the list
#define FREE	    MIB(64)	  // guest memory that is not valid, 2 MiB aligned
#define VALIDATE    SVSM_PVALIDATE_VALIDATE
#define HUGE	    RMP_PAGE_2M
#define IGNORE_CF   SVSM_PVALIDATE_IGNORE_CF
#define ENTRIES_MAX ((PAGE_SIZE - 8) / 8)

static uint32_t call_list(uint64_t gpa, uint16_t count, uint16_t next, const uint64_t *entries)
{
	struct svsm_pvalidate_list header = {.count = count, .next = next};

	fake_write(gpa, &header, sizeof(header));
	if (entries != NULL)
		fake_write(gpa + sizeof(header), entries, count * sizeof(*entries));
	return fake_core(SVSM_CORE_PVALIDATE, gpa, 0, 0);
}

static uint32_t call_one(uint64_t entry)
{
	return call_list(LIST, 1, 0, &entry);
}

static uint16_t list_next(void)
{
	return ((const struct svsm_pvalidate_list *)fake_ptr(LIST))->next;
}

static int setup(void **context)
{
	(void)context;
	assert_int_equal(fake_boot(NULL), FAKE_RETURNED);
	return 0;
}

static void validates_and_invalidates(void **context)
{
	(void)context;
	fake_reset();
	memset(fake_ptr_write(FREE, PAGE_SIZE), 0xee, PAGE_SIZE);
	assert_int_equal(call_one(FREE | VALIDATE), SVSM_SUCCESS);
	assert_int_equal(list_next(), 1);
	assert_true(fake_is_valid(FREE));
	assert_int_equal(fake_rights(FREE, 2), RMP_PERM_RWX);
	assert_true(bytes_is_zero(bytes_make(fake_ptr(FREE), PAGE_SIZE)));
	assert_sound();
	assert_int_equal(call_one(FREE), SVSM_SUCCESS);
	assert_false(fake_is_valid(FREE));
	assert_int_equal(fake_rights(FREE, 2), 0);
	assert_sound();
	assert_int_equal(call_one(FREE | VALIDATE | HUGE), ERR_RMP_SIZEMISMATCH);
}

static void takes_large_pages(void **context)
{
	(void)context;
	fake_reset();
	assert_int_equal(call_one(FREE | VALIDATE | HUGE), SVSM_SUCCESS);
	assert_true(fake_is_valid(FREE + HUGE_PAGE_SIZE - PAGE_SIZE));
	assert_sound();
	assert_int_equal(call_one((FREE + PAGE_SIZE) | VALIDATE), ERR_RMP_UNCHANGED);
	assert_int_equal(call_one((FREE + PAGE_SIZE) | VALIDATE | IGNORE_CF), SVSM_SUCCESS);
	assert_int_equal(call_one(FREE + PAGE_SIZE), SVSM_SUCCESS);
	assert_int_equal(call_one(FREE | HUGE), ERR_RMP_SIZEMISMATCH);
	assert_sound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(validates_and_invalidates),
		cmocka_unit_test(takes_large_pages),
	};

	return cmocka_run_group_tests_name("core_pvalidate", tests, setup, NULL);
}

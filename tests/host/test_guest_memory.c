// SPDX-License-Identifier: MIT
// States of guest pages against a plain model, their memory, and copies from and to the guest.
#include "kernel/guest_memory.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "kernel/vcpu.h"
#include "tests/host/host.h"

#define AREA	   MIB(64) // guest memory that is not valid at first
#define AREA_PAGES 4096ul
#define HUGE_PAGES 512ul

static bool model[AREA_PAGES];
static uint64_t valid_elsewhere;

static void model_reset(void)
{
	fake_reset();
	memset(model, 0, sizeof(model));
	valid_elsewhere = guest_count_valid();
}

static gpa_t area_page(uint64_t page)
{
	return gpa_make(AREA + page * PAGE_SIZE);
}

static uint64_t model_count(uint64_t first, uint64_t count)
{
	uint64_t valid = 0;

	for (uint64_t i = first; i < first + count; i++)
		valid += model[i];
	return valid;
}

static enum error expected(uint64_t first, uint64_t count, bool valid)
{
	uint64_t have = model_count(first, count);

	if (have == (valid ? 0 : count))
		return OK;
	return have == (valid ? count : 0) ? ERR_RMP_UNCHANGED : ERR_RMP_SIZEMISMATCH;
}

static void change(uint64_t first, bool huge, bool valid)
{
	uint64_t count = huge ? HUGE_PAGES : 1;
	uint32_t size = huge ? RMP_PAGE_2M : RMP_PAGE_4K;
	enum error want = expected(first, count, valid);

	spinlock_acquire(&guest_lock);
	enum error got = valid ? guest_page_validate(area_page(first), size, false)
			       : guest_page_invalidate(area_page(first), size);

	spinlock_release(&guest_lock);
	// The host split this piece when a small page of it was changed.
	if (want == OK && huge && got == ERR_RMP_SIZEMISMATCH)
		return;
	assert_int_equal(got, want);
	for (uint64_t i = first; i < first + count && got == OK; i++)
		model[i] = valid;
}

static void assert_model(void)
{
	spinlock_acquire(&guest_lock);
	for (uint64_t i = 0; i < AREA_PAGES; i++)
		assert_int_equal(guest_is_valid(area_page(i), PAGE_SIZE), model[i]);
	spinlock_release(&guest_lock);
	assert_int_equal(guest_count_valid(), valid_elsewhere + model_count(0, AREA_PAGES));
	assert_sound();
}

static void follows_the_model(void **context)
{
	(void)context;
	model_reset();
	for (int i = 0; i < 60000; i++) {
		bool huge = unit_random(50) == 0;
		uint64_t page = unit_random(AREA_PAGES);

		change(huge ? ALIGN_DOWN(page, HUGE_PAGES) : page, huge, unit_random(2) != 0);
		if (i % 6000 == 0)
			assert_model();
	}
	assert_model();
	spinlock_acquire(&guest_lock);
	for (int i = 0; i < 20000; i++) {
		uint64_t first = unit_random(AREA_PAGES);
		uint64_t size = unit_random(5 * PAGE_SIZE);
		uint64_t start = unit_random(PAGE_SIZE);
		uint64_t last = first + (start + size + PAGE_SIZE - 1) / PAGE_SIZE;

		if (size == 0 || last > AREA_PAGES)
			continue;
		assert_int_equal(guest_is_valid(gpa_add(area_page(first), start), size),
			model_count(first, last - first) == last - first);
	}
	assert_false(guest_is_valid(gpa_make(UINT64_MAX - PAGE_SIZE + 1), PAGE_SIZE));
	spinlock_release(&guest_lock);
}

static void large_pages_follow_the_model(void **context)
{
	(void)context;
	model_reset();
	for (int i = 0; i < 300; i++)
		change(unit_random(AREA_PAGES / HUGE_PAGES) * HUGE_PAGES, true,
			unit_random(2) != 0);
	assert_model();
}

// Every second page: two runs each. Returns the answer that ended it.
static enum error make_runs(uint64_t *count)
{
	enum error err = OK;

	for (*count = 0; err == OK; (*count)++) {
		gpa_t page = gpa_make(MIB(32) + *count * 2 * PAGE_SIZE);

		if (gpa_value(page) == KERNEL_GPA)
			return OK;
		spinlock_acquire(&guest_lock);
		err = guest_page_validate(page, RMP_PAGE_4K, false);
		spinlock_release(&guest_lock);
	}
	(*count)--;
	return err;
}

// docs/kernel.md: 16384 runs, which are 8191 blocks.
static void grows_to_its_limit(void **context)
{
	uint64_t count = 0;

	(void)context;
	fake_reset();
	size_t runs = guest_count_runs();
	uint64_t free_pages = page_count_free();

	assert_int_equal(make_runs(&count), ERR_LIMIT);
	assert_int_equal(guest_count_runs(), runs + 2 * count);
	assert_true(runs + 2 * count <= GUEST_STATE_BYTES_MAX / 8);
	assert_true(runs + 2 * count + 2 > GUEST_STATE_BYTES_MAX / 8 - 2);
	assert_int_equal(page_count_free(), free_pages - GUEST_STATE_BYTES_MAX / PAGE_SIZE + 1);
	assert_sound();
	// A change that joins runs needs no room.
	spinlock_acquire(&guest_lock);
	assert_int_equal(guest_page_invalidate(gpa_make(MIB(32)), RMP_PAGE_4K), OK);
	spinlock_release(&guest_lock);
	assert_sound();
}

static void grows_or_changes_nothing(void **context)
{
	uint64_t count = 0;

	(void)context;
	for (uint64_t n = 0; n < 5; n++) {
		fake_reset();
		fake_fail_alloc(n);
		assert_int_equal(make_runs(&count), ERR_NO_MEMORY);
		assert_true(fake_failed());
		assert_false(fake_is_valid(MIB(32) + count * 2 * PAGE_SIZE));
		assert_sound();
		// The next time there is memory.
		spinlock_acquire(&guest_lock);
		assert_int_equal(guest_page_validate(gpa_make(MIB(32) + count * 2 * PAGE_SIZE),
					 RMP_PAGE_4K, false),
			OK);
		spinlock_release(&guest_lock);
		assert_sound();
	}
}

static void copies_across_pages(void **context)
{
	uint8_t in[3 * PAGE_SIZE], out[3 * PAGE_SIZE];

	(void)context;
	model_reset();
	for (uint64_t i = 0; i < 4; i++)
		change(i, false, true);
	unit_random_fill(in, sizeof(in));
	for (int i = 0; i < 300; i++) {
		uint64_t start = unit_random(PAGE_SIZE);
		size_t size = unit_random(sizeof(in));

		assert_int_equal(guest_copy_out(gpa_make(AREA + start), in, size), OK);
		assert_memory_equal(fake_ptr(AREA + start), in, size);
		assert_int_equal(guest_copy_in(out, gpa_make(AREA + start), size), OK);
		assert_memory_equal(out, in, size);
	}
	// The fifth page is not valid, nor is what is no memory.
	assert_int_equal(
		guest_copy_in(out, gpa_make(AREA + 4 * PAGE_SIZE - 1), 2), ERR_INVALID_ADDRESS);
	assert_int_equal(guest_copy_in(out, gpa_make(AREA + 4 * PAGE_SIZE - 1), 1), OK);
	assert_int_equal(guest_copy_in(out, gpa_make(KERNEL_GPA), 8), ERR_INVALID_ADDRESS);
	assert_int_equal(guest_copy_in(out, gpa_make(0xa0000), 8), ERR_INVALID_ADDRESS);
	assert_int_equal(guest_copy_in(out, gpa_make(UINT64_MAX - 3), 8), ERR_INVALID_ADDRESS);
	assert_int_equal(guest_copy_in(out, gpa_make(FAKE_CBIT + AREA), 8), ERR_INVALID_ADDRESS);
	assert_int_equal(guest_copy_in(out, gpa_make(KERNEL_GPA), 0), OK);
	// The host takes the second of two pages.
	fake_attack(AREA + PAGE_SIZE, FAKE_TAKE);
	assert_int_equal(guest_copy_in(out, gpa_make(AREA + PAGE_SIZE - 4), 8), ERR_FAULT);
	assert_int_equal(guest_copy_out(gpa_make(AREA + PAGE_SIZE - 4), in, 8), ERR_FAULT);
	assert_sound();
}

static void copies_no_vmsa(void **context)
{
	uint64_t word = 0;

	(void)context;
	fake_reset();
	fake_vmsa_fill(FAKE_FREE_GPA);
	assert_int_equal(guest_copy_in(&word, gpa_make(FAKE_FREE_GPA), 8), OK);
	spinlock_acquire(&guest_lock);
	assert_int_equal(
		vcpu_register(gpa_make(FAKE_FREE_GPA), gpa_make(0), this_cpu()->cpu, false, NULL),
		OK);
	spinlock_release(&guest_lock);
	assert_int_equal(guest_copy_in(&word, gpa_make(FAKE_FREE_GPA), 8), ERR_INVALID_ADDRESS);
	assert_int_equal(guest_copy_out(gpa_make(FAKE_FREE_GPA), &word, 8), ERR_INVALID_ADDRESS);
}

static void validate_unlocked(void *unused)
{
	(void)unused;
	error_ignore(guest_page_validate(gpa_make(AREA), RMP_PAGE_4K, false));
}

static void wants_the_lock(void **context)
{
	(void)context;
	fake_reset();
	assert_int_equal(fake_try(validate_unlocked, NULL), TERMINATE_PANIC);
	assert_true(fake_console_has("spinlock_is_held"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_model),
		cmocka_unit_test(large_pages_follow_the_model),
		cmocka_unit_test(grows_to_its_limit),
		cmocka_unit_test(grows_or_changes_nothing),
		cmocka_unit_test(copies_across_pages),
		cmocka_unit_test(copies_no_vmsa),
		cmocka_unit_test(wants_the_lock),
	};

	return host_run("guest_memory", tests, NULL);
}

// SPDX-License-Identifier: MIT
// SVSM_CORE_PVALIDATE: lists and entries, each way to be wrong, and random lists against a model.
#include "kernel/error.h"
#include "kernel/guest_memory.h"
#include "tests/host/host.h"

#define LIST	    FAKE_FREE_GPA // a page of the guest's for the list
#define HERE	    (FAKE_FREE_GPA + PAGE_SIZE)
#define FREE	    MIB(64) // guest memory that is not valid, 2 MiB aligned
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

static uint16_t list_next(uint64_t gpa)
{
	return ((const struct svsm_pvalidate_list *)fake_ptr(gpa))->next;
}

static void validates_and_invalidates(void **context)
{
	(void)context;
	fake_reset();
	memset(fake_ptr_write(FREE, PAGE_SIZE), 0xee, PAGE_SIZE);
	assert_int_equal(call_one(FREE | VALIDATE), SVSM_SUCCESS);
	assert_int_equal(list_next(LIST), 1);
	assert_true(fake_is_valid(FREE));
	assert_int_equal(fake_rights(FREE, 2), RMP_PERM_RWX);
	assert_true(bytes_is_zero(bytes_make(fake_ptr(FREE), PAGE_SIZE)));
	assert_sound();
	assert_int_equal(call_one(FREE), SVSM_SUCCESS);
	assert_false(fake_is_valid(FREE));
	assert_int_equal(fake_rights(FREE, 2), 0);
	assert_sound();
	// A small page of it was changed, so the host has split the piece.
	assert_int_equal(call_one(FREE | VALIDATE | HUGE), ERR_RMP_SIZEMISMATCH);
	assert_sound();
}

// What the guest has given on to VMPL 3 goes too.
static void takes_the_rights_of_all_levels(void **context)
{
	(void)context;
	fake_reset();
	fake_set_rights(HERE, 3, RMP_PERM_RWX);
	assert_int_equal(call_one(HERE), SVSM_SUCCESS);
	assert_int_equal(fake_rights(HERE, 2), 0);
	assert_int_equal(fake_rights(HERE, 3), 0);
	assert_sound();
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
	assert_int_equal(call_one((FREE + PAGE_SIZE)), SVSM_SUCCESS);
	assert_int_equal(call_one(FREE | HUGE), ERR_RMP_SIZEMISMATCH);
	assert_int_equal(call_one(FREE | HUGE | VALIDATE), ERR_RMP_SIZEMISMATCH);
	assert_sound();
	assert_int_equal(call_one((FREE + MIB(2)) | VALIDATE | HUGE), SVSM_SUCCESS);
	assert_int_equal(call_one((FREE + MIB(2)) | HUGE), SVSM_SUCCESS);
	assert_false(fake_is_valid(FREE + MIB(2)));
	assert_sound();
}

// The host puts a large piece where one page was valid: that page is not validated again with it.
static void parts_are_not_validated_twice(void **context)
{
	(void)context;
	fake_reset();
	assert_int_equal(call_one((FREE + 7 * PAGE_SIZE) | VALIDATE), SVSM_SUCCESS);
	fake_attack(FREE, FAKE_RENEW);
	assert_int_equal(call_one(FREE | VALIDATE | HUGE), ERR_RMP_SIZEMISMATCH);
	assert_sound();
	assert_int_equal(call_one((FREE + 7 * PAGE_SIZE) | VALIDATE | IGNORE_CF), SVSM_SUCCESS);
	assert_int_equal(call_one(FREE | VALIDATE), SVSM_SUCCESS);
	assert_sound();
}

// Above all, a page that is valid already keeps its contents.
static void does_not_touch_what_is_so_already(void **context)
{
	(void)context;
	fake_reset();
	memset(fake_ptr_write(HERE, PAGE_SIZE), 0x11, PAGE_SIZE);
	assert_int_equal(call_one(HERE | VALIDATE), ERR_RMP_UNCHANGED);
	assert_int_equal(list_next(LIST), 0);
	assert_int_equal(fake_ptr(HERE)[77], 0x11);
	assert_int_equal(call_one(HERE | VALIDATE | IGNORE_CF), SVSM_SUCCESS);
	assert_int_equal(list_next(LIST), 1);
	assert_int_equal(fake_ptr(HERE)[77], 0x11);
	assert_int_equal(call_one(FREE), ERR_RMP_UNCHANGED);
	assert_int_equal(call_one(FREE | IGNORE_CF), SVSM_SUCCESS);
	assert_sound();
}

static void refuses_wrong_entries(void **context)
{
	static const struct {
		uint64_t entry;
		uint32_t answer;
	} rows[] = {
		{FREE | 2 | VALIDATE, ERR_INVALID_PARAMETER},
		{FREE | 3 | VALIDATE, ERR_INVALID_PARAMETER},
		{FREE | 0x10 | VALIDATE, ERR_INVALID_PARAMETER},
		{FREE | 0x800 | VALIDATE, ERR_INVALID_PARAMETER},
		{(FREE + PAGE_SIZE) | HUGE | VALIDATE, ERR_INVALID_PARAMETER},
		{KERNEL_GPA | VALIDATE, ERR_INVALID_ADDRESS}, {KERNEL_GPA, ERR_INVALID_ADDRESS},
		{(KERNEL_GPA + HUGE_PAGE_SIZE - PAGE_SIZE), ERR_INVALID_ADDRESS},
		{KERNEL_GPA | HUGE, ERR_INVALID_ADDRESS}, {0xa0000 | VALIDATE, ERR_INVALID_ADDRESS},
		{HUGE | VALIDATE, ERR_INVALID_ADDRESS}, // the VGA window lies in it
		{FAKE_RAM_END | VALIDATE, ERR_INVALID_ADDRESS},
		{(FAKE_RAM_END - PAGE_SIZE) | VALIDATE, SVSM_SUCCESS},
		{FAKE_CBIT | FREE | VALIDATE, ERR_INVALID_ADDRESS},
		{~0xfffull | VALIDATE, ERR_INVALID_ADDRESS}, {FAKE_CAA_GPA, ERR_INVALID_ADDRESS},
		{FAKE_CAA_GPA | VALIDATE, ERR_INVALID_ADDRESS},
		{FAKE_CAA_GPA | VALIDATE | IGNORE_CF, ERR_INVALID_ADDRESS},
		{FAKE_PARAMS_GPA | HUGE, ERR_INVALID_ADDRESS}, // the calling area lies in it
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_reset();
		assert_int_equal(call_one(rows[i].entry), rows[i].answer);
		assert_int_equal(list_next(LIST), rows[i].answer == SVSM_SUCCESS);
		assert_sound();
	}
}

static void refuses_wrong_lists(void **context)
{
	uint64_t entries[2] = {FREE | VALIDATE, (FREE + PAGE_SIZE) | VALIDATE};

	(void)context;
	fake_reset();
	uint64_t last = LIST + PAGE_SIZE - 16;

	assert_int_equal(call_list(LIST, 0, 0, NULL), ERR_INVALID_PARAMETER);
	assert_int_equal(call_list(LIST, 2, 2, entries), ERR_INVALID_PARAMETER);
	assert_int_equal(call_list(LIST, 2, UINT16_MAX, entries), ERR_INVALID_PARAMETER);
	assert_int_equal(call_list(LIST + 4, 1, 0, entries), ERR_INVALID_PARAMETER);
	assert_int_equal(call_list(LIST + 1, 1, 0, entries), ERR_INVALID_PARAMETER);
	assert_int_equal(call_list(LIST, ENTRIES_MAX + 1, 0, NULL), ERR_INVALID_PARAMETER);
	assert_int_equal(call_list(LIST, UINT16_MAX, 0, NULL), ERR_INVALID_PARAMETER);
	assert_int_equal(call_list(last, 2, 0, entries), ERR_INVALID_PARAMETER);
	assert_int_equal(call_list(last + 8, 1, 0, NULL), ERR_INVALID_PARAMETER);
	assert_int_equal(fake_core(SVSM_CORE_PVALIDATE, FREE, 0, 0), ERR_INVALID_ADDRESS);
	assert_int_equal(fake_core(SVSM_CORE_PVALIDATE, KERNEL_GPA, 0, 0), ERR_INVALID_ADDRESS);
	assert_int_equal(fake_core(SVSM_CORE_PVALIDATE, UINT64_MAX - 7, 0, 0), ERR_INVALID_ADDRESS);
	assert_int_equal(guest_count_runs(), 4);
	assert_sound();
	// At the page's end, and starting in the middle.
	assert_int_equal(call_list(last, 1, 0, entries), SVSM_SUCCESS);
	assert_int_equal(list_next(last), 1);
	assert_int_equal(call_list(LIST, 2, 1, entries), SVSM_SUCCESS);
	assert_int_equal(list_next(LIST), 2);
	assert_sound();
}

static void tells_which_entry_failed(void **context)
{
	uint64_t entries[ENTRIES_MAX];

	(void)context;
	for (uint64_t wrong = 0; wrong <= ENTRIES_MAX; wrong += 73) {
		fake_reset();
		for (uint64_t i = 0; i < ENTRIES_MAX; i++)
			entries[i] = (FREE + i * PAGE_SIZE) | VALIDATE;
		if (wrong < ENTRIES_MAX)
			entries[wrong] |= 0x20;
		assert_int_equal(call_list(LIST, ENTRIES_MAX, 0, entries),
			wrong < ENTRIES_MAX ? ERR_INVALID_PARAMETER : SVSM_SUCCESS);
		assert_int_equal(list_next(LIST), wrong);
		assert_int_equal(guest_count_valid(), 64 + 16 + wrong);
		assert_sound();
	}
}

// The list's own page is the last entry: it is carried out, and the answer cannot be written.
static void a_list_may_lose_its_page(void **context)
{
	(void)context;
	fake_reset();
	assert_int_equal(call_one(LIST), ERR_INVALID_ADDRESS);
	assert_false(fake_is_valid(LIST));
	assert_sound();
}

// The copy is what counts: the kernel writes `next` and nothing else.
static void writes_next_alone(void **context)
{
	uint8_t before[PAGE_SIZE];

	(void)context;
	fake_reset();
	unit_random_fill(fake_ptr_write(LIST, PAGE_SIZE), PAGE_SIZE);
	uint64_t entry = FREE | VALIDATE;
	struct svsm_pvalidate_list header = {.count = 1};

	fake_write(LIST, &header, sizeof(header));
	fake_write(LIST + 8, &entry, sizeof(entry));
	memcpy(before, fake_ptr(LIST), PAGE_SIZE);
	assert_int_equal(fake_core(SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_SUCCESS);
	before[2] = 1;
	assert_memory_equal(before, fake_ptr(LIST), PAGE_SIZE);
}

static void change_list(uint64_t gpa)
{
	// After the list was copied: its entries, count and next are the guest's to change.
	if (gpa - FREE < MIB(4))
		memset(fake_ptr_write(LIST, PAGE_SIZE), 0xff, PAGE_SIZE);
}

static void a_list_is_read_once(void **context)
{
	uint64_t entries[3] = {
		FREE | VALIDATE, (FREE + PAGE_SIZE) | VALIDATE, (FREE + 2 * PAGE_SIZE) | VALIDATE};

	(void)context;
	fake_reset();
	fake_on_access(change_list);
	assert_int_equal(call_list(LIST, 3, 0, entries), SVSM_SUCCESS);
	assert_true(fake_is_valid(FREE + 2 * PAGE_SIZE));
	assert_int_equal(list_next(LIST), 3);
	assert_sound();
}

// Every second page, as far as the page states reach; then what makes them smaller still goes.
static void fragments_have_a_limit(void **context)
{
	uint64_t entries[ENTRIES_MAX];
	uint32_t answer = SVSM_SUCCESS;
	uint64_t next = 0;

	(void)context;
	fake_reset();
	while (answer == SVSM_SUCCESS) {
		for (uint64_t i = 0; i < ENTRIES_MAX; i++)
			entries[i] = (MIB(256) + (next + 2 * i) * PAGE_SIZE) | VALIDATE;
		next += 2 * ENTRIES_MAX;
		answer = call_list(LIST, ENTRIES_MAX, 0, entries);
	}
	assert_int_equal(answer, SVSM_ERR_INVALID_REQUEST);
	assert_true(guest_count_runs() > GUEST_STATE_BYTES_MAX / 8 - 3);
	assert_sound();
	uint64_t refused = entries[list_next(LIST)];

	assert_int_equal(call_one(refused), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_one(MIB(256)), SVSM_SUCCESS);
	assert_int_equal(call_one(refused), SVSM_SUCCESS);
	assert_sound();
}

static void random_lists_stay_sound(void **context)
{
	uint64_t entries[ENTRIES_MAX];

	(void)context;
	for (int round = 0; round < 3000; round++) {
		uint64_t count = 1 + unit_random(unit_random(20) == 0 ? ENTRIES_MAX : 6);

		if (round % 100 == 0)
			fake_reset();
		for (uint64_t i = 0; i < count; i++) {
			uint64_t page = unit_random(8) == 0 ? FAKE_PARAMS_GPA : FREE;

			entries[i] = (page + unit_random(1024) * PAGE_SIZE) | unit_random(2) << 2 |
				     unit_random(2) << 3;
			if (unit_random(4) == 0)
				entries[i] = ALIGN_DOWN(entries[i], HUGE_PAGE_SIZE) | HUGE |
					     unit_random(2) << 2;
			if (unit_random(40) == 0)
				entries[i] ^= BIT(unit_random(64));
		}
		(void)call_list(FAKE_IMAGE_GPA, (uint16_t)count, 0, entries);
		if (round % 10 == 0)
			assert_sound();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(validates_and_invalidates),
		cmocka_unit_test(takes_the_rights_of_all_levels),
		cmocka_unit_test(takes_large_pages),
		cmocka_unit_test(parts_are_not_validated_twice),
		cmocka_unit_test(does_not_touch_what_is_so_already),
		cmocka_unit_test(refuses_wrong_entries),
		cmocka_unit_test(refuses_wrong_lists),
		cmocka_unit_test(tells_which_entry_failed),
		cmocka_unit_test(a_list_may_lose_its_page),
		cmocka_unit_test(writes_next_alone),
		cmocka_unit_test(a_list_is_read_once),
		cmocka_unit_test(fragments_have_a_limit),
		cmocka_unit_test(random_lists_stay_sound),
	};

	return host_run("core_pvalidate", tests, NULL);
}

// SPDX-License-Identifier: MIT
// States of guest pages: what the kernel notes, what the processor does, and what the guest gets.
#include "kernel/guest_memory.h"

#include "kernel/bootinfo.h"
#include "kernel/memmap.h"
#include "kernel/tempmap.h"
#include "lib/string.h"
#include "tests/svsm/guest_pages.h"
#include "tests/svsm/random.h"
#include "tests/svsm/rmpquery.h"
#include "tests/svsm/suite.h"

#define ONLY_SNP  "there is no RMP here"
#define HUGE_PAGE 512 // pages

static void test_validate(void)
{
	gpa_t page = guest_page(0);
	uint64_t valid = guest_count_valid();

	pages_make_private(page, 2);
	EXPECT(!page_is_valid(page));
	EXPECT_EQ(page_invalid(page, RMP_PAGE_4K), ERR_RMP_UNCHANGED);
	EXPECT_EQ(page_valid(page, RMP_PAGE_4K), OK);
	EXPECT(page_is_valid(page) && !page_is_valid(guest_page(1)));
	EXPECT_EQ(guest_count_valid(), valid + 1);
	EXPECT_EQ(page_valid(page, RMP_PAGE_4K), ERR_RMP_UNCHANGED);
	EXPECT_EQ(page_adopt(page, RMP_PAGE_4K), ERR_RMP_UNCHANGED);
	EXPECT_EQ(page_invalid(page, RMP_PAGE_4K), OK);
	EXPECT(!page_is_valid(page));
	EXPECT_EQ(guest_count_valid(), valid);
}

static void test_huge(void)
{
	gpa_t page = guest_page(HUGE_PAGE);
	uint64_t valid = guest_count_valid();

	pages_make_private(page, HUGE_PAGE);
	EXPECT_EQ(page_valid(page, RMP_PAGE_2M), OK);
	EXPECT_EQ(guest_count_valid(), valid + HUGE_PAGE);
	EXPECT_EQ(page_valid(page, RMP_PAGE_2M), ERR_RMP_UNCHANGED);
	EXPECT_EQ(page_invalid(page, RMP_PAGE_2M), OK);
	EXPECT_EQ(guest_count_valid(), valid);
}

// A part has the state already: nothing is done.
static void test_mixed(void)
{
	gpa_t huge = guest_page(2 * HUGE_PAGE);
	gpa_t one = guest_page(2 * HUGE_PAGE + 100);

	pages_make_private(huge, 50);
	pages_make_private(one, 1);
	EXPECT_EQ(page_valid(one, RMP_PAGE_4K), OK);
	EXPECT_EQ(page_valid(huge, RMP_PAGE_2M), ERR_RMP_SIZEMISMATCH);
	EXPECT_EQ(page_invalid(huge, RMP_PAGE_2M), ERR_RMP_SIZEMISMATCH);
	EXPECT_EQ(page_adopt(huge, RMP_PAGE_2M), ERR_RMP_SIZEMISMATCH);
	EXPECT(page_is_valid(one) && !page_is_valid(huge));
	EXPECT_EQ(page_invalid(one, RMP_PAGE_4K), OK);
}

static void expect_rights(gpa_t page, unsigned int permissions)
{
	vaddr_t va = tempmap_page(TEMP_PAGE_STATE, page);

	EXPECT_EQ(rmpquery(va, 1), rmp_rights(1, 0));
	EXPECT_EQ(rmpquery(va, 2), rmp_rights(2, permissions));
	EXPECT_EQ(rmpquery(va, 3), rmp_rights(3, 0));
	tempmap_unmap(TEMP_PAGE_STATE);
}

// The guest's VMPL gets all rights, the others none; each is taken before the page is.
static void test_rights(void)
{
	pages_open(0, 1);
	expect_rights(guest_page(0), RMP_PERM_RWX);
	vaddr_t va = tempmap_page(TEMP_PAGE_STATE, guest_page(0));

	EXPECT_EQ(platform_page_revoke(va, RMP_PAGE_4K), OK);
	tempmap_unmap(TEMP_PAGE_STATE);
	expect_rights(guest_page(0), 0);
	pages_close(0, 1);
}

static bool page_is_filled(gpa_t page, uint8_t value)
{
	static uint8_t bytes[PAGE_SIZE];

	memset(bytes, ~value, sizeof(bytes));
	EXPECT_EQ(guest_copy_in(bytes, page, sizeof(bytes)), OK);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

static void page_fill(gpa_t page, uint8_t value)
{
	static uint8_t bytes[PAGE_SIZE];

	memset(bytes, value, sizeof(bytes));
	EXPECT_EQ(guest_copy_out(page, bytes, sizeof(bytes)), OK);
}

// What was there before, of the guest's or of anybody's, is gone after validation.
static void test_zeroed(void)
{
	pages_open(0, 1);
	page_fill(guest_page(0), 0xcd);
	EXPECT(page_is_filled(guest_page(0), 0xcd));
	pages_close(0, 1);
	EXPECT_EQ(page_valid(guest_page(0), RMP_PAGE_4K), OK);
	EXPECT(page_is_filled(guest_page(0), 0));
	pages_close(0, 1);
}

static enum error validate_in_rmp(gpa_t page, bool valid)
{
	enum error err =
		platform_page_validate(tempmap_page(TEMP_PAGE_STATE, page), RMP_PAGE_4K, valid);

	tempmap_unmap(TEMP_PAGE_STATE);
	return err;
}

static enum error valid_though_unchanged(gpa_t page)
{
	spinlock_acquire(&guest_lock);
	enum error err = guest_page_validate(page, RMP_PAGE_4K, true);

	spinlock_release(&guest_lock);
	return err;
}

// The processor has it validated, the kernel does not know of it.
static void test_unchanged(void)
{
	pages_make_private(guest_page(0), 1);
	EXPECT_EQ(validate_in_rmp(guest_page(0), true), OK);
	EXPECT_EQ(page_valid(guest_page(0), RMP_PAGE_4K), ERR_RMP_UNCHANGED);
	EXPECT(!page_is_valid(guest_page(0)));
	EXPECT_EQ(valid_though_unchanged(guest_page(0)), OK);
	EXPECT(page_is_filled(guest_page(0), 0));
	pages_close(0, 1);
}

static void test_adopt(void)
{
	pages_make_private(guest_page(0), 1);
	EXPECT(page_adopt(guest_page(0), RMP_PAGE_4K) != OK);
	EXPECT(!page_is_valid(guest_page(0)));
	EXPECT_EQ(validate_in_rmp(guest_page(0), true), OK);
	EXPECT_EQ(page_adopt(guest_page(0), RMP_PAGE_4K), OK);
	expect_rights(guest_page(0), RMP_PERM_RWX);
	pages_close(0, 1);
}

// Behind the kernel's back not valid any more: copies end with an error, and so does a second
// invalidation, after which the kernel knows.
static void test_lost_page(void)
{
	uint64_t word = 0;

	pages_open(0, 2);
	EXPECT_EQ(validate_in_rmp(guest_page(1), false), OK);
	EXPECT_EQ(guest_copy_in(&word, guest_page(1), sizeof(word)), ERR_FAULT);
	EXPECT_EQ(guest_copy_out(guest_page(1), &word, sizeof(word)), ERR_FAULT);
	EXPECT_EQ(guest_copy_out(gpa_make(gpa_value(guest_page(1)) - 4), &word, sizeof(word)),
		ERR_FAULT);
	// RMPADJUST of it faults: the kernel keeps it noted as valid, the guest cannot use it.
	EXPECT(page_invalid(guest_page(1), RMP_PAGE_4K) != OK);
	EXPECT_EQ(validate_in_rmp(guest_page(1), true), OK);
	pages_close(0, 2);
}

static void test_copy(void)
{
	static uint8_t from[PAGE_SIZE * 2], to[PAGE_SIZE * 2];
	gpa_t start = gpa_add(guest_page(4), 1000);

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i * 3 + i / 256);
	pages_open(4, 3);
	EXPECT_EQ(guest_copy_out(start, from, sizeof(from)), OK);
	EXPECT_EQ(guest_copy_in(to, start, sizeof(to)), OK);
	EXPECT(memcmp(from, to, sizeof(from)) == 0);
	EXPECT_EQ(guest_copy_in(to, start, 0), OK);
	// Into what is not valid, and where the guest has no memory
	EXPECT_EQ(guest_copy_in(to, gpa_add(guest_page(6), 100), PAGE_SIZE), ERR_INVALID_ADDRESS);
	EXPECT_EQ(guest_copy_in(to, guest_page(7), 1), ERR_INVALID_ADDRESS);
	EXPECT_EQ(guest_copy_out(gpa_make(KERNEL_GPA), from, 8), ERR_INVALID_ADDRESS);
	EXPECT_EQ(guest_copy_out(gpa_make(0xa0000), from, 8), ERR_INVALID_ADDRESS);
	EXPECT_EQ(guest_copy_in(to, memmap_end(), 8), ERR_INVALID_ADDRESS);
	pages_close(4, 3);
}

static void test_memmap(void)
{
	EXPECT(memmap_is_guest(guest_page(0), PAGE_SIZE));
	EXPECT(!memmap_is_guest(gpa_make(KERNEL_GPA), PAGE_SIZE));
	EXPECT(!memmap_is_guest(gpa_make(KERNEL_GPA + KERNEL_REGION_SIZE - PAGE_SIZE), PAGE_SIZE));
	EXPECT(!memmap_is_guest(gpa_make(KERNEL_GPA - PAGE_SIZE), 2 * PAGE_SIZE));
	EXPECT(!memmap_is_guest(gpa_make(0x9f000), 2 * PAGE_SIZE));
	EXPECT(!memmap_is_guest(gpa_make(0xbf000), PAGE_SIZE));
	EXPECT(memmap_is_guest(gpa_make(0x9e000), PAGE_SIZE));
	EXPECT(!memmap_is_guest(memmap_end(), PAGE_SIZE));
	EXPECT(!memmap_is_guest(gpa_make(~0ull << PAGE_SHIFT), 2 * PAGE_SIZE));
}

#define MODEL_PAGES (2 * HUGE_PAGE)
static bool model[MODEL_PAGES];

static uint64_t model_count(uint64_t first, uint64_t count)
{
	uint64_t valid = 0;

	for (uint64_t i = first; i < first + count; i++)
		valid += model[i];
	return valid;
}

// What the kernel has to answer, and to note.
static enum error model_run(uint64_t first, uint64_t count, bool valid)
{
	uint64_t have = model_count(first, count);

	if (have == (valid ? count : 0))
		return ERR_RMP_UNCHANGED;
	if (have != (valid ? 0 : count))
		return ERR_RMP_SIZEMISMATCH;
	for (uint64_t i = first; i < first + count; i++)
		model[i] = valid;
	return OK;
}

static bool model_step(uint32_t number, uint64_t base)
{
	uint32_t size = number >> 28 == 0 ? RMP_PAGE_2M : RMP_PAGE_4K;
	uint64_t count = size == RMP_PAGE_2M ? HUGE_PAGE : 1;
	uint64_t first = ALIGN_DOWN(number % MODEL_PAGES, count);
	bool valid = (number >> 20 & 1) != 0;
	gpa_t page = guest_page(base + first);
	enum error err = valid ? page_valid(page, size) : page_invalid(page, size);

	// Once it was split into small pages the processor refuses the large one: nothing changes.
	if (size == RMP_PAGE_2M && err == ERR_RMP_SIZEMISMATCH)
		return true;
	return EXPECT_EQ(err, model_run(first, count, valid));
}

static void test_random(void)
{
	uint64_t before = guest_count_valid();
	uint64_t base = 4 * HUGE_PAGE;
	uint64_t state = 99;

	memset(model, 0, sizeof(model));
	pages_make_private(guest_page(base), MODEL_PAGES);
	for (int i = 0; i < 3000; i++) {
		uint32_t number = random_next(&state);
		uint64_t probe = number >> 5 & (MODEL_PAGES - 1);

		if (!model_step(number, base) ||
			!EXPECT_EQ(guest_count_valid(), before + model_count(0, MODEL_PAGES)) ||
			!EXPECT_EQ(page_is_valid(guest_page(base + probe)), model[probe]))
			break;
	}
	for (uint64_t i = 0; i < MODEL_PAGES; i++) {
		if (model[i])
			EXPECT_EQ(page_invalid(guest_page(base + i), RMP_PAGE_4K), OK);
	}
	EXPECT_EQ(guest_count_valid(), before);
}

static const struct test test_guest_tests[] = {
	TEST("memmap", test_memmap),
	TEST("validate", test_validate),
	TEST("huge", test_huge),
	TEST("mixed", test_mixed),
	TEST("rights", test_rights, .snp = ONLY_SNP),
	TEST("zeroed", test_zeroed),
	TEST("unchanged", test_unchanged, .snp = ONLY_SNP),
	TEST("adopt", test_adopt, .snp = ONLY_SNP),
	TEST("lost-page", test_lost_page, .snp = ONLY_SNP),
	TEST("copy", test_copy),
	TEST("random", test_random, .keeps = "room for page states is not given back"),
};
TEST_GROUP(test_guest, "guest");

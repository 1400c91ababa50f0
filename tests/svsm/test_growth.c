// SPDX-License-Identifier: MIT
// Room for page states: it grows as the guest's memory falls into pieces, up to its limit. A
// request that finds no room changes nothing, and one that needs none is carried out.
#include "tests/svsm/guest_pages.h"
#include "tests/svsm/suite.h"

#define RUNS_MAX (GUEST_STATE_BYTES_MAX / sizeof(uint64_t))
#define KEEPS	 "room for page states is not given back"
#define BLOCK	 3 // pages of the test's one larger piece

// Every second page of a part of guest memory that is above the kernel
static gpa_t piece(uint64_t n)
{
	return gpa_make(0x0a000000 + 2 * n * PAGE_SIZE);
}

static uint64_t pieces;

static enum error add_piece(void)
{
	enum error err = page_valid(piece(pieces), RMP_PAGE_4K);

	pieces += err == OK ? 1 : 0;
	return err;
}

static void expect_full(enum error wanted)
{
	size_t runs = guest_count_runs();
	uint64_t valid = guest_count_valid();

	EXPECT_EQ(add_piece(), wanted);
	EXPECT(!page_is_valid(piece(pieces)));
	// Cut in two
	EXPECT_EQ(page_invalid(guest_page(1), RMP_PAGE_4K), wanted);
	EXPECT(page_is_valid(guest_page(1)));
	EXPECT_EQ(guest_count_runs(), runs);
	EXPECT_EQ(guest_count_valid(), valid);
	// What makes less of it is possible, and then what was not.
	EXPECT_EQ(page_invalid(piece(pieces / 2), RMP_PAGE_4K), OK);
	EXPECT_EQ(page_invalid(guest_page(1), RMP_PAGE_4K), OK);
	EXPECT_EQ(page_valid(piece(pieces / 2), RMP_PAGE_4K), wanted);
	EXPECT_EQ(page_valid(guest_page(1), RMP_PAGE_4K), OK);
	EXPECT_EQ(page_valid(piece(pieces / 2), RMP_PAGE_4K), OK);
	EXPECT_EQ(guest_count_runs(), runs);
	EXPECT_EQ(guest_count_valid(), valid);
}

static void remove_pieces(void)
{
	for (; pieces > 0; pieces--) {
		if (!EXPECT_EQ(page_invalid(piece(pieces - 1), RMP_PAGE_4K), OK))
			return;
	}
}

// Twice the allocation that has to make it larger fails, and then succeeds.
static void test_no_memory(void)
{
	uint64_t valid = guest_count_valid();

	pages_open(0, BLOCK);
	pages_make_private(piece(0), 2 * 1200);
	for (int growths = 0; growths < 2; growths++) {
		alloc_fail_all(true);
		while (add_piece() == OK && pieces < 1200)
			;
		expect_full(ERR_NO_MEMORY);
		alloc_fail_all(false);
		EXPECT_EQ(add_piece(), OK);
	}
	remove_pieces();
	pages_close(0, BLOCK);
	EXPECT_EQ(guest_count_valid(), valid);
}

static void test_limit(void)
{
	uint64_t valid = guest_count_valid();
	enum error err = OK;

	pages_open(0, BLOCK);
	pages_make_private(piece(0), RUNS_MAX + 16);
	while (err == OK && pieces <= RUNS_MAX / 2)
		err = add_piece();
	EXPECT_EQ(err, ERR_LIMIT);
	EXPECT(guest_count_runs() > RUNS_MAX - 2);
	suite_note("%lu separate pages, then no more", pieces);
	expect_full(ERR_LIMIT);
	remove_pieces();
	pages_close(0, BLOCK);
	EXPECT_EQ(guest_count_valid(), valid);
}

static const struct test test_growth_tests[] = {
	TEST("no-memory", test_no_memory, .keeps = KEEPS),
	TEST("limit", test_limit, .keeps = KEEPS),
};
TEST_GROUP(test_growth, "growth");

// SPDX-License-Identifier: MIT
// SVSM_CORE_PVALIDATE, entry by entry. Source: document 58019, section 6.2.
#include "lib/string.h"
#include "tests/guest-bare/guest.h"

#define SMALL	  FRESH(0) // 4 KiB pages
#define LARGE	  FRESH(1) // a 2 MiB page
#define UNCHANGED SVSM_FAIL(PVALIDATE_FAIL_UNCHANGED)
#define MISMATCH  SVSM_FAIL(RMP_FAIL_SIZEMISMATCH)
#define BAD_MAX	  16

struct row {
	const char *name;
	uint64_t entry, want;
};

static void rows_run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(pvalidate_one(rows[i].entry), rows[i].want, "%s", rows[i].name);
}

static const struct row small_rows[] = {
	{"validate", SMALL | VALID, SVSM_SUCCESS},
	{"validate again: unchanged", SMALL | VALID, UNCHANGED},
	{"validate again, carry ignored", SMALL | VALID | IGNORE_CF, SVSM_SUCCESS},
	{"invalidate", SMALL, SVSM_SUCCESS},
	{"invalidate again: unchanged", SMALL, UNCHANGED},
	{"invalidate again, carry ignored", SMALL | IGNORE_CF, SVSM_SUCCESS},
	{"validate after invalidate", SMALL | VALID, SVSM_SUCCESS},
	{"page that the host has not assigned", (SMALL + 0x5000) | VALID, SVSM_SUCCESS},
	{"page size 2", SMALL | VALID | 2, SVSM_ERR_INVALID_PARAMETER},
	{"page size 3", SMALL | VALID | 3, SVSM_ERR_INVALID_PARAMETER},
	{"reserved bit 4", SMALL | VALID | 0x10, SVSM_ERR_INVALID_PARAMETER},
	{"reserved bit 11", SMALL | VALID | 0x800, SVSM_ERR_INVALID_PARAMETER},
	{"2 MiB, not aligned", (SMALL + 0x1000) | VALID | LARGE_SIZE, SVSM_ERR_INVALID_PARAMETER},
	{"2 MiB that is valid in part", SMALL | VALID | LARGE_SIZE, MISMATCH},
	{"2 MiB that is valid in part, invalidate", SMALL | LARGE_SIZE, MISMATCH},
};

static const struct row large_rows[] = {
	{"2 MiB, validate", LARGE | VALID | LARGE_SIZE, SVSM_SUCCESS},
	{"2 MiB, validate again", LARGE | VALID | LARGE_SIZE, UNCHANGED},
	{"4 KiB of a valid 2 MiB page", (LARGE + 0x3000) | VALID, UNCHANGED},
	{"2 MiB, invalidate", LARGE | LARGE_SIZE, SVSM_SUCCESS},
	{"2 MiB, validate after that", LARGE | VALID | LARGE_SIZE, SVSM_SUCCESS},
	{"4 KiB of it, invalidate", LARGE + 0x3000, SVSM_SUCCESS},
	{"2 MiB with a hole", LARGE | VALID | LARGE_SIZE, MISMATCH},
	{"the hole is filled", (LARGE + 0x3000) | VALID, SVSM_SUCCESS},
	{"2 MiB entry that the host has split", LARGE | LARGE_SIZE, MISMATCH},
};

// A 2 MiB entry is refused as well where its start is sound and its middle is not.
static void test_bad_entries(void)
{
	struct bad_page bad[BAD_MAX];
	size_t count = bad_pages(bad, BAD_MAX);

	for (size_t i = 0; i < count; i++) {
		expect(pvalidate_one(bad[i].gpa | VALID), SVSM_ERR_INVALID_ADDRESS, "validate %s",
			bad[i].name);
		expect(pvalidate_one(bad[i].gpa), SVSM_ERR_INVALID_ADDRESS, "invalidate %s",
			bad[i].name);
	}
	expect(pvalidate_one(secrets->svsm_base | LARGE_SIZE), SVSM_ERR_INVALID_ADDRESS,
		"invalidate 2 MiB of the SVSM");
	expect(pvalidate_one(VALID | LARGE_SIZE), SVSM_ERR_INVALID_ADDRESS,
		"2 MiB at 0, not all of which is memory");
	expect(pvalidate_one(svsm_caa_gpa()), SVSM_ERR_INVALID_ADDRESS,
		"invalidate the calling area in use");
	expect(pvalidate_one(svsm_caa_gpa() | VALID | IGNORE_CF), SVSM_ERR_INVALID_ADDRESS,
		"validate the calling area in use");
}

static bool is_zero(uint64_t gpa)
{
	const uint64_t *word = private_ptr(gpa);

	for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
		if (word[i])
			return false;
	return true;
}

static void test_contents(void)
{
	volatile uint64_t *word = private_ptr(SMALL);

	expect_true(is_zero(SMALL), "a validated page is zero");
	*word = 0x1234;
	pvalidate_one(SMALL | VALID | IGNORE_CF);
	expect(*word, 0x1234, "a second validation changes nothing");
	pvalidate_one(SMALL);
	try_read(private_ptr(SMALL));
	expect(trap_taken().vector, VEC_VC, "an invalidated page cannot be read");
	expect(trap_taken().error, VMEXIT_PAGE_NOT_VALIDATED, "the error code says why");
	pvalidate_one(SMALL | VALID);
	expect_true(is_zero(SMALL), "and is zero when validated again");
	expect(rmpquery(SMALL, SVSM_GUEST_VMPL).rdx, RMPADJUST_RDX(2, RMP_PERM_RWX),
		"permissions of a validated page");
}

// From shared to private and back, as a kernel does for its buffers
static void test_share(void)
{
	const uint64_t gpa = SMALL + 0x7000;

	need_valid(gpa);
	expect(pvalidate_one(gpa), SVSM_SUCCESS, "invalidate before sharing");
	expect_true(ghcb_page_state(gpa, PSC_OP_SHARED), "share");
	try_write(shared_ptr(gpa), 5);
	expect(trap_taken().vector, TRAP_NONE, "write the shared page");
	need_private(gpa, false);
	expect(pvalidate_one(gpa | VALID), SVSM_SUCCESS, "private again");
	expect_true(is_zero(gpa), "and zero");
}

void test_pvalidate(void)
{
	need_private(SMALL, false);
	rows_run(small_rows, ARRAY_SIZE(small_rows));
	need_private(LARGE, true);
	rows_run(large_rows, ARRAY_SIZE(large_rows));
	test_bad_entries();
	test_contents();
	test_share();
}

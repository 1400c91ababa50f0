// SPDX-License-Identifier: MIT
// Memory accesses: pages that are not validated, and contents across a change of owner. Source: APM
// volume 2, sections 15.36.3 and 15.36.6.
#include "lib/string.h"
#include "tests/conformance/conformance.h"

#define ASSIGNED REGION(7) // private, never validated
#define FREE	 REGION(8)
#define WORDS	 (PAGE_SIZE / 8)

static void expect_not_validated(const char *name)
{
	struct trap trap = trap_taken();

	expect(RAISED((uint64_t)trap.vector, trap.error), RAISED(VEC_VC, VMEXIT_PAGE_NOT_VALIDATED),
		"%s", name);
}

static void fetch(uint64_t address)
{
	trap_clear();
	this_cpu()->try_call = address;
	trap_try_call(address);
	this_cpu()->try_call = 0;
}

void test_access(void)
{
	need_private(ASSIGNED);
	try_read(private_ptr(ASSIGNED));
	expect_not_validated("read of a page that is not validated");
	expect(trap_taken().cr2 == ASSIGNED, false, "and CR2 is not written");
	try_write(private_ptr(ASSIGNED), 1);
	expect_not_validated("write");
	fetch(ASSIGNED);
	expect_not_validated("fetch");
	try_read(private_ptr(FREE));
	expect_not_validated("read of a page that nobody owns: assigned, not validated");
	need_valid(ASSIGNED);
	try_read(private_ptr(ASSIGNED));
	expect(trap_taken().vector, TRAP_NONE, "read after PVALIDATE");
	pvalidate(ASSIGNED, 0, 0);
	try_read(private_ptr(ASSIGNED));
	expect_not_validated("read after the page was invalidated");
	try_read(shared_ptr(REGION(9)));
	expect(trap_taken().vector, TRAP_NONE, "shared read of a page that nobody owns");
}

static unsigned words_equal(const uint64_t *page, uint64_t pattern)
{
	unsigned count = 0;

	for (unsigned i = 0; i < WORDS; i++)
		count += page[i] == pattern + i;
	return count;
}

static void fill(uint64_t *page, uint64_t pattern)
{
	for (unsigned i = 0; i < WORDS; i++)
		page[i] = pattern + i;
}

void test_contents(void)
{
	const uint64_t gpa = REGION(10), pattern = 0x1122334455660000;

	need_valid(gpa);
	fill(private_ptr(gpa), pattern);
	expect(words_equal(private_ptr(gpa), pattern), WORDS,
		"private page keeps what was written");
	pvalidate(gpa, 0, 0);
	expect(rmp_value(pvalidate(gpa, 0, 1)), RMP_SUCCESS, "invalid and valid again");
	expect(words_equal(private_ptr(gpa), pattern), WORDS, "same owner, same contents");
	pvalidate(gpa, 0, 0);
	need_shared(gpa);
	expect(words_equal(shared_ptr(gpa), pattern), 0,
		"private contents do not show when shared");
	fill(shared_ptr(gpa), pattern);
	expect(words_equal(shared_ptr(gpa), pattern), WORDS, "shared page keeps what was written");
	need_valid(gpa);
	expect(words_equal(private_ptr(gpa), pattern), 0,
		"shared contents do not show when private");
}

// SPDX-License-Identifier: MIT
// Page-state change lists, and guest requests that are no messages. Source: document 56421,
// sections 4.1.6 and 4.1.7; the error codes are KVM's where the document leaves them open.
#include "lib/string.h"
#include "tests/conformance/conformance.h"

#define SMALL	       REGION(13)
#define LARGE	       REGION(14)
#define WHOLE	       REGION(21)
#define BEYOND_MEMORY  0x4000000000ull
#define MARK	       0x1122334455667788ull
#define ENTRY(gpa, op) ((gpa) | (uint64_t)(op) << PSC_ENTRY_OP_SHIFT)

static struct psc_header *list_begin(struct ghcb **ghcb)
{
	*ghcb = ghcb_begin();
	GHCB_SET(*ghcb, sw_scratch, BARE_GHCB_GPA(0) + offsetof(struct ghcb, shared_buffer));
	memset((*ghcb)->shared_buffer, 0, 64);
	return (struct psc_header *)(*ghcb)->shared_buffer;
}

static void test_one(void)
{
	expect(psc_one(SMALL, PSC_OP_PRIVATE, false), 0, "4 KiB private");
	expect(rmp_value(pvalidate(SMALL, 0, 1)), RMP_SUCCESS, "and validated");
	expect(psc_one(SMALL, PSC_OP_PRIVATE, false), 0, "private again");
	expect(rmp_value(pvalidate(SMALL, 0, 1)), CARRY, "keeps it validated");
	pvalidate(SMALL, 0, 0);
	expect(psc_one(SMALL, PSC_OP_SHARED, false), 0, "4 KiB shared");
	expect(psc_one(LARGE, PSC_OP_PRIVATE, true), 0, "2 MiB private");
	expect(rmp_value(pvalidate(LARGE, 1, 1)), RMP_SUCCESS, "and validated as one");
	expect(psc_one(LARGE, PSC_OP_PSMASH, true), 0, "PSMASH");
	expect(rmp_value(pvalidate(LARGE, 1, 1)), RMP_FAIL_SIZEMISMATCH, "is not one any more");
	expect(rmp_value(pvalidate(LARGE, 0, 1)), CARRY, "and its parts stay validated");
	expect(psc_one(LARGE, PSC_OP_UNSMASH, true), 0, "UNSMASH is a hint");
	expect(psc_one(LARGE, PSC_OP_SHARED, true), 0, "2 MiB shared");
	expect(psc_one(SMALL, 0, false), PSC_ERROR_INVALID_ENTRY, "operation 0");
	expect(psc_one(SMALL, 5, false), PSC_ERROR_INVALID_ENTRY, "operation 5");
	expect(psc_one(SMALL + 0x1000, PSC_OP_PRIVATE, true), PSC_ERROR_INVALID_ENTRY,
		"2 MiB, address not aligned");
	expect(psc_one(SMALL | 2, PSC_OP_PRIVATE, false), PSC_ERROR_INVALID_ENTRY,
		"more pages done than there are");
	expect(psc_one(BEYOND_MEMORY, PSC_OP_PRIVATE, false), PSC_ERROR_GENERIC, "beyond memory");
	expect(psc_one(0xfed00000, PSC_OP_PRIVATE, false), PSC_ERROR_GENERIC,
		"a device's page cannot be private");
}

static void test_list(void)
{
	struct ghcb *ghcb;
	struct psc_header *header = list_begin(&ghcb), after;
	uint64_t *entry = (uint64_t *)(header + 1), first, bad, result;

	header->end_entry = 2;
	entry[0] = ENTRY(SMALL + 0x2000, PSC_OP_PRIVATE);
	entry[1] = ENTRY(BEYOND_MEMORY, PSC_OP_PRIVATE);
	entry[2] = ENTRY(SMALL + 0x3000, PSC_OP_PRIVATE);
	result = ghcb_exit(ghcb, GHCB_EXIT_PSC, 0, 0).info_2;
	after = *header; // reports use the same page
	first = entry[0];
	bad = entry[1];
	expect(result, PSC_ERROR_GENERIC, "list with a bad entry");
	expect(after.cur_entry, 1, "stops at that entry");
	expect(first & PSC_ENTRY_CUR_MASK, 1, "the first one is done");
	expect(bad & PSC_ENTRY_CUR_MASK, 0, "the bad one is not");
	header = list_begin(&ghcb);
	header->cur_entry = 1;
	header->end_entry = 0;
	expect(ghcb_exit(ghcb, GHCB_EXIT_PSC, 0, 0).info_2, 0, "list that is done already");
	header = list_begin(&ghcb);
	header->end_entry = PSC_ENTRIES_MAX;
	expect(ghcb_exit(ghcb, GHCB_EXIT_PSC, 0, 0).info_2, PSC_ERROR_INVALID_HEADER,
		"more entries than there is room for");
	list_begin(&ghcb);
	GHCB_SET(ghcb, sw_scratch, REGION(0));
	expect(ghcb_exit(ghcb, GHCB_EXIT_PSC, 0, 0).info_1, GHCB_RESULT_MALFORMED,
		"list outside the shared buffer");
}

static uint64_t valid_again(uint64_t gpa, uint64_t size)
{
	return rmp_value(pvalidate(gpa, size, 1));
}

// 2 MiB made private where all of it, or some of it, is private: that stays as it is.
static void test_region(void)
{
	volatile uint64_t *kept = private_ptr(WHOLE + 0x1000), *given = private_ptr(WHOLE + 0x5000);

	need_valid_large(WHOLE);
	*kept = MARK;
	expect(psc_one(WHOLE, PSC_OP_PRIVATE, true), 0, "2 MiB entry: private again");
	expect(valid_again(WHOLE, 1), CARRY, "is valid still, as one");
	psc_one(WHOLE, PSC_OP_PSMASH, true);
	expect(psc_one(WHOLE, PSC_OP_PRIVATE, true), 0, "512 entries: private again");
	expect(valid_again(WHOLE, 1), RMP_FAIL_SIZEMISMATCH, "is not put together");
	expect(valid_again(WHOLE + 0x1ff000, 0), CARRY, "is valid still");
	pvalidate(WHOLE + 0x5000, 0, 0);
	need_shared(WHOLE + 0x5000);
	*(volatile uint64_t *)shared_ptr(WHOLE + 0x5000) = MARK;
	expect(psc_one(WHOLE, PSC_OP_PRIVATE, true), 0, "511 entries and a shared page: private");
	expect(valid_again(WHOLE, 0), CARRY, "the first is valid still");
	expect(valid_again(WHOLE + 0x1ff000, 0), CARRY, "and the last");
	expect(*kept, MARK, "with its contents");
	expect(valid_again(WHOLE + 0x5000, 0), RMP_SUCCESS, "the shared one has to be validated");
	expect_true(*given != MARK, "what was shared cannot be read there");
	expect(psc_one(0xfec00000, PSC_OP_PRIVATE, true), PSC_ERROR_GENERIC,
		"2 MiB of devices cannot be private");
}

void test_psc(void)
{
	test_one();
	test_region();
	test_list();
}

void test_requests(void)
{
	const uint64_t request = BARE_FREE_GPA + 0x1000, response = BARE_FREE_GPA + 0x2000;
	struct ghcb_answer a;

	need_shared(request);
	need_shared(response);
	need_private(REGION(19));
	memset(shared_ptr(request), 0, PAGE_SIZE);
	a = ghcb_exit(ghcb_begin(), GHCB_EXIT_GUEST_REQUEST, request, response);
	expect(a.info_1, 0, "zeros for a message: the exit is in order");
	expect_true(a.info_2 != 0, "the secure processor refuses it");
	a = ghcb_exit(ghcb_begin(), GHCB_EXIT_GUEST_REQUEST, request, request);
	expect(a.info_1, GHCB_RESULT_MALFORMED, "request and response page are one");
	a = ghcb_exit(ghcb_begin(), GHCB_EXIT_GUEST_REQUEST, request + 8, response);
	expect(a.info_1, GHCB_RESULT_MALFORMED, "request not aligned");
	a = ghcb_exit(ghcb_begin(), GHCB_EXIT_GUEST_REQUEST, REGION(19), response);
	expect(a.info_1, GHCB_RESULT_MALFORMED, "request in private memory");
	a = ghcb_exit(ghcb_begin(), GHCB_EXIT_GUEST_REQUEST, request, REGION(19));
	expect(a.info_1, GHCB_RESULT_MALFORMED, "response in private memory");
}

// SPDX-License-Identifier: MIT
// Lists of SVSM_CORE_PVALIDATE that break the format, and lists that another CPU changes.
#include "lib/string.h"
#include "tests/guest-bare/guest.h"

#define PAGES	   FRESH(2)
#define UNCHANGED  SVSM_FAIL(PVALIDATE_FAIL_UNCHANGED)
#define PARAMETER  SVSM_ERR_INVALID_PARAMETER
#define HEADER	   sizeof(struct svsm_pvalidate_list)
#define ROOM	   ((PAGE_SIZE - HEADER) / 8) // entries in a whole page
#define BAD_MAX	   16
#define RACE_CALLS 400

static void test_headers(void)
{
	const struct {
		const char *name;
		uint64_t gpa;
		uint16_t count, next;
	} rows[] = {
		{"0 entries", LIST_GPA, 0, 0},
		{"0 entries, next 1", LIST_GPA, 0, 1},
		{"next behind the last entry", LIST_GPA, 1, 1},
		{"next far behind", LIST_GPA, 1, 0xffff},
		{"one entry too many for the page", LIST_GPA, ROOM + 1, 0},
		{"65535 entries", LIST_GPA, 0xffff, 0},
		{"65535 entries, the last one next", LIST_GPA, 0xffff, 0xfffe},
		{"header at the end of the page", LIST_GPA + PAGE_SIZE - 8, 1, 0},
		{"second entry in the next page", LIST_GPA + PAGE_SIZE - 16, 2, 0},
	};

	list_entries(LIST_GPA)[0] = PAGES | VALID;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		expect(pvalidate_list(rows[i].gpa, rows[i].count, rows[i].next), PARAMETER, "%s",
			rows[i].name);
		expect(list_next(rows[i].gpa), rows[i].next, "%s: next is left alone",
			rows[i].name);
	}
}

static void test_addresses(void)
{
	struct bad_page bad[BAD_MAX];
	size_t count = bad_pages(bad, BAD_MAX);

	for (size_t i = 0; i < count; i++)
		expect(svsm_core(SVSM_CORE_PVALIDATE, bad[i].gpa, 0, 0), SVSM_ERR_INVALID_ADDRESS,
			"list in %s", bad[i].name);
	for (unsigned offset = 1; offset < 8; offset++)
		expect(svsm_core(SVSM_CORE_PVALIDATE, LIST_GPA + offset, 0, 0), PARAMETER,
			"list at an address that is not aligned, %u", offset);
	expect(svsm_core(SVSM_CORE_PVALIDATE, FRESH(3), 0, 0), SVSM_ERR_INVALID_ADDRESS,
		"list in a page that is not validated");
	expect(svsm_core(SVSM_CORE_PVALIDATE, BARE_LIST_GPA, 0, 0), SVSM_ERR_INVALID_ADDRESS,
		"list in a shared page");
}

static void test_progress(void)
{
	uint64_t *entry = list_entries(LIST_GPA);

	for (unsigned i = 0; i < 4; i++)
		entry[i] = (PAGES + i * PAGE_SIZE) | VALID;
	entry[2] = secrets->svsm_base | VALID;
	expect(pvalidate_list(LIST_GPA, 4, 0), SVSM_ERR_INVALID_ADDRESS, "third entry is bad");
	expect(list_next(LIST_GPA), 2, "next names it");
	entry[2] = (PAGES + 2 * PAGE_SIZE) | VALID;
	expect(pvalidate_list(LIST_GPA, 4, 2), SVSM_SUCCESS, "going on from there");
	expect(list_next(LIST_GPA), 4, "all done");
	entry[0] = PAGES;
	entry[1] = PAGES;
	expect(pvalidate_list(LIST_GPA, 2, 0), UNCHANGED, "same page twice");
	expect(list_next(LIST_GPA), 1, "the second one failed");
	entry[0] = PAGES | VALID;
	expect(pvalidate_list(LIST_GPA, 1, 0), SVSM_SUCCESS, "valid again");
}

static void test_full(void)
{
	uint64_t *entry = list_entries(LIST_GPA);

	need_private(FRESH(4), true);
	for (unsigned i = 0; i < ROOM; i++)
		entry[i] = (FRESH(4) + i * PAGE_SIZE) | VALID;
	expect(pvalidate_list(LIST_GPA, ROOM, 0), SVSM_SUCCESS, "as many entries as fit");
	expect(list_next(LIST_GPA), ROOM, "all done");
	for (unsigned i = 0; i < ROOM; i++)
		entry[i] &= ~VALID;
	expect(pvalidate_list(LIST_GPA, ROOM, 0), SVSM_SUCCESS, "and back");
}

// The list lies in a page that one of its entries takes away.
static void test_own_page(void)
{
	const uint64_t gpa = FRESH(3) + 0x1000;
	uint64_t code;

	need_valid(gpa);
	list_entries(gpa)[0] = gpa;
	code = pvalidate_list(gpa, 1, 0);
	expect_true(code == SVSM_SUCCESS || code == SVSM_ERR_INVALID_ADDRESS,
		"list that invalidates its own page (0x%lx)", code);
	expect(pvalidate_one(gpa | VALID), SVSM_SUCCESS, "the page was invalidated");
}

void test_pvalidate_lists(void)
{
	for (unsigned i = 0; i < 4; i++)
		need_private(PAGES + i * PAGE_SIZE, false);
	test_headers();
	test_addresses();
	test_progress();
	test_full();
	test_own_page();
}

static _Atomic bool race_end;

// On another CPU: the list is never twice the same.
static void race_job(void)
{
	volatile struct svsm_pvalidate_list *list = private_ptr(LIST_GPA);
	uint64_t n = rdtsc();

	while (!race_end) {
		n = n * 6364136223846793005ull + 1442695040888963407ull;
		list->count = (uint16_t)(n >> 40);
		list->next = (uint16_t)(n >> 48);
		list->entry[n >> 33 & 3] =
			(FRESH(5) + (n >> 20 & 0x1ff000)) | IGNORE_CF | (n >> 58 & VALID);
		if (n >> 60 == 0)
			list->entry[n >> 35 & 3] = secrets->svsm_base | (n >> 12 & 0xfff);
		for (unsigned i = 0; n >> 61 && i < 4; i++)
			list->entry[i] = (FRESH(5) + i * PAGE_SIZE) | IGNORE_CF;
		list->count = 4;
		list->next = 0;
	}
}

static bool race_code_allowed(uint64_t code)
{
	return code == SVSM_SUCCESS || code == PARAMETER || code == SVSM_ERR_INVALID_ADDRESS ||
	       code == UNCHANGED || code == SVSM_FAIL(RMP_FAIL_SIZEMISMATCH);
}

void test_pvalidate_race(void)
{
	uint32_t strange = 0, done = 0;

	if (cpu_count < 2 || !cpu_start(1)) {
		report_skip("no second CPU");
		return;
	}
	need_private(FRESH(5), true);
	race_end = false;
	cpu_begin(1, race_job);
	for (unsigned i = 0; i < RACE_CALLS; i++) {
		uint64_t code = svsm_core(SVSM_CORE_PVALIDATE, LIST_GPA, 0, 0);

		done += code == SVSM_SUCCESS;
		strange += !race_code_allowed(code);
	}
	race_end = true;
	expect_true(cpu_wait(1, 2000), "the other CPU goes on");
	expect(strange, 0, "%u calls on a list that changes, %u successful: strange answers",
		RACE_CALLS, done);
	try_read(private_ptr(LIST_GPA));
	expect(trap_taken().vector, TRAP_NONE, "the list is still there");
	expect_true(cpu_stop(1), "the other CPU is deleted");
}

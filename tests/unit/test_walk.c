// SPDX-License-Identifier: MIT
// The machine's walk of a guest's page tables, in each paging mode, over a small system memory.
#include <string.h>

#include "hw/x86.h"
#include "machine/cpu/processor.h"
#include "machine/host/npt.h"
#include "tests/unit/unit.h"

#define PAGES 32
#define ROOT  0x1000ull
#define DATA  0x8000ull // two pages that are not in a row

static uint8_t memory_pages[PAGES][4096] __attribute__((aligned(4096)));
static struct rmp_entry rmp[PAGES];
static struct vmcb vmcb;
static struct plane plane;
static unsigned int settled;

// A system address is where spa_ptr() finds the page.
static uint64_t spa_of(uint64_t gpa)
{
	return (uint64_t)(uintptr_t)memory_pages[gpa / PAGE_SIZE] - DIRECT_MAP_BASE;
}

struct npt_mapping host_npt_walk(uint64_t gpa)
{
	struct npt_mapping map = {NPT_NONE, 0, false};

	assert_int_equal(gpa % PAGE_SIZE, 0);
	assert_int_equal(gpa & CBIT, 0);
	if (gpa < PAGES * PAGE_SIZE)
		map = (struct npt_mapping){NPT_RAM, spa_of(gpa), false};
	return map;
}

struct rmp_entry *rmp_entry_locked(uint64_t spa)
{
	uint64_t page = (spa - spa_of(0)) / PAGE_SIZE;

	return page < PAGES ? &rmp[page] : NULL;
}

void npt_settle(uint64_t spa, uint64_t pages)
{
	assert_int_equal(spa % PAGE_SIZE, 0);
	assert_int_equal(pages, 1);
	settled++;
}

static void begin(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
	memset(memory_pages, 0, sizeof(memory_pages));
	memset(&vmcb, 0, sizeof(vmcb));
	memset(&plane, 0, sizeof(plane));
	for (unsigned int i = 0; i < PAGES; i++)
		rmp[i] = (struct rmp_entry){.gfn = i, .assigned = 1, .validated = 1};
	plane.core.vmcb = &vmcb;
	vmcb.save.cr0 = cr0;
	vmcb.save.cr4 = cr4;
	vmcb.save.efer = efer;
	vmcb.save.cr3 = ROOT;
	settled = 0;
}

static void set_wide(uint64_t table, unsigned int index, uint64_t entry)
{
	memcpy(&memory_pages[table / PAGE_SIZE][index * 8], &entry, 8);
}

static void set_narrow(uint64_t table, unsigned int index, uint32_t entry)
{
	memcpy(&memory_pages[table / PAGE_SIZE][index * 4], &entry, 4);
}

static struct guest_page translate(uint64_t linear)
{
	struct guest_page page;

	memset(&page, 0xff, sizeof(page));
	assert_true(walk_translate(&plane, linear, &page));
	return page;
}

static bool is_mapped(uint64_t linear)
{
	struct guest_page page;

	return walk_translate(&plane, linear, &page);
}

static void without_paging(void **context)
{
	(void)context;
	begin(CR0_PE, 0, 0);
	struct guest_page page = translate(0x123456789);

	assert_int_equal(page.gpa, 0x23456000);
	assert_true(page.encrypted);
	assert_false(page.large);
	assert_int_equal(page.pte, PTE_W | PTE_U);
}

// 0x4000, 0x5000, 0x6000: the tables below the root at 0x1000
static void begin_long(uint64_t cr4)
{
	begin(CR0_PE | CR0_PG, CR4_PAE | cr4, EFER_LMA | EFER_LME);
	set_wide(ROOT, 3, 0x4000 | PTE_P | PTE_W | PTE_U);
	set_wide(0x4000, 5, 0x5000 | PTE_P | PTE_W | PTE_U);
	set_wide(0x5000, 7, 0x6000 | PTE_P | PTE_W | PTE_U);
	set_wide(0x6000, 9, DATA | CBIT | PTE_P | PTE_W | PTE_U);
}

#define LINEAR (3ull << 39 | 5ull << 30 | 7ull << 21 | 9ull << 12)

static void four_levels(void **context)
{
	(void)context;
	begin_long(0);
	struct guest_page page = translate(LINEAR + 0x123);

	assert_int_equal(page.gpa, DATA);
	assert_true(page.encrypted);
	assert_false(page.large);
	assert_int_equal(page.pte, PTE_W | PTE_U);
	assert_int_equal(settled, 4);
	set_wide(0x6000, 9, DATA | PTE_P | PTE_NX);
	page = translate(LINEAR);
	assert_false(page.encrypted);
	assert_int_equal(page.pte, PTE_NX);
	// Every level has its say, and its present bit.
	begin_long(0);
	set_wide(ROOT, 3, 0x4000 | PTE_P | PTE_U | PTE_NX);
	assert_int_equal(translate(LINEAR).pte, PTE_U | PTE_NX);
	static const uint64_t tables[4][2] = {{ROOT, 3}, {0x4000, 5}, {0x5000, 7}, {0x6000, 9}};

	for (unsigned int i = 0; i < 4; i++) {
		begin_long(0);
		set_wide(tables[i][0], (unsigned int)tables[i][1], 0x4000 | PTE_W);
		assert_false(is_mapped(LINEAR));
	}
	assert_false(is_mapped(LINEAR + PAGE_SIZE));
}

static void large_pages(void **context)
{
	(void)context;
	begin_long(0);
	set_wide(0x5000, 7, 0x40000000 | CBIT | PTE_P | PTE_W | PTE_PS);
	struct guest_page page = translate(LINEAR);

	assert_int_equal(page.gpa, 0x40000000 + 9 * PAGE_SIZE);
	assert_true(page.large && page.encrypted);
	set_wide(0x4000, 5, 0x80000000 | PTE_P | PTE_W | PTE_PS);
	page = translate(LINEAR);
	assert_int_equal(page.gpa, 0x80000000 + (7ull << 21) + 9 * PAGE_SIZE);
	assert_true(page.large && !page.encrypted);
	// The root has none.
	begin_long(0);
	set_wide(ROOT, 3, 0x4000 | PTE_P | PTE_W | PTE_PS);
	assert_int_equal(translate(LINEAR).gpa, DATA);
}

static void five_levels(void **context)
{
	(void)context;
	begin_long(CR4_LA57);
	vmcb.save.cr3 = 0x2000;
	assert_false(is_mapped(LINEAR));
	set_wide(0x2000, 2, ROOT | PTE_P | PTE_W | PTE_U);
	assert_int_equal(translate(2ull << 48 | LINEAR).gpa, DATA);
	set_wide(ROOT, 3, 0x4000 | PTE_P | PTE_W | PTE_PS); // no pages of 512 GiB
	assert_int_equal(translate(2ull << 48 | LINEAR).gpa, DATA);
}

static void three_levels(void **context)
{
	(void)context;
	begin(CR0_PE | CR0_PG, CR4_PAE, 0);
	vmcb.save.cr3 = ROOT + 0x20; // 32-byte aligned
	set_wide(ROOT, 4 + 2, 0x4000 | PTE_P);
	set_wide(0x4000, 5, 0x5000 | PTE_P | PTE_W | PTE_U);
	set_wide(0x5000, 7, DATA | CBIT | PTE_P | PTE_W | PTE_U);
	uint64_t linear = 2ull << 30 | 5ull << 21 | 7ull << 12;
	struct guest_page page = translate(linear);

	assert_int_equal(page.gpa, DATA);
	assert_int_equal(page.pte, PTE_W | PTE_U); // the top level has no rights of its own
	assert_true(page.encrypted);
	assert_int_equal(translate(linear | 1ull << 32).gpa, DATA); // 32 bits count
	set_wide(ROOT, 4 + 2, 0x4000 | PTE_P | PTE_PS);		    // no pages of 1 GiB
	assert_int_equal(translate(linear).gpa, DATA);
	set_wide(0x4000, 5, 0x40000000 | PTE_P | PTE_PS);
	assert_int_equal(translate(linear).gpa, 0x40000000 + (7ull << 12));
}

static void two_levels(void **context)
{
	(void)context;
	begin(CR0_PE | CR0_PG, 0, 0);
	set_narrow(ROOT, 5, 0x4000 | PTE_P | PTE_W | PTE_U);
	set_narrow(0x4000, 7, DATA | PTE_P | PTE_W);
	uint64_t linear = 5ull << 22 | 7ull << 12;
	struct guest_page page = translate(linear | 0xabc);

	assert_int_equal(page.gpa, DATA);
	assert_true(page.encrypted); // no C-bit in such tables
	assert_int_equal(page.pte, PTE_W);
	assert_false(is_mapped(linear + PAGE_SIZE));
	set_narrow(ROOT, 5, 0x00800000 | PTE_P | PTE_W | PTE_PS);
	assert_false(is_mapped(linear)); // PS means nothing without CR4.PSE: a table beyond memory
	vmcb.save.cr4 = CR4_PSE;
	page = translate(linear);
	assert_int_equal(page.gpa, 0x00800000 + (7ull << 12));
	assert_true(page.large);
}

// APM 2 section 15.34.5: page-table accesses are private.
static void tables_are_private_memory(void **context)
{
	(void)context;
	for (unsigned int i = 0; i < 4; i++) {
		begin_long(0);
		struct rmp_entry *entry = &rmp[0x5000 / PAGE_SIZE];

		entry->assigned = i != 0;
		entry->validated = i != 1;
		entry->gfn = i != 2 ? 5 : 6;
		assert_int_equal(is_mapped(LINEAR), i == 3);
	}
	begin_long(0);
	set_wide(0x4000, 5, (PAGES * PAGE_SIZE) | PTE_P);
	assert_false(is_mapped(LINEAR)); // no memory there
	begin_long(0);
	set_wide(0x4000, 5, 0x5000 | CBIT | PTE_P); // the C-bit of a table says nothing
	assert_true(is_mapped(LINEAR));
}

static void reads_and_writes_over_pages(void **context)
{
	uint8_t bytes[300];

	(void)context;
	begin_long(0);
	set_wide(0x6000, 10, (DATA + 3 * PAGE_SIZE) | CBIT | PTE_P);
	unit_random_fill(memory_pages[8], PAGE_SIZE);
	unit_random_fill(memory_pages[11], PAGE_SIZE);
	uint64_t at = LINEAR + PAGE_SIZE - 100;

	assert_true(walk_read(&plane, at, bytes, 300));
	assert_memory_equal(bytes, &memory_pages[8][PAGE_SIZE - 100], 100);
	assert_memory_equal(bytes + 100, memory_pages[11], 200);
	memset(bytes, 0x77, sizeof(bytes));
	memory_pages[11][200] = 1;
	assert_true(walk_write(&plane, at, bytes, 300));
	assert_int_equal(memory_pages[8][PAGE_SIZE - 1], 0x77);
	assert_int_equal(memory_pages[11][199], 0x77);
	assert_int_equal(memory_pages[11][200], 1);
	assert_false(walk_read(&plane, at + PAGE_SIZE, bytes, 300));
	assert_true(walk_read(&plane, at, bytes, 0));
}

// By the C-bit: private memory must be valid, shared memory must not be the guest's. Code is
// always private.
static void memory_is_private_or_shared(void **context)
{
	static const struct {
		bool cbit, assigned, validated, data, fetch;
	} rows[] = {
		{true, true, true, true, true},
		{true, true, false, false, false},
		{true, false, false, false, false},
		{false, false, false, true, false},
		{false, true, true, false, true},
		{false, true, false, false, false},
	};
	uint64_t word = 0;

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin_long(0);
		set_wide(0x6000, 9, DATA | (rows[i].cbit ? CBIT : 0) | PTE_P);
		rmp[DATA / PAGE_SIZE].assigned = rows[i].assigned;
		rmp[DATA / PAGE_SIZE].validated = rows[i].validated;
		assert_int_equal(walk_read(&plane, LINEAR, &word, 8), rows[i].data);
		assert_int_equal(walk_write(&plane, LINEAR, &word, 8), rows[i].data);
		assert_int_equal(walk_fetch(&plane, LINEAR, &word, 8), rows[i].fetch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_paging),
		cmocka_unit_test(four_levels),
		cmocka_unit_test(large_pages),
		cmocka_unit_test(five_levels),
		cmocka_unit_test(three_levels),
		cmocka_unit_test(two_levels),
		cmocka_unit_test(tables_are_private_memory),
		cmocka_unit_test(reads_and_writes_over_pages),
		cmocka_unit_test(memory_is_private_or_shared),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}

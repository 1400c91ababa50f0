// SPDX-License-Identifier: MIT
// The kernel's own mappings as they are, on each CPU.
#include "kernel/pagetable.h"

#include "kernel/bootinfo.h"
#include "kernel/copy.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "tests/svsm/suite.h"
#include "tests/svsm/tables.h"

extern uint8_t ro_after_init_start[];
extern uint8_t ro_after_init_end[];

#define WINDOW_PAGES 512	       // of the window's first table
#define NOWHERE	     0x700000000000ull // a part of the address space that nothing uses

static bool segment_allows(uint64_t va, uint64_t flag)
{
	const struct boot_info *info = bootinfo();

	for (uint64_t i = 0; i < info->segment_count; i++) {
		const struct boot_segment *s = &info->segments[i];

		if (va >= s->va && va - s->va < s->size)
			return (s->flags & flag) != 0;
	}
	return flag == BOOT_SEGMENT_W; // no part of the image: data
}

static bool is_sealed(uint64_t va)
{
	return va >= (uint64_t)ro_after_init_start && va < (uint64_t)ro_after_init_end;
}

static bool check_protection(uint64_t va, uint64_t entry, bool leaf)
{
	bool writable = (entry & PTE_W) != 0;
	bool executable = (entry & PTE_NX) == 0;

	if (!leaf)
		return true;
	if (EXPECT(!writable || !executable) && EXPECT((entry & PTE_U) == 0) &&
		EXPECT(!executable || segment_allows(va, BOOT_SEGMENT_X)) &&
		EXPECT(!writable || segment_allows(va, BOOT_SEGMENT_W)) &&
		EXPECT(!writable || !is_sealed(va)))
		return true;
	suite_note("at 0x%lx: entry 0x%lx", va, entry);
	return false;
}

// The tables themselves are private too.
static bool check_cbit(uint64_t va, uint64_t entry, bool leaf)
{
	bool shared = leaf && (va == GHCB_VA || va == DOORBELL_VA);
	bool has = (entry & pagetable_cbit()) != 0;

	if (EXPECT_EQ(has, !shared))
		return true;
	suite_note("at 0x%lx: entry 0x%lx", va, entry);
	return false;
}

// What is in the window is nowhere else: another CPU could reach it there.
static bool check_exclusive(uint64_t va, uint64_t entry, bool leaf)
{
	if (!leaf || va < PERCPU_VA || va >= PERCPU_VA_END)
		return true;
	const uint64_t *shared =
		pagetable_find((uint64_t)bootinfo_ptr(entry & PTE_ADDR_MASK & ~pagetable_cbit()));

	if (shared == NULL || EXPECT_EQ(*shared, 0))
		return true;
	suite_note("window at 0x%lx: entry 0x%lx", va, entry);
	return false;
}

static void walk_all(void *argument)
{
	(void)argument;
	tables_walk(check_protection);
	if (pagetable_cbit() != 0)
		tables_walk(check_cbit);
}

static void walk_exclusive(void *argument)
{
	(void)argument;
	tables_walk(check_exclusive);
}

static void test_every_entry(void)
{
	job_run_everywhere(walk_all, NULL, 0);
}

static void test_window_exclusive(void)
{
	job_run_everywhere(walk_exclusive, NULL, 0);
}

static void check_root(void *argument)
{
	const uint64_t *root = kernel_ptr(this_cpu()->root);

	(void)argument;
	for (uint32_t i = 0; i < 512; i++) {
		bool used = i == PERCPU_ROOT_INDEX || i == KERNEL_ROOT_INDEX;

		if (!EXPECT_EQ((root[i] & PTE_P) != 0, used))
			suite_note("root entry %u", i);
	}
	EXPECT_EQ(cpu_read_cr3(), gpa_value(this_cpu()->root) | pagetable_cbit());
}

// The entry page at VA == GPA was for the start alone.
static void test_no_identity(void)
{
	uint64_t word = 0;

	job_run_everywhere(check_root, NULL, 0);
	EXPECT(!copy_may_fault(&word, (const void *)KERNEL_GPA, sizeof(word)));
}

static bool window_page_is_used(uint32_t n)
{
	static const struct {
		uint32_t first, count;
	} used[] = {
		{PERCPU_STRUCT_PAGE, PERCPU_STRUCT_PAGES},
		{STACK_MAIN_PAGE, STACK_MAIN_PAGES},
		{STACK_VC_PAGE, STACK_VC_PAGES},
		{STACK_HV_PAGE, STACK_HV_PAGES},
		{STACK_DF_PAGE, STACK_DF_PAGES},
		{STACK_NMI_PAGE, STACK_NMI_PAGES},
		{GHCB_PAGE, 1},
		{DOORBELL_PAGE, 1},
	};

	if (n == LOCAL_APIC_PAGE)
		return !platform_has_guests();
	for (size_t i = 0; i < ARRAY_SIZE(used); i++) {
		if (n - used[i].first < used[i].count)
			return true;
	}
	return false;
}

static void check_guards(void *argument)
{
	gpa_t gpa = {0};
	uint64_t word = 0;

	(void)argument;
	for (uint32_t n = 0; n < WINDOW_PAGES; n++) {
		bool used = window_page_is_used(n);

		if (!EXPECT_EQ(pagetable_translate(PERCPU_PAGE(n), &gpa) != 0, used))
			suite_note("window page %u", n);
		if (!used)
			EXPECT(!copy_may_fault((void *)PERCPU_PAGE(n), &word, sizeof(word)));
	}
	EXPECT_EQ(pagetable_translate(TEMP_HUGE_VA, &gpa), 0);
	EXPECT_EQ(pagetable_translate(bootinfo()->stack_guard_va, &gpa), 0);
}

static void test_guards(void)
{
	job_run_everywhere(check_guards, NULL, 0);
}

static void expect_read_only(void *p)
{
	uint64_t word = 0;

	EXPECT(copy_may_fault(&word, p, sizeof(word)));
	EXPECT(!copy_may_fault(p, &word, sizeof(word)));
	EXPECT(!swap_may_fault(p, (uint8_t *)&word));
}

// Not only noted in the tables: the write faults, on each CPU.
static void write_protected(void *argument)
{
	(void)argument;
	expect_read_only(ro_after_init_start);
	expect_read_only((void *)((uint64_t)ro_after_init_end - sizeof(uint64_t)));
	expect_read_only((void *)(uint64_t)pagetable_seal);
	expect_read_only((void *)(uint64_t)bootinfo());
}

static void test_read_only(void)
{
	EXPECT((uint64_t)ro_after_init_end > (uint64_t)ro_after_init_start);
	job_run_everywhere(write_protected, NULL, 0);
}

static void check_bits(void *argument)
{
	(void)argument;
	EXPECT((cpu_read_cr0() & CR0_WP) != 0);
	EXPECT((cpu_read_msr(MSR_EFER) & EFER_NXE) != 0);
	EXPECT_EQ(cpu_read_cr4() & (CR4_SMEP | CR4_SMAP | CR4_UMIP),
		*(uint64_t *)argument & (CR4_SMEP | CR4_SMAP | CR4_UMIP));
}

static void test_protection_bits(void)
{
	static uint64_t cr4; // other CPUs read it: not on this one's stack

	cr4 = cpu_read_cr4();
	// TCG has all three.
	EXPECT_EQ(cr4 & (CR4_SMEP | CR4_SMAP | CR4_UMIP), CR4_SMEP | CR4_SMAP | CR4_UMIP);
	job_run_everywhere(check_bits, &cr4, 0);
}

static void test_unmap(void)
{
	uint64_t *page = page_alloc();
	uint64_t word = 0;
	gpa_t gpa = {0};

	if (!EXPECT(page != NULL))
		return;
	uint64_t *entry = pagetable_find((uint64_t)page);
	uint64_t before = *entry;

	EXPECT_EQ(pagetable_translate((uint64_t)page + 8, &gpa), before);
	EXPECT_EQ(gpa_value(gpa), gpa_value(kernel_gpa(page)) + 8);
	pagetable_unmap(page);
	EXPECT_EQ(pagetable_translate((uint64_t)page, &gpa), 0);
	EXPECT(!copy_may_fault(&word, page, sizeof(word)));
	*entry = before;
	EXPECT(copy_may_fault(&word, page, sizeof(word)));
	page_free(page);
}

static void unmap(void *page)
{
	pagetable_unmap(page);
}

static void test_find(void)
{
	EXPECT(pagetable_find(NOWHERE) == NULL);
	EXPECT(pagetable_find(PERCPU_VA) == NULL);
	EXPECT_ASSERT("entry != NULL", unmap, (void *)NOWHERE);
}

static const struct test test_pagetable_tests[] = {
	TEST("every-entry", test_every_entry),
	TEST("window-exclusive", test_window_exclusive),
	TEST("no-identity", test_no_identity),
	TEST("guards", test_guards),
	TEST("read-only", test_read_only),
	TEST("protection-bits", test_protection_bits),
	TEST("unmap", test_unmap),
	TEST("find", test_find),
};
TEST_GROUP(test_pagetable, "pagetable");

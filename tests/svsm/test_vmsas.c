// SPDX-License-Identifier: MIT
// VMSAs of the kernel's own: no CPU can reach one, so nothing in the kernel can write to it by
// mistake.
#include "kernel/bootinfo.h"
#include "kernel/copy.h"
#include "kernel/cpus.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/snp/rmp.h"
#include "kernel/snp/vmsa_page.h"
#include "kernel/tempmap.h"
#include "tests/svsm/rmpquery.h"
#include "tests/svsm/suite.h"
#include "tests/svsm/tables.h"

static bool is_vmsa(vaddr_t va)
{
	return (rmpquery(va, 1) & RMPADJUST_VMSA) != 0;
}

// RMPQUERY asks for a private page.
static bool check_entry(uint64_t va, uint64_t entry, bool leaf)
{
	if (!leaf || (entry & pagetable_cbit()) == 0 || EXPECT(!is_vmsa(vaddr_make(va))))
		return true;
	suite_note("at 0x%lx: entry 0x%lx", va, entry);
	return false;
}

static void walk(void *argument)
{
	(void)argument;
	tables_walk(check_entry);
}

// Whatever is mapped, at any address: it is no VMSA.
static void test_nowhere(void)
{
	job_run_everywhere(walk, NULL, 0);
}

static bool page_is_vmsa(gpa_t page)
{
	bool is = is_vmsa(tempmap_page(TEMP_PAGE_STATE, page));

	tempmap_unmap(TEMP_PAGE_STATE);
	return is;
}

static void touch(void *argument)
{
	void *const *page = argument;
	uint64_t word = 0;

	EXPECT(!copy_may_fault(&word, *page, sizeof(word)));
	EXPECT(!copy_may_fault(*page, &word, sizeof(word)));
}

// Where it was mapped before, on each CPU.
static void expect_out_of_reach(gpa_t page)
{
	static void *pointer;

	pointer = kernel_ptr(page);
	EXPECT(page_is_vmsa(page));
	EXPECT_EQ(*pagetable_find((uint64_t)pointer), 0);
	job_run_everywhere(touch, &pointer, 0);
}

static void test_other_cpus(void)
{
	for (uint32_t i = 1; i < cpus_count(); i++)
		expect_out_of_reach(vmsa_page(i));
}

static void vcpu_restore(gpa_t page)
{
	vaddr_t va = tempmap_page(TEMP_VCPU, page);

	EXPECT_EQ(platform_vmsa_unseal(va), OK);
	tempmap_unmap(TEMP_VCPU);
}

// Of the guest, made and, as for its reboot, made again
static void test_first_vcpu(void)
{
	gpa_t page = {0};

	EXPECT_EQ(platform_boot_vcpu_create(gpa_make(0xfffffff0), &page), OK);
	expect_out_of_reach(page);
	vcpu_restore(page);
	EXPECT(!page_is_vmsa(page));
	EXPECT_EQ(platform_boot_vcpu_reset(gpa_make(0xfffffff0), page), OK);
	expect_out_of_reach(page);
	vcpu_restore(page);
}

// Some processors cannot run a VMSA at a 2 MiB border: of all memory, those pages are left out.
static void test_border(void)
{
	void **first = NULL;
	uint64_t count = page_count_free();

	for (;;) {
		void **page = vaddr_to_ptr(vaddr_from_ptr(vmsa_page_alloc()));

		if (page == NULL)
			break;
		EXPECT(!IS_ALIGNED((uint64_t)page, HUGE_PAGE_SIZE));
		page[0] = first;
		first = page;
	}
	EXPECT(page_count_free() > 0 && page_count_free() < 10);
	while (first != NULL) {
		void **page = first;

		first = page[0];
		page_free(page);
	}
	EXPECT_EQ(page_count_free(), count);
}

#define SNP "there are no VMSAs here"

static const struct test test_vmsas_tests[] = {
	TEST("nowhere", test_nowhere, .snp = SNP),
	TEST("other-cpus", test_other_cpus, .cpus = 2, .snp = SNP),
	TEST("first-vcpu", test_first_vcpu, .snp = SNP),
	TEST("border", test_border, .snp = SNP),
};
TEST_GROUP(test_vmsas, "vmsas");

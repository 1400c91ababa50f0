// SPDX-License-Identifier: MIT
// Pages of the kernel's own and what the RMP says of them.
#include "kernel/snp/rmp.h"

#include "kernel/bootinfo.h"
#include "kernel/copy.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/platform.h"
#include "kernel/snp/ghcb.h"
#include "kernel/snp/ghcb_msr.h"
#include "kernel/tempmap.h"
#include "lib/string.h"
#include "hw/x86.h"
#include "tests/svsm/rmpquery.h"
#include "tests/svsm/suite.h"

#define ONLY_SNP "there is no RMP here"

static uint8_t *page;
static vaddr_t va;

static bool page_open(void)
{
	page = page_alloc();
	va = vaddr_from_ptr(page);
	return EXPECT(page != NULL);
}

static void read_page(void *p)
{
	__asm__ volatile("movb (%0), %%al" ::"r"(p) : "rax", "memory");
}

static void expect_not_reachable(void)
{
	struct caught caught;
	uint8_t bytes[16] = {7};

	EXPECT(!copy_may_fault(bytes, page, sizeof(bytes)));
	EXPECT(!copy_may_fault(page, bytes, sizeof(bytes)));
	EXPECT(!zero_may_fault(page, PAGE_SIZE));
	EXPECT(!swap_may_fault(page, bytes));
	EXPECT_EQ(bytes[0], 7);
	EXPECT_EQ(catch_end(&caught, read_page, page), CAUGHT_TRAP);
	EXPECT_EQ(caught.vector, VEC_VC);
	EXPECT_EQ(caught.reason, TERMINATE_NOT_VALIDATED);
}

static void test_validate(void)
{
	if (!page_open())
		return;
	EXPECT_EQ(rmp_validate(va, RMP_PAGE_4K, true), ERR_RMP_UNCHANGED);
	EXPECT_EQ(rmp_validate(va, RMP_PAGE_4K, false), OK);
	EXPECT_EQ(rmp_validate(va, RMP_PAGE_4K, false), ERR_RMP_UNCHANGED);
	expect_not_reachable();
	EXPECT_EQ(rmp_validate(va, RMP_PAGE_4K, true), OK);
	memset(page, 0x77, PAGE_SIZE);
	page_free(page);
}

static void test_wrong_arguments(void)
{
	if (!page_open())
		return;
	EXPECT_EQ(rmp_validate(vaddr_make(0), RMP_PAGE_4K, true), ERR_FAULT);
	EXPECT_EQ(rmp_validate(va, 2, true), ERR_RMP_INPUT);
	EXPECT_EQ(rmp_adjust(vaddr_make(0), RMP_PAGE_4K, 2, 0), ERR_FAULT);
	EXPECT_EQ(rmp_adjust(va, RMP_PAGE_4K, VMPL_COUNT, 0), ERR_RMP_INPUT);
	EXPECT_EQ(rmp_adjust(va, RMP_PAGE_4K, 0, 0), ERR_RMP_PERMISSION);
	page_free(page);
}

// The image was launched page by page: 2 MiB of it are no large page. And one has to be aligned.
static void test_sizes(void)
{
	vaddr_t image = vaddr_make(KERNEL_VA);

	EXPECT_EQ(rmp_validate(image, RMP_PAGE_2M, true), ERR_RMP_SIZEMISMATCH);
	EXPECT_EQ(rmp_adjust(image, RMP_PAGE_2M, 2, 0), ERR_RMP_SIZEMISMATCH);
	EXPECT_EQ(rmp_validate(vaddr_add(image, PAGE_SIZE), RMP_PAGE_2M, true), ERR_RMP_INPUT);
	EXPECT_EQ(rmp_adjust(vaddr_add(image, PAGE_SIZE), RMP_PAGE_2M, 2, 0), ERR_RMP_INPUT);
}

static void test_rights(void)
{
	if (!page_open())
		return;
	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++)
		EXPECT_EQ(rmpquery(va, vmpl), rmp_rights(vmpl, 0));
	EXPECT_EQ(rmp_grant_guest(va, RMP_PAGE_4K), OK);
	EXPECT_EQ(rmpquery(va, 1), rmp_rights(1, 0));
	EXPECT_EQ(rmpquery(va, 2), rmp_rights(2, RMP_PERM_RWX));
	EXPECT_EQ(rmpquery(va, 3), rmp_rights(3, 0));
	// As a guest gives rights on
	EXPECT_EQ(rmp_adjust(va, RMP_PAGE_4K, 3, RMP_PERM_R), OK);
	EXPECT_EQ(rmp_revoke_guest(va, RMP_PAGE_4K), OK);
	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++)
		EXPECT_EQ(rmpquery(va, vmpl), rmp_rights(vmpl, 0));
	page_free(page);
}

static void test_vmsa(void)
{
	if (!page_open())
		return;
	EXPECT_EQ(rmp_make_vmsa(va), OK);
	EXPECT_EQ(rmpquery(va, 1), rmp_rights(1, 0) | RMPADJUST_VMSA);
	EXPECT_EQ(rmpquery(va, 2), rmp_rights(2, 0) | RMPADJUST_VMSA);
	EXPECT_EQ(platform_page_grant(va, RMP_PAGE_4K), OK);
	EXPECT_EQ(rmpquery(va, 2), rmp_rights(2, RMP_PERM_RWX));
	EXPECT_EQ(platform_vmsa_seal(va), OK);
	EXPECT_EQ(rmpquery(va, 2), rmp_rights(2, RMP_PERM_R) | RMPADJUST_VMSA);
	EXPECT_EQ(platform_page_grant(va, RMP_PAGE_4K), OK);
	EXPECT_EQ(platform_page_revoke(va, RMP_PAGE_4K), OK);
	EXPECT_EQ(rmpquery(va, 2), rmp_rights(2, 0));
	page_free(page);
}

static void take_back(gpa_t gpa)
{
	EXPECT_EQ(ghcb_msr_page_state(gpa, PSC_OP_PRIVATE), OK);
	expect_not_reachable();
	EXPECT_EQ(rmp_validate(va, RMP_PAGE_4K, true), OK);
	memset(page, 0, PAGE_SIZE);
}

// Handed to the host and taken back: the page is the kernel's again only after it is validated.
static void test_share(void)
{
	if (!page_open())
		return;
	gpa_t gpa = kernel_gpa(page);

	EXPECT_EQ(platform_share_page(gpa), OK);
	uint64_t *shared = vaddr_to_ptr(tempmap_device(gpa));

	shared[3] = 0x1122334455667788;
	EXPECT_EQ(shared[3], 0x1122334455667788);
	tempmap_unmap(TEMP_DEVICE);
	take_back(gpa);
	page_free(page);
}

static void test_validate_page(void)
{
	if (!page_open())
		return;
	gpa_t gpa = kernel_gpa(page);

	// The page is private: it stays valid when the host is asked again.
	EXPECT_EQ(platform_validate_page(gpa), ERR_RMP_UNCHANGED);
	EXPECT_EQ(platform_share_page(gpa), OK);
	EXPECT_EQ(platform_validate_page(gpa), OK);
	EXPECT_EQ(platform_share_page(gpa), OK);
	EXPECT_EQ(platform_validate_range(gpa, PAGE_SIZE), OK);
	memset(page, 0, PAGE_SIZE);
	page_free(page);
}

// Every page of the kernel: no VMPL below ours has a right to it.
static void test_region(void)
{
	const struct boot_info *info = bootinfo();

	for (uint64_t at = 0; at < info->region.size; at += PAGE_SIZE) {
		vaddr_t page_va = vaddr_make(KERNEL_VA + at);
		gpa_t gpa = {0};

		if (pagetable_translate(vaddr_value(page_va), &gpa) == 0)
			continue; // in a window, or a guard
		for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
			uint64_t rights = rmpquery(page_va, vmpl) & ~RMPADJUST_VMSA;

			if (!EXPECT_EQ(rights, rmp_rights(vmpl, 0))) {
				suite_note("page 0x%lx", gpa_value(gpa));
				return;
			}
		}
	}
}

static const struct test test_rmp_tests[] = {
	TEST("validate", test_validate, .snp = ONLY_SNP),
	TEST("wrong-arguments", test_wrong_arguments, .snp = ONLY_SNP),
	TEST("sizes", test_sizes, .snp = ONLY_SNP),
	TEST("rights", test_rights, .snp = ONLY_SNP),
	TEST("vmsa", test_vmsa, .snp = ONLY_SNP),
	TEST("share", test_share, .snp = ONLY_SNP),
	TEST("validate-page", test_validate_page, .snp = ONLY_SNP),
	TEST("region", test_region, .snp = ONLY_SNP),
};
TEST_GROUP(test_rmp, "rmp");

// SPDX-License-Identifier: MIT
// What the processor says about itself: SEV_STATUS, and the CPUID page against CPUID exits. Source:
// APM volume 2, section 15.34.10; document 56860, section 8.17; document 56421, section 4.1.
#include "hw/snp.h"
#include "tests/conformance/conformance.h"

#define EXIT_XSTATE 0xd
#define XSTATE_SIZE 0x240

void test_status(void)
{
	const uint64_t features =
		SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_RESTRICTED_INJECTION | SEV_FEATURE_DEBUG_SWAP;

	expect(rdmsr(MSR_SEV_STATUS),
		SEV_STATUS_SEV | SEV_STATUS_SEV_ES | features << SEV_STATUS_FEATURE_SHIFT,
		"SEV_STATUS shows the features of the VMSA");
	wrmsr(MSR_GHCB, 0x1234567812345002);
	expect(rdmsr(MSR_GHCB), 0x1234567812345002, "GHCB MSR reads back");
}

struct regs {
	uint32_t eax, ebx, ecx, edx;
};

static struct regs cpuid_exit(uint32_t leaf, uint32_t sub)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rax, leaf);
	GHCB_SET(ghcb, rcx, sub);
	GHCB_SET(ghcb, xcr0, 1);
	ghcb_exit(ghcb, VMEXIT_CPUID, 0, 0);
	return (struct regs){
		(uint32_t)ghcb->rax, (uint32_t)ghcb->rbx, (uint32_t)ghcb->rcx, (uint32_t)ghcb->rdx};
}

static bool entry_same(const struct snp_cpuid_entry *e)
{
	struct regs r = cpuid_exit(e->eax_in, e->ecx_in);

	if (e->eax_in == EXIT_XSTATE && e->ecx_in <= 1)
		r.ebx = e->ebx; // the page holds the size for XCR0 = 1
	return r.eax == e->eax && r.ebx == e->ebx && r.ecx == e->ecx && r.edx == e->edx;
}

static const struct snp_cpuid_entry *find(const struct snp_cpuid_page *page, uint32_t leaf)
{
	for (uint32_t i = 0; i < page->count && i < SNP_CPUID_ENTRIES_MAX; i++)
		if (page->entry[i].eax_in == leaf)
			return &page->entry[i];
	return NULL;
}

static void test_leaf_encryption(const struct snp_cpuid_entry *e)
{
	const uint32_t needed = CPUID_8000001F_SEV | CPUID_8000001F_SEV_ES | CPUID_8000001F_SNP |
				CPUID_8000001F_VMPL;

	expect_true(e != NULL, "leaf 0x8000001f is there");
	if (!e)
		return;
	expect(e->eax & needed, needed, "SEV, SEV-ES, SNP and VMPLs are there");
	expect(1ull << (e->ebx & 0x3f), bare_cbit, "C-bit as the host said");
	expect(e->ebx >> 12 & 0xf, VMPL_COUNT, "number of VMPLs");
	expect(e->eax & CPUID_8000001F_SVSM, 0, "the SVSM bit is not the processor's");
}

void test_cpuid(void)
{
	const struct snp_cpuid_page *page = private_ptr(boot_info->cpuid_gpa);
	uint32_t different = 0;

	expect_true(page->count > 0 && page->count <= SNP_CPUID_ENTRIES_MAX, "page has entries");
	for (uint32_t i = 0; i < page->count && i < SNP_CPUID_ENTRIES_MAX; i++) {
		if (entry_same(&page->entry[i]))
			continue;
		different++;
		report_note("leaf 0x%x, subleaf %u", page->entry[i].eax_in, page->entry[i].ecx_in);
	}
	expect(different, 0, "entries that differ from the exit's answer");
	test_leaf_encryption(find(page, 0x8000001f));
	for (unsigned reg = 0; reg < 4; reg++) {
		struct regs r = cpuid_exit(0x80000008, 0);
		const uint32_t want[4] = {r.eax, r.ebx, r.ecx, r.edx};
		uint64_t request = 0x80000008ull << 32 | (uint64_t)reg << 30 | GHCB_MSR_CPUID_REQ;

		expect(ghcb_msr(request),
			(uint64_t)want[reg] << 32 | (uint64_t)reg << 30 | GHCB_MSR_CPUID_RESP,
			"MSR protocol, register %u", reg);
	}
}

// SPDX-License-Identifier: MIT
// The GHCB MSR protocol. Source: document 56421, section 2.3.
#include "tests/conformance/conformance.h"

#define NO_GFN	      0xfffffffffffff000ull
#define BEYOND_MEMORY 0x4000000000ull
#define FEATURES_NEEDED                                                                            \
	(GHCB_HV_SNP | GHCB_HV_AP_CREATION | GHCB_HV_RESTRICTED_INJECTION | GHCB_HV_APIC_ID_LIST | \
		GHCB_HV_MULTI_VMPL)

static void test_page_state(void)
{
	const uint64_t gpa = REGION(11);

	expect(ghcb_msr(gpa | (uint64_t)PSC_OP_PRIVATE << 52 | GHCB_MSR_PSC_REQ), GHCB_MSR_PSC_RESP,
		"page made private");
	expect(ghcb_msr(gpa | (uint64_t)PSC_OP_SHARED << 52 | GHCB_MSR_PSC_REQ), GHCB_MSR_PSC_RESP,
		"page made shared");
	for (unsigned op = 0; op < 16; op++) {
		if (op == PSC_OP_PRIVATE || op == PSC_OP_SHARED)
			continue;
		expect_true(ghcb_msr(gpa | (uint64_t)op << 52 | GHCB_MSR_PSC_REQ) >> 32 != 0,
			"page state operation %u is refused", op);
	}
	expect_true(
		ghcb_msr(BEYOND_MEMORY | (uint64_t)PSC_OP_PRIVATE << 52 | GHCB_MSR_PSC_REQ) >> 32 !=
			0,
		"page state beyond memory is refused");
}

static void test_run_vmpl(void)
{
	for (uint64_t vmpl = 0; vmpl < 6; vmpl++) {
		uint64_t answer = ghcb_msr(vmpl << 32 | GHCB_MSR_RUN_VMPL_REQ);

		expect(answer & GHCB_MSR_INFO_MASK, GHCB_MSR_RUN_VMPL_RESP,
			"switch to VMPL%lu without a vCPU: response code", vmpl);
		expect_true(answer >> 32 != 0, "switch to VMPL%lu: refused", vmpl);
	}
}

void test_msr_protocol(void)
{
	uint64_t info = ghcb_msr(GHCB_MSR_SEV_INFO_REQ);
	const uint64_t own = this_cpu()->ghcb_gpa;

	expect(info & GHCB_MSR_INFO_MASK, GHCB_MSR_SEV_INFO_RESP, "SEV information");
	expect(info >> 48, GHCB_VERSION_MAX, "highest protocol version");
	expect(info >> 32 & 0xffff, GHCB_VERSION_MIN, "lowest protocol version");
	expect(1ull << (info >> 24 & 0xff), bare_cbit, "C-bit position");
	expect(ghcb_msr(GHCB_MSR_PREF_GPA_REQ), NO_GFN | GHCB_MSR_PREF_GPA_RESP,
		"no preferred GHCB address");
	expect(ghcb_msr(BEYOND_MEMORY << 4 | GHCB_MSR_REGISTER_REQ),
		NO_GFN | GHCB_MSR_REGISTER_RESP, "GHCB beyond the address space is refused");
	expect(ghcb_msr(own | GHCB_MSR_REGISTER_REQ), own | GHCB_MSR_REGISTER_RESP,
		"own GHCB is registered");
	info = ghcb_msr(GHCB_MSR_HV_FEATURES_REQ);
	expect(info & GHCB_MSR_INFO_MASK, GHCB_MSR_HV_FEATURES_RESP, "hypervisor features");
	expect(info >> 12 & FEATURES_NEEDED, FEATURES_NEEDED, "features that an SVSM needs");
	expect(ghcb_msr(0x7f3), 0x7f3, "unknown request: no answer");
	test_page_state();
	test_run_vmpl();
}

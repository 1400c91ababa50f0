// SPDX-License-Identifier: MIT
// GHCB exits that are in order, and what of the page is valid afterwards. Source: document 56421,
// section 4.1; refusals of hypercalls and counters as KVM's.
#include "lib/string.h"
#include "tests/conformance/conformance.h"

#define BITMAP_BITS 128
#define RAISE(vector)                                                                              \
	((uint64_t)GHCB_RESULT_EXCEPTION << 32 | EVENT_VALID | EVENT_TYPE_EXCP | (vector))
#define SVSM_MSR_NOT_THERE 0x80b // x2APIC EOI: cannot be read

static unsigned marked(const struct ghcb *ghcb)
{
	unsigned count = 0;

	for (unsigned bit = 0; bit < BITMAP_BITS; bit++)
		count += ghcb->valid_bitmap[bit / 8] >> bit % 8 & 1;
	return count;
}

// Each report goes through the page as well: what it held before has to be asked for again.
static struct ghcb *request_cpuid(void)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rax, 0x80000000);
	GHCB_SET(ghcb, rcx, 0);
	ghcb_exit(ghcb, VMEXIT_CPUID, 0, 0);
	return ghcb;
}

static void test_valid_after(void)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rax, 0x80000000);
	GHCB_SET(ghcb, rcx, 0);
	expect(answer_value(ghcb_exit(ghcb, VMEXIT_CPUID, 0, 0)), 0, "CPUID");
	ghcb = request_cpuid();
	expect_true(GHCB_IS_VALID(ghcb, rax) && GHCB_IS_VALID(ghcb, rbx) &&
			    GHCB_IS_VALID(ghcb, rcx) && GHCB_IS_VALID(ghcb, rdx),
		"CPUID answers four registers");
	ghcb = request_cpuid();
	expect_true(!GHCB_IS_VALID(ghcb, sw_exit_code), "the request is not valid any more");
	expect(marked(request_cpuid()), 6, "fields that are valid after CPUID");
	ghcb = ghcb_begin();
	ghcb_exit(ghcb, GHCB_EXIT_HV_FEATURES, 0, 0);
	expect(marked(ghcb), 2, "fields that are valid after hypervisor features");
}

static void test_msr(void)
{
	struct ghcb *ghcb = ghcb_begin();
	struct ghcb_answer answer;
	uint64_t value;

	GHCB_SET(ghcb, rcx, MSR_APIC_BASE);
	answer = ghcb_exit(ghcb, VMEXIT_MSR, 0, 0);
	value = ghcb->rax;
	expect(answer_value(answer), 0, "MSR read");
	expect(value & PTE_ADDR_MASK, 0xfee00000, "APIC base");
	ghcb = ghcb_begin();
	GHCB_SET(ghcb, rcx, SVSM_MSR_NOT_THERE);
	expect(answer_value(ghcb_exit(ghcb, VMEXIT_MSR, 0, 0)), RAISE(VEC_GP),
		"MSR that cannot be read: #GP");
	ghcb = ghcb_begin();
	GHCB_SET(ghcb, rcx, 0x200);
	GHCB_SET(ghcb, rax, 0x12345006);
	GHCB_SET(ghcb, rdx, 7);
	expect(answer_value(ghcb_exit(ghcb, VMEXIT_MSR, 1, 0)), 0, "MSR write");
	ghcb = ghcb_begin();
	GHCB_SET(ghcb, rcx, 0x200);
	ghcb_exit(ghcb, VMEXIT_MSR, 0, 0);
	expect(ghcb->rdx << 32 | ghcb->rax, 0x712345006, "MTRR reads back");
}

static void hypercall(uint8_t cpl, uint64_t want)
{
	struct ghcb *ghcb = ghcb_begin();
	struct ghcb_answer answer;
	uint64_t result;

	GHCB_SET(ghcb, rax, 5);
	ghcb->cpl = cpl;
	ghcb_mark(ghcb, offsetof(struct ghcb, cpl));
	answer = ghcb_exit(ghcb, VMEXIT_VMMCALL, 0, 0);
	result = ghcb->rax;
	expect(answer_value(answer), 0, "hypercall at CPL %u", cpl);
	expect(result, want, "its result");
}

static void test_io(void)
{
	struct ghcb *ghcb = ghcb_begin();
	struct ghcb_answer answer;
	uint32_t value;

	GHCB_SET(ghcb, sw_scratch, BARE_GHCB_GPA(0) + offsetof(struct ghcb, shared_buffer));
	memset(ghcb->shared_buffer, 0, 16);
	answer = ghcb_exit(ghcb, GHCB_EXIT_MMIO_READ, 0xfed00000, 8);
	memcpy(&value, ghcb->shared_buffer, sizeof(value));
	expect(answer_value(answer), 0, "MMIO read");
	expect_true(value != 0, "the device answers");
	expect(ghcb_in(0x402, 1) <= 0xff, true, "IN of one byte");
	expect(ghcb_in(0x2f9, 1), 0xff, "a port of the machine's own is not there");
	ghcb = ghcb_begin();
	GHCB_SET(ghcb, sw_scratch, BARE_GHCB_GPA(0) + offsetof(struct ghcb, shared_buffer));
	expect(answer_value(ghcb_exit(ghcb, VMEXIT_IOIO,
		       0x80ull << IOIO_PORT_SHIFT | IOIO_STR | IOIO_REP | IOIO_SZ8,
		       GHCB_SHARED_BUFFER_SIZE + 1)),
		(uint64_t)GHCB_RESULT_MALFORMED << 32 | GHCB_ERR_INVALID_SCRATCH_AREA,
		"string longer than the buffer");
}

void test_ghcb_exits(void)
{
	struct ghcb *ghcb;

	test_valid_after();
	test_msr();
	hypercall(0, (uint64_t)-1000);
	hypercall(3, (uint64_t)-1);
	test_io();
	ghcb = ghcb_begin();
	GHCB_SET(ghcb, rcx, 0);
	expect(answer_value(ghcb_exit(ghcb, VMEXIT_RDPMC, 0, 0)), RAISE(VEC_GP), "RDPMC: #GP");
	expect(ghcb_exit(ghcb_begin(), VMEXIT_WBINVD, 0, 0).info_1, 0, "WBINVD");
	ghcb = ghcb_begin();
	ghcb_exit(ghcb, VMEXIT_RDTSC, 0, 0);
	expect_true(GHCB_IS_VALID(ghcb, rax) && GHCB_IS_VALID(ghcb, rdx), "RDTSC answers");
	expect(ghcb_exit(ghcb_begin(), GHCB_EXIT_AP_JUMP_TABLE, 0, 0x9000).info_1, 0,
		"AP jump table is set");
	expect(ghcb_exit(ghcb_begin(), GHCB_EXIT_AP_JUMP_TABLE, 1, 0).info_2, 0x9000,
		"AP jump table is told");
	ghcb = ghcb_begin();
	GHCB_SET(ghcb, rax, 0);
	ghcb_exit(ghcb, GHCB_EXIT_APIC_ID_LIST, BARE_LIST_GPA, 0);
	expect(ghcb->rax, 1, "APIC id list with 0 pages: how many it needs");
}

// SPDX-License-Identifier: MIT
// Restricted injection: doorbell page, #HV, #HV IPIs. Source: document 56421, section 6 and section
// 4.1.10 to 4.1.12; APM volume 2, section 15.36.16.
#include "tests/conformance/conformance.h"

#define PAGE_GPA	     (BARE_FREE_GPA + 0x4000)
#define SELF		     (1u << 18)
#define MODE_NMI	     (4u << 8)
#define MSR_X2APIC_ICR	     0x830

#define MSR_X2APIC_LVT_TIMER 0x832
#define MSR_X2APIC_COUNT     0x838
#define MSR_X2APIC_CURRENT   0x839
#define MSR_X2APIC_DIVIDE    0x83e
#define LVT_MASKED	     (1u << 16)
#define TIMER_VECTOR	     0x61
#define TIMER_COUNT	     1000000u

static struct ghcb_answer doorbell(uint64_t request, uint64_t gpa)
{
	return ghcb_exit(ghcb_begin(), GHCB_EXIT_HV_DOORBELL, request, gpa);
}

static uint64_t ipi(uint64_t icr)
{
	return ghcb_exit(ghcb_begin(), GHCB_EXIT_HV_IPI, icr, 0).info_1;
}

static void test_page(void)
{
	need_shared(PAGE_GPA);
	expect(doorbell(HV_DOORBELL_GET_PREFERRED, 0).info_2, ~0ull, "no preferred page");
	expect(doorbell(HV_DOORBELL_SET, PAGE_GPA + 64).info_1, GHCB_RESULT_MALFORMED,
		"page not aligned");
	expect(doorbell(HV_DOORBELL_SET, REGION(0)).info_1, GHCB_RESULT_MALFORMED, "private page");
	expect(doorbell(HV_DOORBELL_SET, 0).info_1, GHCB_RESULT_MALFORMED, "page 0");
	expect(doorbell(HV_DOORBELL_QUERY, 0).info_2, 0, "none is set");
	expect(doorbell(HV_DOORBELL_SET, PAGE_GPA).info_1, 0, "set");
	expect(doorbell(HV_DOORBELL_QUERY, 0).info_2, PAGE_GPA, "and told");
}

static void test_events(void)
{
	volatile struct hv_doorbell *page = shared_ptr(PAGE_GPA);
	struct bare_cpu *cpu = this_cpu();
	uint32_t before = cpu->hv_count;

	page->vector = page->flags = 0;
	expect(ipi(SELF | 0x51), 0, "IPI to itself");
	expect(cpu->hv_count - before, 1, "#HV");
	expect(page->vector, 0x51, "vector in the page");
	expect(page->flags, HV_DOORBELL_NO_FURTHER_SIGNAL, "no further signal until it is cleared");
	page->vector = 0;
	ipi(SELF | 0x52);
	expect(cpu->hv_count - before, 1, "no second #HV meanwhile");
	expect(page->vector, 0x52, "though the vector is there");
	ipi(SELF | 0x41);
	expect(page->vector, 0x52, "a lower vector waits");
	page->vector = page->flags = 0;
	ghcb_msr(GHCB_MSR_SEV_INFO_REQ);
	expect(page->vector, 0x41, "and comes when the page is free");
	page->vector = page->flags = 0;
	expect(ipi(SELF | MODE_NMI), 0, "NMI to itself");
	expect(page->flags, HV_DOORBELL_NO_FURTHER_SIGNAL | HV_DOORBELL_NMI, "NMI in the flags");
	page->flags = 0;
	expect(ipi(SELF | 0x0f), GHCB_RESULT_MALFORMED, "vector below 16");
	expect(ipi(SELF | 5 << 8), GHCB_RESULT_MALFORMED, "INIT is no #HV IPI");
}

static void test_icr(void)
{
	volatile struct hv_doorbell *page = shared_ptr(PAGE_GPA);
	struct ghcb *ghcb = ghcb_begin();

	page->vector = page->flags = 0;
	GHCB_SET(ghcb, rcx, MSR_X2APIC_ICR);
	GHCB_SET(ghcb, rax, SELF | 0x71);
	GHCB_SET(ghcb, rdx, 0);
	expect(ghcb_exit(ghcb, VMEXIT_MSR, 1, 0).info_1, 0, "x2APIC ICR write");
	expect(page->vector, 0x71, "is an #HV IPI");
	page->vector = page->flags = 0;
}

static uint64_t apic_write(uint32_t msr, uint64_t value)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rcx, msr);
	GHCB_SET(ghcb, rax, (uint32_t)value);
	GHCB_SET(ghcb, rdx, value >> 32);
	return ghcb_exit(ghcb, VMEXIT_MSR, 1, 0).info_1;
}

static uint64_t apic_current(void)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rcx, MSR_X2APIC_CURRENT);
	return ghcb_exit(ghcb, VMEXIT_MSR, 0, 0).info_1 ? ~0ull : ghcb->rax;
}

// Exits until so many TSC ticks have gone by: the timer is looked at with each.
static void exits_for(uint64_t ticks)
{
	uint64_t start = rdtsc();

	while (rdtsc() - start < ticks)
		ghcb_msr(GHCB_MSR_SEV_INFO_REQ);
}

static void test_timer(void)
{
	volatile struct hv_doorbell *page = shared_ptr(PAGE_GPA);
	uint64_t start;

	page->vector = page->flags = 0;
	expect(apic_write(MSR_X2APIC_LVT_TIMER, TIMER_VECTOR), 0, "timer entry");
	expect(apic_write(MSR_X2APIC_DIVIDE, 0xb), 0, "divide by 1");
	start = rdtsc();
	expect(apic_write(MSR_X2APIC_COUNT, TIMER_COUNT), 0, "count");
	while (!page->vector && rdtsc() - start < 1000ull * TIMER_COUNT)
		ghcb_msr(GHCB_MSR_SEV_INFO_REQ);
	expect(page->vector, TIMER_VECTOR, "the timer's vector");
	expect_true(rdtsc() - start >= TIMER_COUNT, "not before its time");
	expect(apic_current(), 0, "it stands at 0 then");
	page->vector = page->flags = 0;
	exits_for(3 * TIMER_COUNT);
	expect(page->vector, 0, "once");
	apic_write(MSR_X2APIC_COUNT, 0xffffffff);
	expect_true(apic_current() > 0 && apic_current() < 0xffffffff, "it counts down");
	apic_write(MSR_X2APIC_COUNT, 0);
	expect(apic_current(), 0, "a count of 0 stops it");
	apic_write(MSR_X2APIC_LVT_TIMER, TIMER_VECTOR | LVT_MASKED);
	apic_write(MSR_X2APIC_COUNT, 1000);
	exits_for(TIMER_COUNT);
	expect(page->vector, 0, "nothing while it is masked");
	page->vector = page->flags = 0;
}

void test_doorbell(void)
{
	uint32_t before;

	test_page();
	test_events();
	test_icr();
	test_timer();
	expect(doorbell(HV_DOORBELL_CLEAR, 0).info_1, 0, "clear");
	expect(doorbell(HV_DOORBELL_QUERY, 0).info_2, 0, "none is set any more");
	before = this_cpu()->hv_count;
	ipi(SELF | 0x51);
	expect(this_cpu()->hv_count, before, "no #HV without a page");
}

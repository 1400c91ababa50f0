// SPDX-License-Identifier: MIT
#include "tests/conformance/reset.h"

#include "lib/string.h"

#define MSR_APIC	 0x01bu
#define MSR_MISC	 0x1a0u
#define MSR_MTRR_VAR	 0x200u
#define MSR_MTRR_FIX	 0x250u
#define MSR_MTRR_DEFAULT 0x2ffu
#define MSR_MC0_ADDRESS	 0x402u
#define MSR_X2(offset)	 (0x800u + (offset) / 16)
#define MSR_TSC_AUX_	 0xc0000103u

#define TPR		 0x080u
#define LDR		 0x0d0u
#define SVR		 0x0f0u
#define ISR		 0x100u
#define IRR		 0x200u
#define ICR		 0x300u
#define LVT_TIMER	 0x320u
#define LVT_LINT0	 0x350u
#define LVT_ERROR	 0x370u
#define TIMER_COUNT	 0x380u
#define TIMER_CURRENT	 0x390u
#define TIMER_DIVIDE	 0x3e0u
#define SELF		 0x3f0u
#define MASKED		 0x10000u

#define VECTOR_PENDING	 0x61u
#define VECTOR_TIMER	 0x71u
#define VECTOR_HIGH	 0xf1u
#define VECTOR_SERVED	 0x1fu // has a gate, since an exception may have it

static const struct msr_row {
	const char *name;
	uint32_t msr;
	uint64_t after_reset, written;
} msrs[] = {
	{"MISC_ENABLE", MSR_MISC, 1, 0x800},
	{"variable MTRR", MSR_MTRR_VAR, 0, 0x80000006},
	{"fixed MTRR", MSR_MTRR_FIX, 0, 0x0606060606060606},
	{"MTRR default type", MSR_MTRR_DEFAULT, 0, 0xc06},
	{"machine-check address", MSR_MC0_ADDRESS, 0, 0x1234000},
	{"TSC_AUX of the host", MSR_TSC_AUX_, 0, 77},
};

static const struct apic_row {
	const char *name;
	uint32_t offset;
	uint32_t after_reset, written;
} apic_rows[] = {
	{"TPR", TPR, 0, 0x10},
	{"SVR", SVR, 0x1ff, 0x1fe},
	{"LINT0", LVT_LINT0, MASKED, MASKED | 0x700},
	{"error entry", LVT_ERROR, MASKED, 0x73},
	{"timer entry", LVT_TIMER, MASKED, VECTOR_TIMER},
	{"timer divisor", TIMER_DIVIDE, 0, 0xb},
};

uint64_t found_starts, found_ghcb_msr;
static struct {
	uint64_t apic_base, msr[ARRAY_SIZE(msrs)];
	bool x2, x2_readable;
	uint32_t apic[ARRAY_SIZE(apic_rows)], irr, isr, current, icr, ldr;
} found;

static bool msr_exit(uint32_t msr, bool write, uint64_t *value)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rcx, msr);
	if (write) {
		GHCB_SET(ghcb, rax, (uint32_t)*value);
		GHCB_SET(ghcb, rdx, *value >> 32);
	}
	if (ghcb_exit(ghcb, VMEXIT_MSR, write, 0).info_1)
		return false;
	if (!write)
		*value = (uint32_t)ghcb->rax | ghcb->rdx << 32;
	return true;
}

static uint64_t msr_get(uint32_t msr)
{
	uint64_t value = 0;

	return msr_exit(msr, false, &value) ? value : ~0ull;
}

static void msr_put(uint32_t msr, uint64_t value)
{
	if (!msr_exit(msr, true, &value))
		report_abort("MSR 0x%x cannot be written", msr);
}

static uint32_t apic_get(uint32_t offset)
{
	struct ghcb *ghcb = ghcb_begin();
	uint32_t value = 0;

	if (found.x2)
		return (uint32_t)msr_get(MSR_X2(offset));
	GHCB_SET(ghcb, sw_scratch, this_cpu()->ghcb_gpa + offsetof(struct ghcb, shared_buffer));
	ghcb_exit(ghcb, GHCB_EXIT_MMIO_READ, APIC_GPA + offset, 4);
	memcpy(&value, ghcb->shared_buffer, sizeof(value));
	return value;
}

static uint32_t apic_any(uint32_t first)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < 8; i++)
		all |= apic_get(first + i * 16);
	return all;
}

void reset_look(void)
{
	found_starts++;
	found.apic_base = msr_get(MSR_APIC);
	found.x2 = found.apic_base & APIC_BASE_X2;
	found.x2_readable = msr_get(MSR_X2(SVR)) != ~0ull;
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		found.msr[i] = msr_get(msrs[i].msr);
	for (unsigned i = 0; i < ARRAY_SIZE(apic_rows); i++)
		found.apic[i] = apic_get(apic_rows[i].offset);
	found.irr = apic_any(IRR);
	found.isr = apic_any(ISR);
	found.current = apic_get(TIMER_CURRENT);
	found.icr = apic_get(ICR);
	found.ldr = apic_get(LDR);
}

// An interrupt that the program took and did not end
static void interrupt_serve(void)
{
	msr_put(MSR_X2(SELF), VECTOR_SERVED);
	trap_clear();
	__asm__ volatile("sti; nop\n" TRY("nop") "cli" ::: "memory");
	if (trap_taken().vector != VECTOR_SERVED)
		report_abort("no interrupt comes");
}

// Two that wait since the interrupt flag is clear, one of the timer too, which runs again
static void interrupts_leave(void)
{
	msr_put(MSR_X2(SELF), VECTOR_PENDING);
	msr_put(MSR_X2(SELF), VECTOR_HIGH);
	msr_put(MSR_X2(TIMER_COUNT), 1);
	if (!wait_for(apic_get(IRR + VECTOR_TIMER / 32 * 16) & 1u << VECTOR_TIMER % 32, WAIT_MS))
		report_abort("the timer does not fire");
	msr_put(MSR_X2(TIMER_COUNT), 0xffffffff);
}

void reset_dirty(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		msr_put(msrs[i].msr, msrs[i].written);
	msr_put(MSR_APIC, msr_get(MSR_APIC) | APIC_BASE_X2);
	found.x2 = true;
	interrupt_serve();
	for (unsigned i = 0; i < ARRAY_SIZE(apic_rows); i++)
		msr_put(MSR_X2(apic_rows[i].offset), apic_rows[i].written);
	interrupts_leave();
}

void expect_reset(const char *how, uint64_t base)
{
	expect(found_ghcb_msr & GHCB_MSR_INFO_MASK, GHCB_MSR_SEV_INFO_RESP, "%s: GHCB MSR", how);
	expect(found.apic_base, base, "%s: APIC base, xAPIC mode", how);
	expect_true(!found.x2_readable, "%s: x2APIC registers are not there", how);
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		expect(found.msr[i], msrs[i].after_reset, "%s: %s", how, msrs[i].name);
	for (unsigned i = 0; i < ARRAY_SIZE(apic_rows); i++)
		expect(found.apic[i], apic_rows[i].after_reset, "%s: %s", how, apic_rows[i].name);
	expect(found.irr, 0, "%s: no interrupt waits", how);
	expect(found.isr, 0, "%s: none is in service", how);
	expect(found.current, 0, "%s: the timer stands", how);
	expect(found.icr, 0, "%s: ICR", how);
	expect(found.ldr, 0, "%s: LDR", how);
}

void expect_kept(const char *how, uint32_t cpu)
{
	expect(found_ghcb_msr, BARE_GHCB_GPA(cpu), "%s: GHCB MSR", how);
	expect_true(found.x2 && found.x2_readable, "%s: x2APIC mode", how);
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		expect(found.msr[i], msrs[i].written, "%s: %s", how, msrs[i].name);
	for (unsigned i = 0; i < ARRAY_SIZE(apic_rows); i++)
		expect(found.apic[i], apic_rows[i].written, "%s: %s", how, apic_rows[i].name);
	expect(found.irr,
		1u << VECTOR_PENDING % 32 | 1u << VECTOR_TIMER % 32 | 1u << VECTOR_HIGH % 32,
		"%s: interrupts that wait", how);
	expect(found.isr, 1u << VECTOR_SERVED, "%s: the one in service", how);
	expect_true(found.current > 0, "%s: the timer runs", how);
}
